// The built-in functions of dates, for the reference interpreter: by the calendar of the standard
// library. Must not know the machine's.
#pragma once

#include <optional>
#include <vector>

#include "bytecode/image.h"

namespace weft::reference {

// Nothing for another function. Throws the message of a trap.
std::optional<Value> date_builtin(BuiltinFunction function, const std::vector<Value>& a);

}  // namespace weft::reference
