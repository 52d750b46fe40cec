// How long a request waits for something that a turn of the engine may bring.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "engine/core.h"

namespace weft::engine {

class LongPoll {
  public:
    LongPoll(Core& core, std::int64_t most_ms)
        : core_(core),
          until_ms_(core.monotonic_ms() + std::clamp<std::int64_t>(most_ms, 0, kDay)) {}

    [[nodiscard]] bool is_over() const { return core_.monotonic_ms() >= until_ms_; }
    // At most until the client is to be told that its request is not forgotten.
    [[nodiscard]] std::chrono::milliseconds left() const {
        return std::chrono::milliseconds(
            std::clamp<std::int64_t>(until_ms_ - core_.monotonic_ms(), 0, kToldEvery));
    }

  private:
    static constexpr std::int64_t kDay = 24LL * 3600 * 1000;
    static constexpr std::int64_t kToldEvery = 1000;
    Core& core_;
    std::int64_t until_ms_;
};

}  // namespace weft::engine
