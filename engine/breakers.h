// What the engines before this one wrote of their breakers. It reads the system chain and decides
// nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bytecode/record_codes.h"
#include "store/store.h"

namespace weft::engine {

struct KnownBreaker {
    std::string worker;
    BreakerState state = BreakerState::Closed;
    std::int64_t since_ms = 0;  // time of the record
};

// The last that the system chain says of each worker's breaker, those that are closed left out. It
// looks at the last records only: what is older is over.
Result<std::vector<KnownBreaker>> last_breakers(store::Store& store);

}  // namespace weft::engine
