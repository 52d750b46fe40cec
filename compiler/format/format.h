// The one canonical layout of Weft. No options: the same tree always gives the same text.
// Formatting twice changes nothing, comments stay with what they stand at, the clauses of a step, a
// worker and a workflow take their canonical order, and the typed IR stays the same.
#pragma once

#include <string>

#include "grammar/parse.h"

namespace weft {

// A file with syntax errors comes back as it is: what was not understood can't be laid out.
std::string format(const ParsedFile& file);

}  // namespace weft
