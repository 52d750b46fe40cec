// When the attempts that are under way are past their timeouts, so that a turn looks at those that
// are and not at every run. It knows attempts and times, nothing of runs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "engine/attempt.h"

namespace weft::engine {

class Deadlines {
  public:
    // Monotonic milliseconds.
    void add(std::int64_t deadline_ms, std::shared_ptr<Attempt> attempt) {
        waiting_.emplace(deadline_ms, std::move(attempt));
    }
    // Of an attempt that has come back; one that was taken already is no mistake.
    void remove(std::int64_t deadline_ms, const std::shared_ptr<Attempt>& attempt) {
        waiting_.erase({deadline_ms, attempt});
    }
    [[nodiscard]] std::optional<std::int64_t> first_ms() const {
        if (waiting_.empty()) return std::nullopt;
        return waiting_.begin()->first;
    }
    // One that is past its time, and is forgotten with that; null when none is.
    std::shared_ptr<Attempt> take_late(std::int64_t now_ms) {
        if (waiting_.empty() || waiting_.begin()->first > now_ms) return nullptr;
        return std::move(waiting_.extract(waiting_.begin()).value().second);
    }

  private:
    std::set<std::pair<std::int64_t, std::shared_ptr<Attempt>>> waiting_;
};

}  // namespace weft::engine
