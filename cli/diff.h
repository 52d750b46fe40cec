// The difference of two texts, by lines.
#pragma once

#include <string>
#include <string_view>

namespace weft::cli {

// Unified, with three lines of context; empty when they are equal.
std::string unified_diff(std::string_view name, std::string_view before, std::string_view after);

}  // namespace weft::cli
