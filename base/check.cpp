#include "base/check.h"

#include <fmt/core.h>

#include <cstdlib>

namespace weft {

void check_failed(std::string_view condition, std::string_view file, int line) {
    fmt::print(stderr, "weft: internal error: {} ({}:{}); please report this\n", condition, file,
               line);
    std::abort();
}

}  // namespace weft
