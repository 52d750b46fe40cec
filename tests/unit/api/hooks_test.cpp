// Hooks in a whole engine: what they see, when they run, and that they change nothing.
#include "tests/unit/api/world.h"

namespace weft::testing {
namespace {

using Texts = std::vector<std::string>;

constexpr const char* kHooks = R"(
worker t.a(n: Int) -> Int
  effect idempotent for 24h
  timeout 5s
  retry 2 times, backoff 1s to 1s
worker t.b(n: Int) -> Int
  effect read
  timeout 5s
worker t.ua(n: Int) -> Int
  effect idempotent for 24h
  timeout 5s
worker t.note(text: Text) -> Int
  effect read
  timeout 5s

workflow told(n: Int) -> Int
  within 1h
{
  before step (s) {
    step t.note("before ${s.name} ${s.worker} ${n}")
  }
  after step (s, outcome) {
    emit seen(s.name)
    if outcome.ok {
      step t.note("after ${s.name} ok, attempt ${s.attempt}")
    } else {
      step t.note("after ${s.name} ${outcome.error}")
    }
  }
  on retry (s, error) {
    step t.note("retry ${s.name} ${error.name}, attempt ${s.attempt}")
  }
  step a = t.a(n)
    compensate t.ua(a)
  step all = each i in [1, 2], 1 at once {
    step t.b(i)
  }
  on failure (e) {
    step t.note("failure ${e.name}, a ${a ?? 0}, all ${count(all ?? [])}")
  }
  finally {
    step t.note("finally a ${a ?? 0}")
  }
  return a + count(all)
}

workflow sleepy(n: Int) -> Int
  within 1h
{
  step a = t.a(n)
    compensate t.ua(a)
  sleep 10m
  on failure {
    step t.note("failure")
  }
  finally {
    step t.note("finally ${a ?? 0}")
  }
  return a
}

workflow hasty(n: Int) -> Int
  within 5m
{
  step a = t.a(n)
    compensate t.ua(a)
  // The compiler does not know how long.
  sleep 1m * (n + 9)
  on failure (e) {
    step t.note("failure ${e.name}")
  }
  return a
}

workflow inner(n: Int) -> Int
  within 1h
{
  before step (s) {
    let x = 10 / n
    emit never(x)
  }
  step a = t.a(n)
    compensate t.ua(a)
  finally {
    step t.note("inner")
  }
  return a
}
)";

class Hooks : public ::testing::Test {
  protected:
    Hooks() : world(kHooks) {
        for (const char* name : {"a", "b", "ua"}) world.gives(std::string("t.") + name, "5");
        note_with({});
    }
    void note_with(const std::string& error) {
        world.worker("t.note", [this, error](const WorkerCall& call) -> WorkerOutcome {
            notes.push_back(Json::parse(call.arguments)["text"]);
            if (!error.empty()) return std::unexpected(WorkerError{error, "no", true, {}, {}});
            return WorkerValue{"1", {}};
        });
    }
    std::string start(const std::string& workflow, int n = 3) {
        return world.start(workflow, Json({{"n", n}}).dump());
    }
    Texts notes;
    World world;
};

TEST_F(Hooks, They_see_each_step_and_the_end) {
    const auto run = start("told");
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(world.status(run)["result"], 7);
    EXPECT_EQ(notes,
              (Texts{"before told.a t.a 3", "after told.a ok, attempt 1", "before told.all.b t.b 3",
                     "after told.all.b ok, attempt 1", "before told.all.b t.b 3",
                     "after told.all.b ok, attempt 1", "finally a 5"}));
    world.expect_sound();
}

TEST_F(Hooks, A_retry_and_a_failure_are_told_and_on_failure_comes_after_the_undo) {
    int tries = 0;
    world.worker("t.a", [&](const WorkerCall&) -> WorkerOutcome {
        if (++tries < 3) return std::unexpected(WorkerError{"Transient", "no", true, {}, {}});
        return WorkerValue{"8", {}};
    });
    world.fails("t.b", "Rejected");
    const auto run = start("told");
    EXPECT_EQ(world.finish(run), "compensated");
    EXPECT_EQ(notes, (Texts{"before told.a t.a 3", "retry told.a Transient, attempt 1",
                            "retry told.a Transient, attempt 2", "after told.a ok, attempt 3",
                            "before told.all.b t.b 3", "after told.all.b Rejected",
                            "failure Rejected, a 8, all 0", "finally a 8"}));
    auto effects = world.effects();
    const auto undo = std::find(effects.begin(), effects.end(), "do:t.ua");
    ASSERT_NE(undo, effects.end());
    EXPECT_EQ(effects.end() - undo, 3);  // then the two notes
    world.expect_sound();
}

TEST_F(Hooks, Their_failures_change_nothing) {
    note_with("Rejected");
    const auto run = start("told");
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(world.status(run)["result"], 7);
    EXPECT_EQ(notes.size(), 7U);
    const auto trap = start("inner", 0);
    EXPECT_EQ(world.finish(trap), "completed");
    world.expect_sound();
}

TEST_F(Hooks, Finally_comes_after_a_cancel_and_on_failure_does_not) {
    const auto run = start("sleepy");
    world.until([&] { return world.effects().size() == 1; });
    world.ask("cancel", {{"run", run}});
    EXPECT_EQ(world.finish(run), "cancelled");
    EXPECT_EQ(notes, Texts{"finally 5"});
    const auto killed = start("sleepy");
    world.until([&] { return world.effects().size() == 4; });
    world.ask("kill", {{"run", killed}, {"reason", "enough"}});
    EXPECT_EQ(notes.size(), 1U);
    world.expect_sound();
}

TEST_F(Hooks, The_deadline_is_a_failure) {
    const auto run = start("hasty");
    EXPECT_EQ(world.finish(run), "compensated");
    EXPECT_EQ(notes, Texts{"failure Timeout"});
    world.expect_sound();
}

TEST_F(Hooks, A_cancel_comes_too_late_for_a_run_that_only_says_its_end) {
    world.worker("t.note", [&](const WorkerCall&) -> WorkerOutcome {
        return std::unexpected(WorkerError{"Transient", "no", true, {}, {}});
    });
    const auto run = start("inner");
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_FALSE(world.cancel(run_id(run)));
    world.expect_sound();
}

TEST_F(Hooks, A_crash_at_any_point_changes_nothing) {
    for (int turns = 0; turns < 24; turns += 2) {
        World other(kHooks);
        for (const char* name : {"a", "ua", "note"}) other.gives(std::string("t.") + name, "5");
        other.fails("t.b", "Rejected");
        const auto run = other.start("told", R"({"n": 3})");
        for (int i = 0; i < turns; ++i) {
            ASSERT_TRUE(other.core().turn(std::chrono::milliseconds(20)));
        }
        other.crash();
        EXPECT_EQ(other.finish(run), "compensated") << turns;
        EXPECT_EQ(other.status(run)["error"]["name"], "Rejected");
        other.expect_sound();
    }
}

}  // namespace
}  // namespace weft::testing
