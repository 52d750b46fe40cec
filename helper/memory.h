// What becomes of a process that finds no memory. A library that is told so may leave a part of a
// document out and go on; then the answer would be a wrong one, and nobody would know. So a reader
// of documents ends at the first allocation that fails.
#pragma once

#include <string_view>

namespace weft::helper {

// From now on such a process writes `answer` to its standard output and exits with 0; one that it
// forked exits with 1. Nothing may stand in the buffers of the standard output. `answer` must live
// for ever.
void end_without_memory(std::string_view answer);

}  // namespace weft::helper
