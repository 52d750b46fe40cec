// One mistake that many places show, told at the first of them. Knows places, texts and origins of
// diagnostics alone.
#pragma once

#include <vector>

#include "base/diagnostic.h"

namespace weft::check {

// In the order of the source; what is told again elsewhere is left out, and its lines are named.
Diagnostics tell_once(std::vector<Diagnostic> diagnostics, const SourceSet& sources);

}  // namespace weft::check
