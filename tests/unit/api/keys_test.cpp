// Keys and caches over runs, in a whole engine.
#include <atomic>

#include "tests/unit/api/world.h"

namespace weft::testing {
namespace {

constexpr const char* kShop = R"(
worker shop.price(item: Text) -> Int
  effect  read
  timeout 5s
worker shop.pay(order: Text, cents: Int) -> Text
  effect  idempotent for 24h
  timeout 5s
worker shop.refund(payment: Text) -> Text
  effect  idempotent for 24h
  timeout 5s
worker shop.ship(order: Text) -> Text
  effect  idempotent for 24h
  timeout 5s
worker shop.charge(order: Text) -> Text
  effect  once
  probe   shop.charged, settles in 1s
  timeout 5s
  retry   1 time
worker shop.charged(key: Text) -> Text?
  effect  read
  timeout 5s

workflow charge(order: Text) -> Text
  within 1h
{
  step payment = shop.charge(order)
    key order
    compensate none "it may stay"
  return payment
}

workflow buy(order: Text, cents: Int) -> Text
  within 1h
{
  step payment = shop.pay(order, cents)
    key order
    compensate shop.refund(payment)
  step shop.ship(order)
    compensate none "it may stay"
  return payment
}

workflow price(item: Text) -> Int
  within 1h
{
  step cents = shop.price(item)
    cache 10m by item
  return cents
}

workflow once(order: Text) -> Text
  within 1h
  key order
{
  step shop.ship(order)
    compensate none "it may stay"
  return order
}
)";

class Keys : public ::testing::Test {
  protected:
    Keys() : world(kShop) {
        world.worker("shop.pay", [this](const WorkerCall& call) -> WorkerOutcome {
            sent.emplace_back(call.key);
            return WorkerValue{"\"payment " + std::to_string(++payments) + "\"", {}};
        });
        world.gives("shop.refund", "\"refunded\"");
        world.gives("shop.ship", "\"shipped\"");
        world.worker("shop.price", [this](const WorkerCall&) -> WorkerOutcome {
            return WorkerValue{std::to_string(++prices), {}};
        });
    }
    std::string buy(const std::string& order, int cents = 5) {
        return world.start("buy", Json({{"order", order}, {"cents", cents}}).dump());
    }

    std::atomic<int> payments = 0;
    std::atomic<int> prices = 0;
    std::vector<std::string> sent;
    World world;
};

TEST_F(Keys, A_second_use_gives_the_first_result_and_has_no_effect) {
    const auto first = buy("A");
    EXPECT_EQ(world.finish(first), "completed");
    const auto second = buy("A");
    EXPECT_EQ(world.finish(second), "completed");
    EXPECT_EQ(world.status(second)["result"], "payment 1");
    EXPECT_EQ(payments, 1);
    EXPECT_EQ(world.kinds(second), "begin timer-set call hit call start outcome end");
    const auto other = buy("B");
    EXPECT_EQ(world.finish(other), "completed");
    EXPECT_EQ(payments, 2);
    EXPECT_NE(sent[0], sent[1]);
    world.expect_sound();
}

TEST_F(Keys, Other_arguments_under_the_same_key_are_a_trap) {
    EXPECT_EQ(world.finish(buy("A")), "completed");
    const auto second = buy("A", 6);
    EXPECT_EQ(world.finish(second), "failed");
    EXPECT_EQ(world.status(second)["error"]["name"], "Trap");
    EXPECT_EQ(payments, 1);
    world.expect_sound();
}

TEST_F(Keys, Uses_at_the_same_time_wait_for_the_first) {
    std::vector<std::string> runs;
    for (int i = 0; i < 5; ++i) runs.push_back(buy("A"));
    for (const auto& run : runs) {
        EXPECT_EQ(world.finish(run), "completed");
        EXPECT_EQ(world.status(run)["result"], "payment 1");
    }
    EXPECT_EQ(payments, 1);
    world.expect_sound();
}

TEST_F(Keys, A_compensated_use_is_spent_and_the_next_is_a_new_generation) {
    world.fails("shop.ship", "Rejected");
    const auto first = buy("A");
    EXPECT_EQ(world.finish(first), "compensated");
    world.gives("shop.ship", "\"shipped\"");
    const auto second = buy("A");
    EXPECT_EQ(world.finish(second), "completed");
    EXPECT_EQ(world.status(second)["result"], "payment 2");
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_NE(sent[0], sent[1]);
    // Who only took it over does not undo it.
    world.fails("shop.ship", "Rejected");
    const auto third = buy("A");
    EXPECT_EQ(world.finish(third), "failed");
    EXPECT_EQ(world.finish(buy("A", 5)), "failed");
    EXPECT_EQ(payments, 2);
    world.expect_sound();
}

// The answer was lost, so the probe is asked what became of the key that was sent.
TEST_F(Keys, A_probe_is_asked_about_the_key_that_was_sent) {
    std::vector<std::string> asked;
    world.worker("shop.charge", [this](const WorkerCall& call) -> WorkerOutcome {
        sent.emplace_back(call.key);
        return std::unexpected(WorkerError{"Unavailable", "no answer", false, {}, {}});
    });
    world.worker("shop.charged", [&](const WorkerCall& call) -> WorkerOutcome {
        asked.push_back(Json::parse(call.arguments)["key"]);
        return WorkerValue{asked.back() == sent.back() ? "\"charged\"" : "null", {}};
    });
    const auto run = world.start("charge", R"({"order":"A"})");
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(asked, sent);
    EXPECT_EQ(sent.size(), 1U);

    const auto second = world.start("charge", R"({"order":"A"})");
    EXPECT_EQ(world.finish(second), "completed");
    EXPECT_EQ(world.status(second)["result"], "charged");
    EXPECT_EQ(sent.size(), 1U);
    const auto keys = world.ask("keys", {{"run", run}, {"all", true}})["keys"];
    EXPECT_EQ(keys[0]["use"], "done");
    EXPECT_FALSE(keys[1].contains("use"));
    world.expect_sound();
}

TEST_F(Keys, A_failed_use_leaves_the_key_free_and_every_attempt_has_the_same_key) {
    world.worker("shop.pay", [this](const WorkerCall& call) -> WorkerOutcome {
        sent.emplace_back(call.key);
        return std::unexpected(WorkerError{"Rejected", "no", true, {}, {}});
    });
    EXPECT_EQ(world.finish(buy("A")), "failed");
    EXPECT_EQ(world.finish(buy("A", 9)), "failed");
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0], sent[1]);
    world.expect_sound();
}

TEST_F(Keys, A_crash_between_does_not_lose_the_use) {
    const auto first = buy("A");
    world.crash();
    const auto second = buy("A");
    EXPECT_EQ(world.finish(first), "completed");
    EXPECT_EQ(world.finish(second), "completed");
    EXPECT_EQ(world.status(first)["result"], world.status(second)["result"]);
    for (const auto& key : sent) EXPECT_EQ(key, sent[0]);
    world.crash();
    const auto third = buy("A");
    EXPECT_EQ(world.finish(third), "completed");
    EXPECT_EQ(world.status(third)["result"], world.status(first)["result"]);
    world.expect_sound();
}

TEST_F(Keys, A_cached_result_lasts_its_time) {
    auto price = [&](const std::string& item) {
        const auto run = world.start("price", Json({{"item", item}}).dump());
        EXPECT_EQ(world.finish(run), "completed");
        return world.status(run)["result"].get<int>();
    };
    EXPECT_EQ(price("a"), 1);
    EXPECT_EQ(price("a"), 1);
    EXPECT_EQ(price("b"), 2);
    world.clock.pass(11 * 60'000);
    EXPECT_EQ(price("a"), 3);
    EXPECT_EQ(prices, 3);
    world.expect_sound();
}

TEST_F(Keys, A_start_key_gives_the_run_that_has_it_unless_that_failed) {
    const auto input = Json({{"order", "A"}}).dump();
    const auto first = world.start("once", input);
    EXPECT_EQ(world.start("once", input), first);
    EXPECT_EQ(world.finish(first), "completed");
    EXPECT_EQ(world.start("once", input), first);
    EXPECT_NE(world.start("once", Json({{"order", "B"}}).dump()), first);
    world.crash();
    EXPECT_EQ(world.start("once", input), first);

    world.fails("shop.ship", "Rejected");
    const auto lost = Json({{"order", "C"}}).dump();
    const auto failed = world.start("once", lost);
    EXPECT_EQ(world.finish(failed), "failed");
    world.gives("shop.ship", "\"shipped\"");
    const auto again = world.start("once", lost);
    EXPECT_NE(again, failed);
    EXPECT_EQ(world.finish(again), "completed");
    EXPECT_EQ(world.start("once", lost), again);
    world.expect_sound();
}

}  // namespace
}  // namespace weft::testing
