// A store in which many runs wait: how long it takes to open it, what that costs in memory, and how
// long until one of them goes on.
#pragma once

#include "base/result.h"

namespace weft::bench {

Result<void> open_with_waiting_runs(unsigned runs);

}  // namespace weft::bench
