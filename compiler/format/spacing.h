// Which tokens stand apart. A token's owner is the node that it belongs to directly.
#pragma once

#include <string_view>

#include "grammar/tree.h"

namespace weft::format_detail {

struct Token {
    std::string_view text;
    NodeKind owner = NodeKind::Module;
    std::uint32_t begin = 0;
};

bool space_between(const Token& left, const Token& right);

}  // namespace weft::format_detail
