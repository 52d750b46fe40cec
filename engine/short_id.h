// A run's id as messages and people name it. Knows nothing of runs.
#pragma once

#include <string>

#include "base/bytes.h"
#include "store/rows.h"

namespace weft::engine {

// The first eight digits.
inline std::string short_id(const store::RunId& run) {
    return to_hex(view(run)).substr(0, 8);
}

}  // namespace weft::engine
