// A worker that is bound to something else after a crash: what is in doubt waits for a person.
#include <atomic>
#include <thread>

#include "tests/unit/api/world.h"

namespace weft::testing {
namespace {

constexpr const char* kProgram = R"(
worker bank.pay(amount: Int) -> Int
  effect  idempotent for 1d
  timeout 1m

worker bank.rate() -> Int
  effect  read
  timeout 1m

workflow pay(amount: Int) -> Int
  within 1d
{
  step paid = bank.pay(amount)
    compensate none "it may stand"
  return paid
}

workflow ask() -> Int
  within 1d
{
  step rate = bank.rate()
  return rate
}
)";

class Bindings : public ::testing::Test {
  protected:
    // The engine is gone while the worker is at work.
    std::string interrupted(const std::string& workflow, const std::string& input) {
        auto function = [this](const WorkerCall&) -> WorkerOutcome {
            inside_ = true;
            while (!gone_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
            return WorkerValue{"7", {}};
        };
        world.worker("bank.pay", function);
        world.worker("bank.rate", function);
        auto run = world.start(workflow, input);
        world.until([&] { return inside_.load(); });
        // The pool's threads end with the engine: this one is let go first, and nobody hears it.
        gone_ = true;
        world.gives("bank.pay", "7");
        world.gives("bank.rate", "7");
        return run;
    }

    std::atomic<bool> inside_ = false;
    std::atomic<bool> gone_ = false;
    World world{kProgram};
};

TEST_F(Bindings, AnEffectInDoubtIsNotSentToAnotherBinding) {
    const auto run = interrupted("pay", R"({"amount": 3})");
    world.configure("[workers.\"bank\"]\nurl = \"elsewhere\"\n");
    world.crash();
    EXPECT_EQ(world.finish(run), "held");
    EXPECT_NE(world.kinds(run).find("held-by-operator"), std::string::npos);
    EXPECT_NE(world.status(run).dump().find("bank.pay is bound to something else"),
              std::string::npos);
    const auto sent = world.effects().size();
    world.ask("resume", {{"run", run}});
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_GT(world.effects().size(), sent);
    world.expect_sound();
}

TEST_F(Bindings, TheSameBindingGoesOn) {
    const auto run = interrupted("pay", R"({"amount": 3})");
    world.crash();
    EXPECT_EQ(world.finish(run), "completed");
    world.expect_sound();
}

TEST_F(Bindings, AReadIsAskedAgainWhateverItIsBoundTo) {
    const auto run = interrupted("ask", "{}");
    world.configure("[workers.\"bank\"]\nurl = \"elsewhere\"\n");
    world.crash();
    EXPECT_EQ(world.finish(run), "completed");
    world.expect_sound();
}

}  // namespace
}  // namespace weft::testing
