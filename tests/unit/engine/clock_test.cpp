// The engine's time: it never goes back, and does not believe a wall clock that leaps far ahead.
#include "engine/clock.h"

#include <gtest/gtest.h>

namespace weft::engine {
namespace {

constexpr std::int64_t kStartMs = 1'700'000'000'000;
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;

struct TwoClocks final : Clock {
    std::int64_t wall = kStartMs;
    std::int64_t monotonic = 5;
    std::int64_t wall_ms() override { return wall; }
    std::int64_t monotonic_ms() override { return monotonic; }
    void pass(std::int64_t ms) {
        wall += ms;
        monotonic += ms;
    }
};

TEST(EngineTimeTest, ItGoesOnAndNeverBack) {
    TwoClocks clocks;
    EngineTime time(clocks, kStartMs - 10, false);
    EXPECT_EQ(time.now(), kStartMs);
    clocks.pass(100);
    EXPECT_EQ(time.now(), kStartMs + 100);
    EXPECT_FALSE(time.take_step());
    clocks.wall -= kHourMs;
    clocks.pass(1);
    EXPECT_EQ(time.now(), kStartMs + 101);
    const auto step = time.take_step();
    ASSERT_TRUE(step);
    EXPECT_EQ(step->before_ms, kStartMs + 101);
    EXPECT_EQ(step->after_ms, kStartMs + 101 - kHourMs);
    EXPECT_FALSE(time.take_step());
}

TEST(EngineTimeTest, ADayAheadAtMostIsBelieved) {
    TwoClocks clocks;
    EngineTime time(clocks, kStartMs, false);
    clocks.wall += kDayMs;
    EXPECT_EQ(time.now(), kStartMs + kDayMs);
    EXPECT_FALSE(time.leap_ms());
    clocks.wall += kDayMs + 1;
    EXPECT_EQ(time.now(), kStartMs + kDayMs);
    EXPECT_EQ(time.leap_ms(), kDayMs + 1);
    clocks.pass(50);
    EXPECT_EQ(time.now(), kStartMs + kDayMs + 50);
    EXPECT_EQ(time.leap_ms(), kDayMs + 1);
}

TEST(EngineTimeTest, ItFollowsAgainOnceTheClockIsSetRight) {
    TwoClocks clocks;
    EngineTime time(clocks, kStartMs, false);
    clocks.wall += 400 * kDayMs;
    EXPECT_EQ(time.now(), kStartMs);
    clocks.wall -= 400 * kDayMs - 7;
    EXPECT_EQ(time.now(), kStartMs + 7);
    EXPECT_FALSE(time.leap_ms());
}

TEST(EngineTimeTest, OrOnceSomebodySaysThatItIsRight) {
    TwoClocks clocks;
    EngineTime time(clocks, kStartMs, false);
    clocks.wall += 400 * kDayMs;
    EXPECT_TRUE(time.leap_ms());
    time.accept();
    EXPECT_FALSE(time.leap_ms());
    EXPECT_EQ(time.now(), kStartMs + 400 * kDayMs);
}

TEST(EngineTimeTest, ALongTimeClosedIsALeapWhereSomethingWaits) {
    TwoClocks clocks;
    EXPECT_EQ(EngineTime(clocks, kStartMs - 31 * kDayMs, false).now(), kStartMs);
    EXPECT_EQ(EngineTime(clocks, kStartMs - 30 * kDayMs, true).now(), kStartMs);
    EngineTime time(clocks, kStartMs - 30 * kDayMs - 1, true);
    EXPECT_EQ(time.now(), kStartMs - 30 * kDayMs - 1);
    EXPECT_TRUE(time.leap_ms());
}

}  // namespace
}  // namespace weft::engine
