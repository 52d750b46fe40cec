// The engine's time. Wall and monotonic clocks come through a port (tests inject them); E, the time
// that records carry, starts at the later of the wall clock and the last record and never goes
// back: E = max(wall, last E + monotonic time elapsed). Durations inside a process use the
// monotonic clock.
//
// A wall clock that leaps far ahead is not believed: E goes on without it, and whatever waits for a
// time that was named rests, until the clock is back or an operator says that it is right. So a
// clock that was set wrong fires nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

namespace weft::engine {

class Clock {
  public:
    virtual ~Clock() = default;
    virtual std::int64_t wall_ms() = 0;       // Unix ms
    virtual std::int64_t monotonic_ms() = 0;  // from any fixed point; goes on while asleep
};

Clock& system_clock();

// Further ahead at once is a leap: while the engine runs, and over the time that it did not.
inline constexpr std::int64_t kLeapMs = 24LL * 3'600'000;
inline constexpr std::int64_t kLeapClosedMs = 30 * kLeapMs;

// The wall clock went elsewhere than the monotonic one.
struct ClockStep {
    std::int64_t before_ms = 0;  // what it should have said
    std::int64_t after_ms = 0;
};

class EngineTime {
  public:
    // `is_guarded`: something in the store waits, so that a leap since the last record counts.
    EngineTime(Clock& clock, std::int64_t last_record_ms, bool is_guarded);

    std::int64_t now();
    // Records of a run that was taken up may be later than what the clocks say.
    void at_least(std::int64_t record_ms) {
        if (record_ms > last_ms_) last_ms_ = record_ms;
    }
    std::int64_t monotonic() { return clock_.monotonic_ms(); }
    std::int64_t wall() { return clock_.wall_ms(); }

    // How far the wall clock has leapt ahead, while nobody has said that it is right; else nothing.
    std::optional<std::int64_t> leap_ms();
    // It is right.
    void accept();
    // The last step of more than 2 s that was not told yet.
    std::optional<ClockStep> take_step() { return std::exchange(step_, {}); }

  private:
    Clock& clock_;
    std::int64_t last_ms_;
    std::int64_t last_wall_ms_;
    std::int64_t last_monotonic_ms_;
    std::optional<ClockStep> step_;
};

}  // namespace weft::engine
