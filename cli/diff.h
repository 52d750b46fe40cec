// The difference of two texts, by lines.
#pragma once

#include <string>
#include <string_view>

namespace weft::cli {

// Unified, with three lines of context and what both sides are called; empty when they are equal.
std::string unified_diff(std::string_view before_name, std::string_view after_name,
                         std::string_view before, std::string_view after);

}  // namespace weft::cli
