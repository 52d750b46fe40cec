// Runs that wait leave the memory and come back: by time, by a signal, with those that they belong
// to, under the next owner; and the tables of keys and locks are what the log says.
#include "store/key_file.h"
#include "tests/unit/api/world.h"

namespace weft::testing {
namespace {

constexpr const char* kFlows = R"(
worker shop.pay(order: Text) -> Text
  effect  idempotent for 24h
  timeout 5s
worker shop.refund(payment: Text) -> Text
  effect  idempotent for 24h
  timeout 5s

workflow waits(name: Text) -> Text
  within 20d
{
  signal go: Text

  step word = wait go within 5d else {
    fail "nobody came"
  }
  return "${name} ${word}"
}

workflow naps(name: Text) -> Text
  within 20d
{
  sleep 3h
  return name
}

workflow parent(name: Text) -> Text
  within 20d
{
  step child = run naps(name)
  return "of ${child}"
}

workflow guarded(name: Text) -> Text
  within 20d
{
  signal go: Text

  lock "machine" within 10d
  step word = wait go within 5d else {
    fail "nobody came"
  }
  return "${name} ${word}"
}

workflow buy(order: Text) -> Text
  within 20d
{
  step payment = shop.pay(order)
    key order
    compensate shop.refund(payment)
  sleep 3h
  return payment
}
)";

class Parking : public ::testing::Test {
  protected:
    Parking() : world(kFlows) {
        world.gives("shop.pay", "\"paid\"");
        world.gives("shop.refund", "\"refunded\"");
    }
    bool is_live(const std::string& run) { return world.core().live(run_id(run)) != nullptr; }
    void until_parked(const std::string& run) {
        world.until([&] { return !is_live(run); });
        EXPECT_EQ(world.word(run), "waiting");
        const auto row = world.core().store().run(run_id(run));
        ASSERT_TRUE(row && *row);
        EXPECT_EQ((*row)->status, static_cast<std::int32_t>(vm::RunStatus::Waiting));
    }
    std::size_t count(const std::string& run, const std::string& kind) {
        std::size_t out = 0;
        const Json log = world.ask("log", {{"run", run}, {"limit", 10'000}});
        for (const auto& entry : log["entries"]) {
            out += entry["kind"].get<std::string>() == kind ? 1U : 0U;
        }
        return out;
    }
    std::vector<std::string> tables_of_findings() {
        std::vector<std::string> out;
        const Json found = world.ask("verify", {{"level", 3}});
        for (const auto& finding : found["findings"]) {
            out.push_back(finding["table"].get<std::string>());
        }
        return out;
    }
    World world;
};

TEST_F(Parking, ASignalBringsARunBack) {
    const auto run = world.start("waits", R"({"name":"a"})");
    until_parked(run);
    EXPECT_EQ(*world.core().store().parked_runs(), 1U);
    world.ask("signal", {{"run", run}, {"signal", "go"}, {"value", "\"now\""}});
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(world.status(run)["result"], "a now");
    EXPECT_EQ(*world.core().store().parked_runs(), 0U);
    // It has had one owner all the time.
    EXPECT_EQ(count(run, "resumed"), 0U);
    world.expect_sound();
}

TEST_F(Parking, ItsTimeBringsARunBack) {
    const auto run = world.start("naps", R"({"name":"a"})");
    until_parked(run);
    const auto begun = world.clock.now();
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_GT(world.clock.now(), begun);
    EXPECT_EQ(count(run, "resumed"), 0U);
    world.expect_sound();
}

TEST_F(Parking, RunsThatWaitForEachOtherGoTogether) {
    const auto run = world.start("parent", R"({"name":"a"})");
    until_parked(run);
    EXPECT_EQ(*world.core().store().parked_runs(), 2U);
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(world.status(run)["result"], "of a");
    world.expect_sound();
}

TEST_F(Parking, TheNextOwnerReadsThemWhenTheirTimeComes) {
    const auto naps = world.start("naps", R"({"name":"a"})");
    const auto parent = world.start("parent", R"({"name":"b"})");
    const auto waits = world.start("waits", R"({"name":"c"})");
    world.until([&] { return !is_live(naps) && !is_live(parent) && !is_live(waits); });
    world.crash(true);
    EXPECT_EQ(*world.core().store().parked_runs(), 4U);
    EXPECT_FALSE(is_live(naps) || is_live(parent) || is_live(waits));
    EXPECT_EQ(world.finish(naps), "completed");
    EXPECT_EQ(count(naps, "resumed"), 1U);
    EXPECT_EQ(world.finish(parent), "completed");
    EXPECT_FALSE(is_live(waits));
    EXPECT_EQ(count(waits, "resumed"), 0U);
    world.expect_sound();
}

TEST_F(Parking, WhatWasUnderWayIsTakenUpAtOnce) {
    const auto parked = world.start("waits", R"({"name":"a"})");
    until_parked(parked);
    const auto fresh = world.start("waits", R"({"name":"b"})");
    world.crash(true);
    EXPECT_FALSE(is_live(parked));
    EXPECT_TRUE(is_live(fresh));
    world.expect_sound();
}

TEST_F(Parking, ALockIsHeldMeanwhile) {
    const auto first = world.start("guarded", R"({"name":"a"})");
    until_parked(first);
    const auto second = world.start("guarded", R"({"name":"b"})");
    world.until([&] { return world.clock.now() > 0 && world.word(second) == "waiting"; });
    EXPECT_NE(world.status(second)["waits"].dump().find("\"kind\":\"lock\""), std::string::npos);
    world.expect_sound();
    world.ask("signal", {{"run", first}, {"signal", "go"}, {"value", "\"now\""}});
    EXPECT_EQ(world.finish(first), "completed");
    world.ask("signal", {{"run", second}, {"signal", "go"}, {"value", "\"then\""}});
    EXPECT_EQ(world.finish(second), "completed");
    world.expect_sound();
}

TEST_F(Parking, AKilledHolderLeavesNoLock) {
    const auto first = world.start("guarded", R"({"name":"a"})");
    until_parked(first);
    world.crash(true);
    world.ask("kill", {{"run", first}, {"reason", "r"}});
    EXPECT_TRUE(world.core().store().all_locks()->empty());
    world.expect_sound();
}

TEST_F(Parking, TheTableOfKeysIsMadeAnew) {
    const auto run = world.start("buy", R"({"order":"o1"})");
    until_parked(run);
    EXPECT_TRUE(tables_of_findings().empty());
    auto& store = world.core().store();
    const auto row = store.ledger_of(run_id(run))->front();
    store::Batch gone;
    gone.changes.emplace_back(store::DropLedger{row.tag});
    ASSERT_TRUE(store.commit(gone));
    EXPECT_EQ(tables_of_findings(), std::vector<std::string>{"ledger"});
    auto other = row;
    other.state = 2;
    store::Batch changed;
    changed.changes.emplace_back(other);
    ASSERT_TRUE(store.commit(changed));
    EXPECT_EQ(tables_of_findings(), std::vector<std::string>{"ledger"});
    store::Batch mended;
    mended.changes.emplace_back(row);
    ASSERT_TRUE(store.commit(mended));
    EXPECT_TRUE(tables_of_findings().empty());
}

TEST_F(Parking, SoIsTheTableOfLocks) {
    const auto run = world.start("guarded", R"({"name":"a"})");
    until_parked(run);
    EXPECT_TRUE(tables_of_findings().empty());
    auto& store = world.core().store();
    const auto row = store.all_locks()->front();
    store::Batch gone;
    gone.changes.emplace_back(store::DropLock{row.tag});
    ASSERT_TRUE(store.commit(gone));
    EXPECT_EQ(tables_of_findings(), std::vector<std::string>{"lock"});
}

}  // namespace
}  // namespace weft::testing
