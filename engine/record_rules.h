// What the parts of one record say together, which no layout can: level two of the audit, of a
// store and of a bundle alike. It knows nothing of other records.
#pragma once

#include <string>

#include "bytecode/record.h"

namespace weft::engine {

// Empty, or what is wrong.
std::string broken_rule(const Record& record);

}  // namespace weft::engine
