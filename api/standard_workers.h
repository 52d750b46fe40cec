// The native workers of the standard library, as a configuration has them.
#pragma once

#include <vector>

#include "engine/config.h"
#include "stdlib/native.h"

namespace weft {

std::vector<stdlib::NativeWorker> standard_workers(const engine::Config& config);

}  // namespace weft
