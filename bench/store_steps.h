// The store alone, driven as the engine drives it: three records and their boxes a step, one commit
// for all runs in flight. Then its own reading: verification of hashes.
#pragma once

#include "base/result.h"

namespace weft::bench {

Result<void> store_steps(unsigned in_flight, unsigned steps);

}  // namespace weft::bench
