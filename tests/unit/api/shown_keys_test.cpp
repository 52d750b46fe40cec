// What `audit keys` says became of each call.
#include <atomic>
#include <map>

#include "tests/unit/api/world.h"

namespace weft::testing {
namespace {

constexpr const char* kShop = R"(
worker shop.pay(order: Text) -> Text
  effect  once
  probe   shop.paid, settles in 1s
  timeout 5s
  retry   1 time
worker shop.paid(key: Text) -> Text?
  effect  read
  timeout 5s
worker shop.keep(order: Text) -> Text
  effect  transaction
  timeout 5s

workflow buy(order: Text) -> Text
  within 1h
{
  step payment = shop.pay(order)
    compensate none "it may stay"
  return payment
}

workflow keep(order: Text) -> Text
  within 1h
{
  step kept = shop.keep(order)
    compensate none "it may stay"
  return kept
}
)";

class ShownKeys : public ::testing::Test {
  protected:
    ShownKeys() : world(kShop) {
        world.transaction("shop.keep", [](const WorkerCall&, Transaction&) -> WorkerOutcome {
            return WorkerValue{"\"kept\"", {}};
        });
    }
    // Its answer is lost so often, and this is what its receiver says of it.
    void pays(int lost, const std::string& probed) {
        world.worker("shop.pay", [this, lost](const WorkerCall&) -> WorkerOutcome {
            if (++payments > lost) return WorkerValue{"\"paid\"", {}};
            return std::unexpected(WorkerError{"Unavailable", "no answer", false, {}, {}});
        });
        world.gives("shop.paid", probed);
    }
    // The states of a run's calls, by their workers, and how many doubts are open.
    std::map<std::string, std::string> states(const std::string& run, int doubts = 0) {
        std::map<std::string, std::string> out;
        const auto shown = world.ask("keys", {{"run", run}, {"all", true}});
        EXPECT_EQ(shown["doubts"], doubts);
        for (const auto& key : shown["keys"]) out[key["worker"]] = key["state"];
        return out;
    }

    std::atomic<int> payments = 0;
    World world;
};

using States = std::map<std::string, std::string>;

TEST_F(ShownKeys, WhatAProbeFoundIsDone) {
    pays(1, "\"paid before\"");
    const auto run = world.start("buy", R"({"order":"A"})");
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(payments, 1);
    EXPECT_EQ(states(run), (States{{"shop.pay", "done"}, {"shop.paid", "done"}}));
}

TEST_F(ShownKeys, WhatAProbeDidNotFindIsNotDone) {
    pays(9, "null");
    const auto run = world.start("buy", R"({"order":"A"})");
    EXPECT_EQ(world.finish(run), "failed");
    EXPECT_EQ(payments, 2);
    EXPECT_EQ(states(run), (States{{"shop.pay", "not done"}, {"shop.paid", "done"}}));
}

TEST_F(ShownKeys, WhatWasDoneAfterTheProbeIsDone) {
    pays(1, "null");
    const auto run = world.start("buy", R"({"order":"A"})");
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(states(run), (States{{"shop.pay", "done"}, {"shop.paid", "done"}}));
}

TEST_F(ShownKeys, ADoubtThatNobodyHasSettledIsOpen) {
    pays(9, "null");
    const auto run = world.start("buy", R"({"order":"A"})");
    world.until([&] { return world.kinds(run).ends_with("outcome timer-set"); });
    EXPECT_EQ(states(run, 1), (States{{"shop.pay", "in doubt"}}));
}

TEST_F(ShownKeys, AnErasedAnswerIsSettledAndNoMore) {
    pays(1, "\"paid before\"");
    const auto run = world.start("buy", R"({"order":"A"})");
    EXPECT_EQ(world.finish(run), "completed");
    world.ask("erase", {{"run", run}, {"reason", "asked for"}});
    EXPECT_EQ(states(run), (States{{"shop.pay", "settled"}, {"shop.paid", "done"}}));
}

TEST_F(ShownKeys, ATransactionIsShownAsOne) {
    const auto run = world.start("keep", R"({"order":"A"})");
    EXPECT_EQ(world.finish(run), "completed");
    const auto shown = world.ask("keys", {{"run", run}});
    ASSERT_EQ(shown["keys"].size(), 1U);
    EXPECT_EQ(shown["keys"][0]["class"], "transaction");
    EXPECT_EQ(shown["keys"][0]["state"], "done");
}

}  // namespace
}  // namespace weft::testing
