// The engine killed in the middle of its work, and what its successor needs.
#pragma once

#include <string>

#include "base/result.h"

namespace weft::bench {

Result<void> kill_and_recover(unsigned runs, unsigned in_flight);
// A run of so many steps, its engine gone near the end: taken up from its snapshot, and from its
// begin.
Result<void> resume_long_run(unsigned steps);
// The same of a million records: with a state that grows, and with one that does not.
Result<void> resume_million_records();
// How long it takes to open an engine on a store that is there, the quickest of some.
Result<void> engine_start();

}  // namespace weft::bench
