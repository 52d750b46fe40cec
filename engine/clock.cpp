#include "engine/clock.h"

#include <algorithm>
#include <ctime>

namespace weft::engine {
namespace {

constexpr std::int64_t kStepMs = 2'000;

class SystemClock final : public Clock {
  public:
    std::int64_t wall_ms() override { return read(CLOCK_REALTIME); }
    // The one that counts while the machine sleeps: a long sleep is no leap.
    std::int64_t monotonic_ms() override { return read(CLOCK_BOOTTIME); }

  private:
    static std::int64_t read(clockid_t id) {
        timespec at{};
        ::clock_gettime(id, &at);
        return std::int64_t{at.tv_sec} * 1000 + at.tv_nsec / 1'000'000;
    }
};

}  // namespace

Clock& system_clock() {
    static SystemClock clock;
    return clock;
}

EngineTime::EngineTime(Clock& clock, std::int64_t last_record_ms, bool is_guarded)
    : clock_(clock),
      last_ms_(last_record_ms),
      last_wall_ms_(clock.wall_ms()),
      last_monotonic_ms_(clock.monotonic_ms()) {
    const bool leaps = is_guarded && last_wall_ms_ - last_record_ms > kLeapClosedMs;
    if (!leaps) last_ms_ = std::max(last_wall_ms_, last_record_ms);
}

std::int64_t EngineTime::now() {
    const std::int64_t monotonic = clock_.monotonic_ms();
    const std::int64_t wall = clock_.wall_ms();
    const std::int64_t elapsed = monotonic - last_monotonic_ms_;
    const std::int64_t expected_wall = last_wall_ms_ + elapsed;
    if (std::abs(wall - expected_wall) > kStepMs) step_ = ClockStep{expected_wall, wall};
    const std::int64_t expected = last_ms_ + elapsed;
    last_ms_ = wall - expected > kLeapMs ? expected : std::max(wall, expected);
    last_wall_ms_ = wall;
    last_monotonic_ms_ = monotonic;
    return last_ms_;
}

std::optional<std::int64_t> EngineTime::leap_ms() {
    const std::int64_t ahead = clock_.wall_ms() - now();
    return ahead > kLeapMs ? std::optional(ahead) : std::nullopt;
}

void EngineTime::accept() {
    last_ms_ = std::max(now(), clock_.wall_ms());
}

}  // namespace weft::engine
