// How long a receiver knows a key, in a whole engine: what waits longer is not sent again unasked.
#include <atomic>
#include <thread>

#include "tests/unit/api/world.h"

namespace weft::testing {
namespace {

constexpr const char* kBank = R"(
worker bank.send(order: Text) -> Text
  effect  idempotent for 2m
  timeout 1h
  retry   2 times, backoff 1s to 1s

workflow send(order: Text) -> Text
  within 1d
{
  step sent = bank.send(order)
    compensate none "sent is sent"
  return sent
}
)";

class Windows : public ::testing::Test {
  protected:
    Windows() : world(kBank) {
        world.worker("bank.send", [this](const WorkerCall&) -> WorkerOutcome {
            if (++asked > 1) return WorkerValue{"\"sent\"", {}};
            while (!answers) std::this_thread::sleep_for(std::chrono::milliseconds(1));
            return std::unexpected(WorkerError{"Unavailable", "no answer", false, {}, {}});
        });
    }
    // The answer, which does not say whether it was done, comes while an operator holds the run.
    std::string held_in_doubt() {
        const auto run = world.start("send", R"({"order": "A"})");
        world.until([&] { return asked == 1; });
        world.ask("hold", {{"run", run}, {"reason", "a look at it"}});
        answers = true;
        world.until([&] { return world.kinds(run).ends_with("outcome"); });
        return run;
    }
    std::string released_after(std::int64_t ms) {
        const auto run = held_in_doubt();
        world.clock.pass(ms);
        world.ask("release", {{"run", run}, {"reason", "looked at"}});
        return run;
    }

    std::atomic<int> asked = 0;
    std::atomic<bool> answers = false;
    World world;
};

TEST_F(Windows, A_run_that_was_held_for_a_while_asks_again) {
    const auto run = released_after(60'000);
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(asked, 2);
    world.expect_sound();
}

TEST_F(Windows, One_that_was_held_for_longer_waits_for_a_person) {
    const auto run = released_after(180'000);
    EXPECT_EQ(world.finish(run), "held");
    EXPECT_EQ(asked, 1);
    world.crash();
    EXPECT_EQ(world.finish(run), "held");
    world.ask("settle", {{"run", run},
                         {"site", "2"},
                         {"verdict", "done"},
                         {"value", "\"by hand\""},
                         {"reason", "it is on the statement"}});
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(world.status(run)["result"], "by hand");
    EXPECT_EQ(asked, 1);
    world.expect_sound();
}

}  // namespace
}  // namespace weft::testing
