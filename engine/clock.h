// The engine's time. Wall and monotonic clocks come through a port (tests inject them); E, the time
// that records carry, starts at the later of the wall clock and the last record and never goes
// back: E = max(wall, last E + monotonic time elapsed). Durations inside a process use the
// monotonic clock.
#pragma once

#include <algorithm>
#include <cstdint>

namespace weft::engine {

class Clock {
  public:
    virtual ~Clock() = default;
    virtual std::int64_t wall_ms() = 0;       // Unix ms
    virtual std::int64_t monotonic_ms() = 0;  // from any fixed point
};

Clock& system_clock();

class EngineTime {
  public:
    EngineTime(Clock& clock, std::int64_t last_record_ms)
        : clock_(clock),
          last_ms_(std::max(clock.wall_ms(), last_record_ms)),
          last_monotonic_ms_(clock.monotonic_ms()) {}

    std::int64_t now() {
        std::int64_t monotonic = clock_.monotonic_ms();
        last_ms_ = std::max(clock_.wall_ms(), last_ms_ + (monotonic - last_monotonic_ms_));
        last_monotonic_ms_ = monotonic;
        return last_ms_;
    }
    // Records of a run that was taken up may be later than what the clocks say.
    void at_least(std::int64_t record_ms) { last_ms_ = std::max(last_ms_, record_ms); }
    std::int64_t monotonic() { return clock_.monotonic_ms(); }
    std::int64_t wall() { return clock_.wall_ms(); }

  private:
    Clock& clock_;
    std::int64_t last_ms_;
    std::int64_t last_monotonic_ms_;
};

}  // namespace weft::engine
