// What a bundle holds, for those who keep some for ever: the kinds of its records, and the
// instructions and built-in functions that its runs come to when they are executed again.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace weft::frozen {

// "record call", "opcode add", "builtin length". Nothing when the bundle has any finding, or a run
// of it can't be executed.
std::set<std::string> holdings(std::string_view bundle);

}  // namespace weft::frozen
