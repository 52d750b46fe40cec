// What a machine tells of calls that are over, for whoever keeps account of keys, and of what
// workers note about their effects. No part of its state: a machine that is replayed tells it
// again.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "value/value.h"

namespace weft::vm {

// What became of a call with a `key` or a `cache`, for whoever keeps account of them.
struct KeyedCall {
    enum class What : std::uint8_t { Done, NotDone, Undone };
    Bytes16 run{};  // zero: this one
    std::uint64_t call = 0;
    What what = What::Done;
    std::uint32_t step = 0;
    std::optional<Value> cache_key;  // Done
};

// A call that changes the world, of which nothing is open any more: it is over, or its attempt in
// doubt was surely not done.
struct SettledCall {
    std::uint64_t call = 0;
    std::uint32_t step = 0;
    std::uint32_t worker = 0;
    Bytes16 key{};
    bool is_author_key = false;
};

}  // namespace weft::vm
