// The pacer alone: who may leave when.
#include "engine/pacer.h"

#include <gtest/gtest.h>

namespace weft::engine {
namespace {

Bytes16 run(std::uint8_t number) {
    Bytes16 out{};
    out[0] = number;
    return out;
}

WorkerRow worker(Pacing pacing) {
    WorkerRow out;
    out.name = "w";
    out.pacing = pacing;
    return out;
}

TEST(Pacer, The_oldest_goes_first) {
    Pacer pacer;
    const auto row = worker({.at_once = 1});
    EXPECT_TRUE(pacer.admit(row, run(1), 1, 0));
    EXPECT_FALSE(pacer.admit(row, run(3), 1, 0));
    EXPECT_FALSE(pacer.admit(row, run(2), 1, 0));
    EXPECT_TRUE(pacer.ready(0).empty());
    EXPECT_FALSE(pacer.next_ms());
    pacer.finished("w", Health::Answered, 1);
    EXPECT_EQ(pacer.ready(1), std::vector<Bytes16>{run(3)});
    EXPECT_FALSE(pacer.admit(row, run(4), 1, 1));  // no newcomer overtakes
    EXPECT_FALSE(pacer.admit(row, run(2), 1, 1));
    EXPECT_TRUE(pacer.admit(row, run(3), 1, 1));
    EXPECT_EQ(pacer.waits_for(run(2), 1), "limit");
    pacer.keep_only(run(2), {});
    EXPECT_FALSE(pacer.waits_for(run(2), 1));
    pacer.finished("w", Health::Unknown, 2);
    EXPECT_EQ(pacer.ready(2), std::vector<Bytes16>{run(4)});
}

TEST(Pacer, A_rate_slides) {
    Pacer pacer;
    const auto row = worker({.rate_count = 2, .rate_period_ms = 100});
    EXPECT_TRUE(pacer.admit(row, run(1), 1, 0));
    EXPECT_TRUE(pacer.admit(row, run(1), 2, 30));
    EXPECT_FALSE(pacer.admit(row, run(1), 3, 60));
    EXPECT_EQ(pacer.next_ms(), 100);
    EXPECT_FALSE(pacer.admit(row, run(1), 3, 99));
    EXPECT_TRUE(pacer.admit(row, run(1), 3, 100));
}

TEST(Pacer, A_breaker_releases_growing_cohorts_and_one_failure_opens_it_again) {
    Pacer pacer;
    const auto row =
        worker({.breaker_failures = 2, .breaker_window_ms = 100, .breaker_open_ms = 1000});
    for (std::uint64_t call = 0; call < 3; ++call) EXPECT_TRUE(pacer.admit(row, run(1), call, 0));
    pacer.finished("w", Health::Failed, 0);
    pacer.finished("w", Health::Failed, 200);  // the first is out of the window
    EXPECT_TRUE(pacer.take_changes().empty());
    pacer.finished("w", Health::Failed, 210);
    auto changes = pacer.take_changes();
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].state, BreakerState::Open);
    EXPECT_EQ(changes[0].failures, 2U);
    for (std::uint64_t call = 0; call < 30; ++call)
        EXPECT_FALSE(pacer.admit(row, run(2), call, 300));
    EXPECT_EQ(pacer.waits_for(run(2), 0), "breaker");
    EXPECT_EQ(pacer.next_ms(), 1210);
    EXPECT_TRUE(pacer.ready(1209).empty());
    EXPECT_EQ(pacer.ready(1210).size(), kCanaries);
    EXPECT_EQ(pacer.take_changes().at(0).state, BreakerState::HalfOpen);
    std::uint64_t next = 0;
    for (std::uint32_t i = 0; i < kCanaries; ++i)
        EXPECT_TRUE(pacer.admit(row, run(2), next++, 1210));
    EXPECT_FALSE(pacer.admit(row, run(2), next, 1210));
    for (std::uint32_t i = 0; i < kCanaries; ++i) pacer.finished("w", Health::Answered, 1220);
    EXPECT_EQ(pacer.ready(1220).size(), 2 * kCanaries);
    EXPECT_TRUE(pacer.admit(row, run(2), next++, 1220));
    pacer.finished("w", Health::Failed, 1230);
    EXPECT_EQ(pacer.take_changes().at(0).state, BreakerState::Open);
    EXPECT_TRUE(pacer.ready(1230).empty());
    EXPECT_EQ(pacer.next_ms(), 2230);
    EXPECT_EQ(pacer.ready(2230).size(), kCanaries);
    pacer.keep_only(run(2), {});
    EXPECT_TRUE(pacer.admit(row, run(2), 99, 2230));
    for (std::uint32_t i = 0; i < kCanaries; ++i) pacer.finished("w", Health::Answered, 2240);
    EXPECT_EQ(pacer.take_changes().back().state, BreakerState::Closed);
}

}  // namespace
}  // namespace weft::engine
