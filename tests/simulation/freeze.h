// Logs that are kept for ever: what engines of later versions must replay to the same bytes. Of all
// plays, and their weather, the fewest bundles that hold every instruction and kind of record which
// any of them comes to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/programs.h"

namespace weft::simulation {

// Writes NAME.bundle files to `folder`; says what each adds. 0 when all is well.
int freeze(const std::vector<Play>& plays, const std::string& folder, std::uint64_t seed);

}  // namespace weft::simulation
