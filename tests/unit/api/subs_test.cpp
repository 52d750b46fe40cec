// Sub-runs in a whole engine: results, errors, compensation in one order, cancel, kill, crashes.
#include <atomic>

#include "tests/unit/api/world.h"

namespace weft::testing {
namespace {

using Effects = std::vector<std::string>;

// After scenarios SUB-01, SUB-03 and COMP-08: workers a, b, c, d with undos ua, ub, uc.
constexpr const char* kFlows = R"(
worker t.mul(n: Int) -> Int
  effect read
  timeout 5s
worker t.a(n: Int) -> Int
  effect idempotent for 24h
  timeout 5s
worker t.b(n: Int) -> Int
  effect idempotent for 24h
  timeout 5s
worker t.c(n: Int) -> Int
  effect idempotent for 24h
  timeout 5s
worker t.d(n: Int) -> Int
  effect read
  timeout 5s
worker t.z(n: Int) -> Int
  effect read
  timeout 5s
worker t.ua(n: Int) -> Int
  effect idempotent for 24h
  timeout 5s
worker t.ub(n: Int) -> Int
  effect idempotent for 24h
  timeout 5s
worker t.uc(n: Int) -> Int
  effect idempotent for 24h
  timeout 5s
worker t.us(n: Int) -> Int
  effect idempotent for 24h
  timeout 5s
worker t.mail(n: Int) -> Int
  effect once, irreversible
  timeout 5s

workflow square(n: Int) -> Int
  within 1h
{
  step y = t.mul(n)
  return y
}

workflow inner(n: Int) -> Int
  within 1h
{
  step b = t.b(n)
    compensate t.ub(b)
  step c = t.c(n)
    compensate t.uc(c)
  step d = t.d(n)
  return d
}

workflow squares(x: Int) -> Int
  within 1h
{
  step r = run square(x)
  return r + 1
}

workflow nested(n: Int) -> Int
  within 1h
{
  step a = t.a(n)
    compensate t.ua(a)
  step s = run inner(n)
  step z = t.z(s)
  return z
}

workflow handled(n: Int) -> Int
  within 1h
{
  step s = run inner(n: n)
    on Error (e) {
      0 - e.attempts
    }
  return s
}

workflow replaced(n: Int) -> Int
  within 1h
{
  step s = run inner(n)
    compensate t.us(s)
  step z = t.z(s)
  return z
}

workflow kept(n: Int) -> Int
  within 1h
{
  step s = run inner(n)
    compensate none "it may stand"
  step z = t.z(s)
  return z
}

workflow impatient(n: Int) -> Int
  within 1h
{
  step s = run sleepy(n)
    within 10s
    on Timeout (e) {
      0 - 1
    }
  return s
}

workflow sleepy(n: Int) -> Int
  within 1h
{
  step b = t.b(n)
    compensate t.ub(b)
  // The compiler does not know how long.
  sleep 1m * (n + 9)
  return b
}

workflow waits(n: Int) -> Int
  within 1h
{
  step a = t.a(n)
    compensate t.ua(a)
  step s = run sleepy(n)
  return s
}

workflow lets_go(n: Int) -> Text
  within 1h
{
  step s = run detached sleepy(n)
  return s
}

workflow retried(n: Int) -> Int
  within 1h
{
  step s = run flaky(n)
    retry 2 times on Failed
  return s
}

workflow flaky(n: Int) -> Int
  within 1h
{
  step b = t.b(n)
    compensate t.ub(b)
  if b == 1 {
    fail "the first is never right"
  }
  return b
}

workflow mails(n: Int) -> Int
  within 1h
{
  step m = t.mail(n)
  // The compiler does not know how long.
  sleep 1m * (n + 9)
  return m
}

workflow waits_for_mail(n: Int) -> Int
  within 1h
{
  step s = run mails(n)
  step z = t.z(s)
  return z
}

workflow many(n: Int) -> Int
  within 1h
{
  step all = each i in [1, 2, 3], 3 at once {
    step s = run inner(i)
  }
  step z = t.z(count(all))
  return z
}
)";

class Subs : public ::testing::Test {
  protected:
    Subs() : world(kFlows) {
        for (const char* name : {"a", "b", "c", "d", "z", "ua", "ub", "uc", "us", "mail"}) {
            world.gives(std::string("t.") + name, "5");
        }
        world.gives("t.mul", "9");
    }
    std::string start(const std::string& workflow) { return world.start(workflow, R"({"n": 3})"); }
    Json child_of(const std::string& parent) {
        auto runs = world.ask("runs", {{"limit", 100}});
        for (const auto& run : runs["runs"]) {
            if (run.value("parent", "") == parent) return run;
        }
        return {};
    }
    World world;
};

TEST_F(Subs, A_sub_run_gets_its_input_and_gives_its_output) {
    const auto run = world.start("squares", R"({"x": 3})");
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(world.status(run)["result"], 10);
    EXPECT_EQ(world.kinds(run), "begin timer-set sub-start sub-ended end");
    EXPECT_EQ(child_of(run)["status"], "completed");
    EXPECT_EQ(world.effects(), Effects{"do:t.mul"});
    world.expect_sound();
}

TEST_F(Subs, A_failure_inside_undoes_inner_first_then_the_parent) {
    world.fails("t.d", "Rejected");
    const auto run = start("nested");
    EXPECT_EQ(world.finish(run), "compensated");
    EXPECT_EQ(world.status(run)["error"]["name"], "Rejected");
    EXPECT_EQ(world.status(run)["error"]["step"], "inner.d");
    EXPECT_EQ(child_of(run)["status"], "compensated");
    EXPECT_EQ(world.effects(), (Effects{"do:t.a", "do:t.b", "do:t.c", "fail:t.d:Rejected",
                                        "do:t.uc", "do:t.ub", "do:t.ua"}));
    world.expect_sound();
}

TEST_F(Subs, A_later_failure_undoes_what_the_sub_run_did_at_its_place) {
    world.fails("t.z", "Rejected");
    const auto run = start("nested");
    EXPECT_EQ(world.finish(run), "compensated");
    EXPECT_EQ(child_of(run)["status"], "completed");
    EXPECT_EQ(world.effects(), (Effects{"do:t.a", "do:t.b", "do:t.c", "do:t.d", "fail:t.z:Rejected",
                                        "do:t.uc", "do:t.ub", "do:t.ua"}));
    world.expect_sound();
}

TEST_F(Subs, Its_error_is_the_step_s) {
    world.fails("t.d", "Rejected");
    const auto run = start("handled");
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(world.status(run)["result"], -1);
    world.expect_sound();
}

TEST_F(Subs, An_own_compensation_replaces_those_inside) {
    world.fails("t.z", "Rejected");
    EXPECT_EQ(world.finish(start("replaced")), "compensated");
    EXPECT_EQ(world.effects(),
              (Effects{"do:t.b", "do:t.c", "do:t.d", "fail:t.z:Rejected", "do:t.us"}));
    world.expect_sound();
}

TEST_F(Subs, None_lets_it_stand) {
    world.fails("t.z", "Rejected");
    EXPECT_EQ(world.finish(start("kept")), "failed");
    EXPECT_EQ(world.effects().size(), 4U);
    world.expect_sound();
}

TEST_F(Subs, The_time_of_the_step_cancels_it) {
    const auto run = start("impatient");
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(world.status(run)["result"], -1);
    EXPECT_EQ(child_of(run)["status"], "cancelled");
    EXPECT_EQ(world.effects(), (Effects{"do:t.b", "do:t.ub"}));
    world.expect_sound();
}

TEST_F(Subs, A_cancel_of_the_parent_reaches_it) {
    const auto run = start("waits");
    world.until([&] { return world.effects().size() == 2; });
    auto waits = world.status(run)["waits"];
    EXPECT_EQ(waits.back()["kind"], "run");
    EXPECT_EQ(waits.back()["workflow"], "sleepy");
    world.ask("cancel", {{"run", run}});
    EXPECT_EQ(world.finish(run), "cancelled");
    EXPECT_EQ(child_of(run)["status"], "cancelled");
    EXPECT_EQ(world.effects(), (Effects{"do:t.a", "do:t.b", "do:t.ub", "do:t.ua"}));
    world.expect_sound();
}

TEST_F(Subs, A_kill_of_the_parent_reaches_it) {
    const auto run = start("waits");
    world.until([&] { return world.effects().size() == 2; });
    world.ask("kill", {{"run", run}, {"reason", "enough"}});
    EXPECT_EQ(world.word(run), "killed");
    EXPECT_EQ(child_of(run)["status"], "killed");
    EXPECT_EQ(world.effects().size(), 2U);
    world.expect_sound();
}

TEST_F(Subs, Detached_it_gives_its_id_and_lives_on) {
    const auto run = start("lets_go");
    EXPECT_EQ(world.finish(run), "completed");
    const std::string child = world.status(run)["result"];
    EXPECT_EQ(child_of(run)["run"], child);
    EXPECT_EQ(world.finish(child), "completed");
    world.expect_sound();
}

TEST_F(Subs, Retried_it_is_another_run_each_time) {
    std::atomic<int> calls = 0;
    world.worker("t.b", [&](const WorkerCall&) -> WorkerOutcome {
        return WorkerValue{std::to_string(++calls), {}};
    });
    const auto run = start("retried");
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(world.status(run)["result"], 2);
    EXPECT_EQ(world.effects(), (Effects{"do:t.b", "do:t.ub", "do:t.b"}));
    world.expect_sound();
}

TEST_F(Subs, Its_irreversible_effect_is_the_parent_s_point_of_no_return) {
    world.fails("t.z", "Rejected");
    const auto run = start("waits_for_mail");
    world.until([&] { return world.effects().size() == 1; });
    EXPECT_FALSE(world.cancel(run_id(run)));
    EXPECT_EQ(world.finish(run), "held");
    world.gives("t.z", "1");
    world.ask("resume", {{"run", run}});
    EXPECT_EQ(world.finish(run), "completed");
    world.expect_sound();
}

TEST_F(Subs, Branches_have_their_own_and_one_order) {
    world.fails("t.z", "Rejected");
    const auto run = start("many");
    EXPECT_EQ(world.finish(run), "compensated");
    EXPECT_EQ(world.effects().size(), 9U + 1U + 6U);
    world.expect_sound();
}

// A kill at any moment, then a new owner: the effects are at least those of an undisturbed run, in
// its order, and the end is the same.
TEST_F(Subs, A_crash_at_any_point_changes_nothing) {
    for (int turns = 0; turns < 16; ++turns) {
        World other(kFlows);
        for (const char* name : {"a", "b", "c", "d", "ua", "ub", "uc"}) {
            other.gives(std::string("t.") + name, "5");
        }
        other.fails("t.z", "Rejected");
        const auto run = other.start("nested", R"({"n": 3})");
        for (int i = 0; i < turns; ++i) {
            ASSERT_TRUE(other.core().turn(std::chrono::milliseconds(20)));
        }
        other.crash();
        EXPECT_EQ(other.finish(run), "compensated") << turns;
        auto effects = other.effects();
        // What was under way is asked again under the same key.
        effects.erase(std::unique(effects.begin(), effects.end()), effects.end());
        EXPECT_EQ(effects, (Effects{"do:t.a", "do:t.b", "do:t.c", "do:t.d", "fail:t.z:Rejected",
                                    "do:t.uc", "do:t.ub", "do:t.ua"}))
            << turns;
        other.expect_sound();
    }
}

// Only the sub-run is taken up by name: who waits for it comes along.
TEST_F(Subs, Taking_up_a_sub_run_takes_up_its_parent) {
    const auto run = start("waits");
    world.until([&] { return world.effects().size() == 2; });
    const std::string child = child_of(run)["run"];
    world.crash();
    EXPECT_NE(world.core().live(run_id(run)), nullptr);
    EXPECT_EQ(world.finish(child), "completed");
    EXPECT_EQ(world.finish(run), "completed");
    world.expect_sound();
}

}  // namespace
}  // namespace weft::testing
