// What the world would have seen of a run and of the runs that it began: read from the records, in
// the order in which they were written.
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace weft::scenarios {

// "do:w", "fail:w:Code", "timeout:w", "cancel:w", "doubt:w", the same for undos, "signal:s", …
std::vector<std::string> read_effects(store::Store& store);

}  // namespace weft::scenarios
