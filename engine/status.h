// Words for the statuses of runs, as they stand in answers and on screens.
#pragma once

#include <string_view>

#include "vm/machine.h"

namespace weft::engine {

std::string_view status_name(vm::RunStatus status);

}  // namespace weft::engine
