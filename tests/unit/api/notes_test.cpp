// Notes that workers keep about their effects: told to go once nothing is open, never before; and a
// verification that is read in slices while runs go on.
#include "tests/unit/api/world.h"

namespace weft::testing {
namespace {

constexpr const char* kShop = R"(
worker shop.pay(order: Text) -> Text
  effect  once
  probe   shop.paid, settles in 1s
  timeout 5s
worker shop.paid(key: Text) -> Text?
  effect  read
  timeout 5s
worker shop.count(list: List<Text>) -> Int
  effect  read
  timeout 5s

workflow buy(orders: List<Text> where length in 0..2_000) -> Int
  within 1h
{
  step all = each order in orders, 4 at once {
    step shop.pay(order)
      compensate none "it may stay"
  }
  return count(all)
}

workflow again(order: Text) -> Text
  within 1h
{
  step paid = shop.pay(order)
    retry 2 times, backoff 1s to 1s
    compensate none "it may stay"
  return paid
}

workflow look(orders: List<Text> where length in 0..2_000) -> Int
  within 1h
{
  step all = each order in orders, 16 at once {
    step shop.count([order])
  }
  return count(all)
}
)";

class Notes : public ::testing::Test {
  protected:
    Notes() : world(kShop) {
        keep();
        world.worker("shop.pay", [this](const WorkerCall& call) -> WorkerOutcome {
            sent.emplace_back(call.key);
            if (answer) return answer(call);
            return WorkerValue{"\"paid\"", {}};
        });
        world.gives("shop.count", "1");
    }
    void keep() {
        world.core().keep_notes("shop.pay",
                                {[this](std::string_view folder, std::string_view key) {
                                     EXPECT_TRUE(folder.ends_with("test.store.state")) << folder;
                                     forgotten.emplace_back(key);
                                     size_then = world.core().store().log_size();
                                 },
                                 [this](std::string_view, const std::vector<std::string>& keys) {
                                     ++sweeps;
                                     open = keys;
                                 }});
    }

    World world;
    std::function<WorkerOutcome(const WorkerCall&)> answer;
    std::vector<std::string> sent;
    std::vector<std::string> forgotten;
    std::uint64_t size_then = 0;
    std::vector<std::string> open;
    int sweeps = 0;
};

TEST_F(Notes, TheyGoWhenTheOutcomeIsDurable) {
    const auto run = world.start("buy", R"({"orders": ["a"]})");
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(forgotten, sent);
    // The record of the outcome was in the log by then.
    EXPECT_EQ(size_then, world.core().store().log_size());
}

TEST_F(Notes, TheyStayWhileAnEffectIsInDoubt) {
    answer = [](const WorkerCall&) -> WorkerOutcome {
        return std::unexpected(WorkerError{"Unavailable", "who knows", false, {}, {}});
    };
    int asked = 0;
    world.worker("shop.paid", [&](const WorkerCall&) -> WorkerOutcome {
        EXPECT_TRUE(forgotten.empty());
        if (++asked < 2) return std::unexpected(WorkerError{"Unavailable", "-", true, {}, {}});
        return WorkerValue{"\"paid\"", {}};
    });
    const auto run = world.start("buy", R"({"orders": ["a"]})");
    world.until([&] { return world.word(run) != "running" && world.word(run) != "waiting"; });
    if (world.word(run) == "held") {
        EXPECT_TRUE(forgotten.empty());
        world.ask("settle", {{"run", run},
                             {"site", "buy.all.pay"},
                             {"verdict", "done"},
                             {"value", "\"paid\""},
                             {"reason", "seen"}});
    }
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(forgotten, sent);
}

// Else the worker would find its own note, and leave the next attempt in doubt as well.
TEST_F(Notes, WhatWasSurelyNotDoneIsForgottenBeforeTheNextAttempt) {
    bool was_forgotten = false;
    answer = [&](const WorkerCall& call) -> WorkerOutcome {
        was_forgotten = forgotten == std::vector<std::string>{std::string(call.key)};
        if (sent.size() > 1) return WorkerValue{"\"paid\"", {}};
        return std::unexpected(WorkerError{"Unavailable", "who knows", false, {}, {}});
    };
    world.worker("shop.paid", [&](const WorkerCall&) -> WorkerOutcome {
        return std::unexpected(WorkerError{"Refused", "-", true, {}, {}});
    });
    const auto run = world.start("again", R"({"order": "a"})");
    world.until([&] { return world.word(run) == "held"; });
    EXPECT_TRUE(forgotten.empty());
    Json settle = {{"run", run},
                   {"site", "again.paid"},
                   {"verdict", "not-done"},
                   {"reason", "the receiver has nothing"},
                   {"request", "one"}};
    const auto first = world.ask("settle", settle);
    EXPECT_EQ(world.finish(run), "completed");
    // Sent again it is answered by the first; something else under its id is refused.
    const auto again = world.ask("settle", settle);
    EXPECT_EQ(again["seq"], first["seq"]);
    EXPECT_EQ(again["repeat"], true);
    for (const auto& [name, value] :
         {std::pair("verdict", "done"), std::pair("reason", "another"), std::pair("as", "lee")}) {
        Json other = settle;
        other[name] = value;
        world.refuses("settle", other);
    }
    EXPECT_EQ(sent.size(), 2U);
    EXPECT_TRUE(was_forgotten);
}

TEST_F(Notes, ASweepSparesWhatIsOpen) {
    std::atomic<bool> go = false;
    answer = [&](const WorkerCall& call) -> WorkerOutcome {
        while (!go && !*call.cancelled) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return WorkerValue{"\"paid\"", {}};
    };
    const auto run = world.start("buy", R"({"orders": ["a"]})");
    world.until([&] { return world.core().busy(); });
    auto done = world.core().sweep_notes();
    ASSERT_TRUE(done);
    EXPECT_EQ(sweeps, 1);
    EXPECT_EQ(open.size(), 1U);
    EXPECT_TRUE(forgotten.empty());
    go = true;
    EXPECT_EQ(world.finish(run), "completed");
}

TEST_F(Notes, AStoreIsVerifiedWhileItIsWritten) {
    Json orders = Json::array();
    for (int i = 0; i < 1'500; ++i) orders.push_back("order " + std::to_string(i));
    const auto first = world.start("look", Json{{"orders", orders}}.dump());
    EXPECT_EQ(world.finish(first), "completed");
    auto& store = world.core().store();
    const auto size = store.log_size();
    ASSERT_GT(size, 4'000U);
    store::VerifyOptions options;
    options.whole_structure = false;
    auto verification = store.begin_verify(options);
    int slices = 0;
    while (true) {
        auto more = verification->advance();
        ASSERT_TRUE(more) << more.error().message;
        if (!*more) break;
        ++slices;
        // A run begins and ends, a checkpoint is signed, in each pause.
        EXPECT_EQ(world.finish(world.start("look", R"({"orders": ["x"]})")), "completed");
        if (slices % 7 == 0) {
            EXPECT_TRUE(store.sign_checkpoint());
        }
    }
    const auto report = verification->take_report();
    for (const auto& finding : report.findings) {
        ADD_FAILURE() << finding.table << " " << finding.row << ": " << finding.what;
    }
    EXPECT_EQ(report.records, size);
    EXPECT_GT(slices, 25);
    EXPECT_GT(store.log_size(), size + 100);
    world.expect_sound();
}

}  // namespace
}  // namespace weft::testing
