// How long `weft check` takes of programs of some thousand lines, and how that grows with them.
#pragma once

#include "base/result.h"

namespace weft::bench {

// Packages of 5,000 and 10,000 lines in several shapes: many small workflows, one long one, one
// that is nested and full of gates, many types and functions.
Result<void> check_speed();

}  // namespace weft::bench
