// UTF-8 as the language sees it: well-formed sequences only (no overlong forms, no surrogates) and
// length in code points. Knows nothing of values.
#pragma once

#include <cstddef>
#include <string_view>

namespace weft {

bool is_utf8(std::string_view bytes);
// Code points of well-formed text.
std::size_t count_code_points(std::string_view text);

}  // namespace weft
