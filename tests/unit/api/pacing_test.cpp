// Limits and breakers in a whole engine: a run waits, uses no attempt, and its `within` goes on.
#include <atomic>
#include <thread>

#include "tests/unit/api/world.h"

namespace weft::testing {
namespace {

constexpr const char* kBreaker = R"(
worker shop.ask(item: Int) -> Int
  effect  read
  timeout 5s
  retry   20 times, backoff 1s to 1s
  breaker opens after 3 failures in 1m, for 30s

workflow buy(item: Int) -> Int
  within 1h
{
  step answer = shop.ask(item)
  return answer
}

workflow buy_soon(item: Int) -> Int
  within 1h
{
  step answer = shop.ask(item)
    within 10s
    on Timeout (e) {
      0 - 1
    }
  return answer
}
)";

TEST(Pacing, A_breaker_opens_lets_canaries_through_and_closes) {
    World world(kBreaker);
    std::atomic<bool> sick = true;
    std::atomic<int> asked = 0;
    world.worker("shop.ask", [&](const WorkerCall&) -> WorkerOutcome {
        ++asked;
        if (sick) return std::unexpected(WorkerError{"Unavailable", "away", true, {}, {}});
        return WorkerValue{"7", {}};
    });
    std::vector<std::string> runs;
    for (int i = 0; i < 10; ++i) runs.push_back(world.start("buy", R"({"item": 1})"));
    // All went off at once: the breaker opens with the third failure, and nothing leaves after
    // that.
    world.until([&] { return world.core().pacer().waits_for(run_id(runs[0]), 2).has_value(); });
    const int before = asked;
    EXPECT_EQ(before, 10);
    auto waits = world.status(runs[0])["waits"];
    EXPECT_EQ(waits[0]["kind"], "breaker");
    EXPECT_EQ(waits[0]["worker"], "shop.ask");

    // Its time is over, it is still sick: only canaries go, once in its 30 s.
    world.until([&] { return asked > before; });
    const auto opened_ms = world.clock.now();
    world.until([&] { return world.clock.now() > opened_ms + 5'000; });
    const auto times = 1 + (world.clock.now() - opened_ms) / 30'000;
    EXPECT_LE(asked, before + times * static_cast<int>(engine::kCanaries));

    sick = false;
    for (const auto& run : runs) EXPECT_EQ(world.finish(run), "completed");
    world.expect_sound();
    // Waiting used no attempt.
    for (const auto& run : runs) {
        EXPECT_LE(world.status(run)["records"].get<int>(), 16) << world.kinds(run);
    }
}

TEST(Pacing, A_breaker_that_was_open_is_open_for_the_next_owner) {
    World world(kBreaker);
    std::atomic<int> asked = 0;
    world.worker("shop.ask", [&](const WorkerCall&) -> WorkerOutcome {
        ++asked;
        return std::unexpected(WorkerError{"Unavailable", "away", true, {}, {}});
    });
    const auto run = world.start("buy", R"({"item": 1})");
    world.until([&] { return world.core().pacer().waits_for(run_id(run), 2).has_value(); });
    const int before = asked;
    const auto crashed_ms = world.clock.now();
    world.crash();
    world.until([&] { return world.core().pacer().waits_for(run_id(run), 2).has_value(); });
    EXPECT_EQ(world.status(run)["waits"][0]["kind"], "breaker");
    EXPECT_EQ(asked, before);
    // Its 30 s go on from when it was opened; then one attempt goes through.
    world.until([&] { return asked > before; });
    EXPECT_LE(world.clock.now(), crashed_ms + 31'000);
    world.expect_sound();
}

TEST(Pacing, The_time_of_a_step_goes_on_behind_an_open_breaker) {
    World world(kBreaker);
    std::atomic<bool> sick = true;
    world.worker("shop.ask", [&](const WorkerCall&) -> WorkerOutcome {
        if (sick) return std::unexpected(WorkerError{"Timeout", "slow", true, {}, {}});
        return WorkerValue{"7", {}};
    });
    const auto opener = world.start("buy", R"({"item": 1})");
    world.until([&] { return world.core().pacer().waits_for(run_id(opener), 2).has_value(); });
    EXPECT_EQ(world.effects().size(), 3U);
    const auto soon = world.start("buy_soon", R"({"item": 1})");
    EXPECT_EQ(world.finish(soon), "completed");
    EXPECT_EQ(world.status(soon)["result"], -1);
    EXPECT_EQ(world.effects().size(), 3U);  // it never left
    sick = false;
    EXPECT_EQ(world.finish(opener), "completed");
    world.expect_sound();
}

TEST(Pacing, A_refusal_is_an_answer) {
    World world(R"(
error Declined { reason: Text }
worker shop.ask(item: Int) -> Int
  effect  read
  fails   Declined
  timeout 5s
  breaker opens after 1 failures in 1m, for 30s
workflow buy(items: List<Int>) -> Int
  within 1h
{
  step answers = each item in items, 1 at once {
    step shop.ask(item)
      on Error (e) {
        0
      }
  }
  return count(answers)
}
)");
    world.fails("shop.ask", "Rejected");
    const auto begun_ms = world.clock.now();
    const auto run = world.start("buy", R"({"items": [1, 2, 3]})");
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_LT(world.clock.now(), begun_ms + 1000);
}

TEST(Pacing, A_limit_holds_over_all_runs) {
    World world(R"(
worker shop.ask(item: Int) -> Int
  effect  read
  timeout 5s
  limit   2 at once, 5 per 1m
workflow buy(item: Int) -> Int
  within 1h
{
  step answer = shop.ask(item)
  return answer
}
)");
    std::atomic<int> now = 0;
    std::atomic<int> most = 0;
    world.worker("shop.ask", [&](const WorkerCall&) -> WorkerOutcome {
        const int inside = ++now;
        int known = most;
        while (inside > known && !most.compare_exchange_weak(known, inside)) {
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        --now;
        return WorkerValue{"7", {}};
    });
    const auto begun_ms = world.clock.now();
    std::vector<std::string> runs;
    for (int i = 0; i < 12; ++i) runs.push_back(world.start("buy", R"({"item": 1})"));
    for (const auto& run : runs) EXPECT_EQ(world.finish(run), "completed");
    EXPECT_LE(most, 2);
    EXPECT_GE(world.clock.now(), begun_ms + 120'000);  // 12 at 5 a minute
    EXPECT_LT(world.clock.now(), begun_ms + 180'000);
    world.expect_sound();
}

TEST(Pacing, A_cancelled_run_gives_its_place_away) {
    World world(kBreaker);
    world.fails("shop.ask", "Unavailable");
    const auto opener = world.start("buy", R"({"item": 1})");
    world.until([&] { return world.core().pacer().waits_for(run_id(opener), 2).has_value(); });
    EXPECT_EQ(world.effects().size(), 3U);
    const auto waiting = world.start("buy", R"({"item": 1})");
    world.ask("cancel", {{"run", waiting}});
    EXPECT_EQ(world.word(waiting), "cancelled");
    world.ask("kill", {{"run", opener}, {"reason", "enough"}});
    EXPECT_FALSE(world.core().pacer().next_ms().has_value());
    world.expect_sound();
}

}  // namespace
}  // namespace weft::testing
