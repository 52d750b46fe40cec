// Characters that nobody sees, found in the finished tree: where a program is read they are taken
// for blanks, and reported here once for a file. In texts and comments they are what was written,
// but for those that change the order in which the rest of the line is shown.
#pragma once

#include <vector>

#include "base/diagnostic.h"
#include "grammar/tree.h"

namespace weft {

std::vector<Diagnostic> find_hidden(const Tree& tree);

}  // namespace weft
