// Locks of runs in a whole engine that dies: what a run had is free when it has ended, whenever
// the engine went.
#include "tests/unit/api/world.h"

namespace weft::testing {
namespace {

constexpr const char* kProgram = R"(
worker shop.work(tag: Text) -> Text
  effect  read
  timeout 1h

workflow flow(tag: Text) -> Text
  within 1d
{
  lock "the key" within 1h else {
    return "busy"
  }
  step did = shop.work(tag)
  return did
}

workflow child(tag: Text) -> Text
  within 1d
{
  step did = shop.work(tag)
  return did
}

workflow parent(tag: Text) -> Text
  within 1d
{
  lock "the key" within 1h else {
    return "busy"
  }
  step did = run child(tag)
  return did
}
)";

class Locks : public ::testing::Test {
  protected:
    void SetUp() override {
        world.worker("shop.work", [](const WorkerCall& call) -> WorkerOutcome {
            const bool hangs = call.arguments.find("hangs") != std::string::npos;
            while (hangs && !*call.cancelled) std::this_thread::sleep_for(kMoment);
            return WorkerValue{"\"done\"", {}};
        });
    }
    // It has the key.
    std::string start_that_hangs() {
        const auto run = world.start("flow", R"({"tag": "hangs"})");
        world.until([&] { return world.core().busy(); });
        return run;
    }
    // The next run gets the key, and the tables are what the records say.
    void expect_free() {
        world.expect_sound();
        const auto next = world.start("flow", R"({"tag": "goes on"})");
        EXPECT_EQ(world.finish(next), "completed");
        EXPECT_EQ(world.status(next)["result"], "done");
    }
    static constexpr auto kMoment = std::chrono::milliseconds(1);

    World world{kProgram};
};

// The end and the free key are one commit: there is no turn between an operator's word and a crash.
TEST_F(Locks, AKeyIsFreeWithTheEndOfARunThatIsKilled) {
    const auto first = start_that_hangs();
    world.ask("kill", {{"run", first}, {"reason", "it hangs"}});
    world.crash();
    EXPECT_EQ(world.word(first), "killed");
    expect_free();
}

TEST_F(Locks, AKeyIsFreeWithTheEndOfARunThatIsCancelled) {
    const auto first = start_that_hangs();
    world.ask("cancel", {{"run", first}, {"reason", "it hangs"}});
    world.crash();
    world.until([&] { return world.word(first) != "running" && world.word(first) != "waiting"; });
    world.crash();
    expect_free();
}

// A parent goes on within the turn in which its child ends, and may end in it.
TEST_F(Locks, AKeyIsFreeWithTheEndOfARunThatWaitedForAnother) {
    const auto first = world.start("parent", R"({"tag": "a"})");
    world.until([&] { return world.word(first) == "completed"; });
    world.crash();
    expect_free();
}

// One that asked, and ended before it got the key, stands in nobody's way.
TEST_F(Locks, WhoAskedAndWasKilledIsPassed) {
    const auto first = start_that_hangs();
    const auto second = world.start("flow", R"({"tag": "waits"})");
    world.until([&] { return world.kinds(second).find("lock") != std::string::npos; });
    world.ask("kill", {{"run", second}, {"reason", "not needed"}});
    world.ask("kill", {{"run", first}, {"reason", "it hangs"}});
    world.crash();
    expect_free();
}

}  // namespace
}  // namespace weft::testing
