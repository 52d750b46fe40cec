// Workers whose effect is a transaction: what they write is in the commit of their outcome,
// whatever becomes of the engine, and nothing of the store but the host's own tables is theirs.
#include "tests/unit/api/world.h"

namespace weft::testing {
namespace {

constexpr const char* kBank = R"wf(
worker bank.put(item: Text) -> Int
  effect transaction
  timeout 10s

worker bank.take(item: Text) -> Int
  effect transaction
  timeout 10s

worker test.refuse() -> Text
  effect read
  timeout 10s

workflow one(item: Text) -> Int
  within 1d
{
  step number = bank.put(item)
    compensate bank.take(item)
  return number
}

workflow many(items: List<Text> where length in 1..50) -> Int
  within 1d
{
  step numbers = each item in items, 8 at once {
    step bank.put(item)
      compensate none "it may stand"
  }
  return count(numbers)
}

workflow undone(item: Text) -> Text
  within 1d
{
  step number = bank.put(item)
    compensate bank.take(item)
  step word = test.refuse()
  return "${word} ${number}"
}
)wf";

class Transactions : public ::testing::Test {
  protected:
    Transactions() {
        const auto made = world.core().transact([](Transaction& database) -> Result<void> {
            EXPECT_TRUE(database.run("CREATE TABLE app_item(run TEXT, item TEXT)"));
            return {};
        });
        EXPECT_TRUE(made) << made.error().message;
        put("INSERT INTO app_item VALUES(?1, json_extract(?2, '$.item'))", "1");
        world.transaction("bank.take", [](const WorkerCall& call, Transaction& database) {
            return one(database, "DELETE FROM app_item WHERE run = ?1 AND ?2 <> ''", call, "2");
        });
        world.fails("test.refuse", "Rejected");
    }
    static WorkerOutcome one(Transaction& database, const std::string& sql, const WorkerCall& call,
                             const std::string& json) {
        auto done = database.run(sql, {std::string(call.run), std::string(call.arguments)});
        if (!done) return std::unexpected(done.error());
        return WorkerValue{json, {}};
    }
    void put(const std::string& sql, const std::string& json) {
        world.transaction("bank.put", [=](const WorkerCall& call, Transaction& database) {
            return one(database, sql, call, json);
        });
    }
    // How many rows there are, and how many of them differ.
    std::pair<std::int64_t, std::int64_t> rows() {
        std::pair<std::int64_t, std::int64_t> out;
        const auto asked = world.core().transact([&](Transaction& database) -> Result<void> {
            auto found = database.run("SELECT count(*), count(DISTINCT item) FROM app_item");
            EXPECT_TRUE(found) << found.error().message;
            if (!found) return {};
            out = {std::get<std::int64_t>(found->front()[0]),
                   std::get<std::int64_t>(found->front()[1])};
            return {};
        });
        EXPECT_TRUE(asked) << asked.error().message;
        return out;
    }
    static std::string items(int count) {
        Json out = Json::array();
        for (int i = 0; i < count; ++i) out.push_back("item " + std::to_string(i));
        return Json{{"items", out}}.dump();
    }
    std::string error_of(const std::string& run) {
        return world.status(run)["error"].value("message", "");
    }

    World world{kBank};
    using Rows = std::pair<std::int64_t, std::int64_t>;
};

TEST_F(Transactions, AreInTheCommitOfTheirOutcome) {
    const auto run = world.start("one", R"({"item":"a"})");
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(rows(), Rows(1, 1));
    EXPECT_EQ(world.kinds(run), "begin timer-set call start outcome end");
    world.expect_sound();
}

TEST_F(Transactions, ManyShareOneCommitAndEachIsDoneOnce) {
    const auto before = world.core().store().commits();
    const auto run = world.start("many", items(40));
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_LE(world.core().store().commits() - before, 10U);
    EXPECT_EQ(rows(), Rows(40, 40));
}

TEST_F(Transactions, AnErrorUndoesThem) {
    world.transaction("bank.put", [](const WorkerCall& call, Transaction& database) {
        EXPECT_TRUE(one(database, "INSERT INTO app_item VALUES(?1, ?2)", call, "1"));
        return WorkerOutcome(std::unexpected(WorkerError{"Rejected", "no", false, {}, {}}));
    });
    const auto run = world.start("one", R"({"item":"a"})");
    EXPECT_EQ(world.finish(run), "failed");
    EXPECT_EQ(rows(), Rows(0, 0));
    world.expect_sound();
}

TEST_F(Transactions, AResultThatDoesNotFitUndoesThemAndIsNoDoubt) {
    put("INSERT INTO app_item VALUES(?1, ?2)", "\"no number\"");
    const auto run = world.start("one", R"({"item":"a"})");
    EXPECT_EQ(world.finish(run), "failed");
    EXPECT_EQ(world.kinds(run).find("doubt"), std::string::npos);
    EXPECT_EQ(rows(), Rows(0, 0));
}

TEST_F(Transactions, OneThatThrowsIsUndone) {
    world.transaction("bank.put", [](const WorkerCall& call, Transaction& database) {
        EXPECT_TRUE(one(database, "INSERT INTO app_item VALUES(?1, ?2)", call, "1"));
        throw std::runtime_error("thrown");
        return WorkerOutcome();
    });
    EXPECT_EQ(world.finish(world.start("one", R"({"item":"a"})")), "failed");
    EXPECT_EQ(rows(), Rows(0, 0));
}

TEST_F(Transactions, AreUndoneByTheirCompensation) {
    EXPECT_EQ(world.finish(world.start("undone", R"({"item":"a"})")), "compensated");
    EXPECT_EQ(rows(), Rows(0, 0));
    world.expect_sound();
}

// After each turn that commits something the engine is gone.
TEST_F(Transactions, AKillAfterAnyTurnLosesAndRepeatsNone) {
    const auto run = world.start("many", items(20));
    for (int turns = 0; world.word(run) == "running"; ++turns) {
        ASSERT_LT(turns, 200);
        ASSERT_TRUE(world.core().turn(std::chrono::milliseconds(0)));
        world.crash();
        if (turns % 3 != 0) continue;
        ASSERT_TRUE(world.core().turn(std::chrono::milliseconds(0)));
        ASSERT_TRUE(world.core().turn(std::chrono::milliseconds(0)));
    }
    EXPECT_EQ(world.word(run), "completed");
    EXPECT_EQ(rows(), Rows(20, 20));
    world.expect_sound();
}

TEST_F(Transactions, AStartWithoutOutcomeIsTriedAgainAndNobodyIsAsked) {
    const auto run = world.start("one", R"({"item":"a"})");
    world.until([&] { return world.kinds(run).ends_with("start"); });
    world.crash();
    EXPECT_EQ(world.finish(run), "completed");
    EXPECT_EQ(rows(), Rows(1, 1));
    world.expect_sound();
}

TEST_F(Transactions, SeeAndChangeTheHostsTablesOnly) {
    for (const char* sql : {
             "SELECT * FROM log",
             "SELECT count(*) FROM payload",
             "DELETE FROM log",
             "UPDATE run SET begun = 0",
             "CREATE TABLE mine(a)",
             "CREATE TEMP TABLE app_mine(a)",
             "CREATE VIEW app_view AS SELECT * FROM log",  // made, never read
             "SELECT * FROM app_view",
             "CREATE TRIGGER app_t AFTER INSERT ON run BEGIN DELETE FROM app_item; END",
             "CREATE INDEX app_index ON log(leaf)",
             "DROP TABLE log",
             "ALTER TABLE app_item RENAME TO item",
             "UPDATE sqlite_schema SET sql = ''",
             "PRAGMA user_version = 9",
             "ATTACH 'other.db' AS other",
             "BEGIN",
             "COMMIT",
             "ROLLBACK",
             "SAVEPOINT mine",
             "INSERT OR ROLLBACK INTO app_item VALUES('a', 'b')",
             "VACUUM",
             "SELECT 1; SELECT 2",
             "",
         }) {
        const auto tried = world.core().transact([&](Transaction& database) -> Result<void> {
            const bool is_view = std::string_view(sql).starts_with("CREATE VIEW");
            EXPECT_EQ(database.run(sql).has_value(), is_view) << sql;
            return fail(ErrorKind::Usage, "undone");
        });
        EXPECT_FALSE(tried);
    }
    world.expect_sound();
}

TEST_F(Transactions, OneThatTakesTooLongUndoesNoOther) {
    const std::string slow =
        "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) "
        "INSERT INTO app_item SELECT ?1, i FROM n WHERE ?2 <> ''";
    world.transaction("bank.put", [&](const WorkerCall& call, Transaction& database) {
        if (std::string_view(call.arguments).find("item 3\"") == std::string_view::npos) {
            return one(database, "INSERT INTO app_item VALUES(?1, ?2)", call, "1");
        }
        world.clock.pass(11'000);
        return one(database, slow, call, "1");
    });
    const auto run = world.start("many", items(8));
    EXPECT_EQ(world.finish(run), "failed");
    EXPECT_NE(error_of(run).find("too long"), std::string::npos) << error_of(run);
    const auto [all, different] = rows();
    EXPECT_EQ(all, different);
    EXPECT_LE(all, 7);
    world.expect_sound();
}

// Its host program did something else for a while, or those before it took their time.
TEST_F(Transactions, TheirTimeDoesNotCountBeforeTheyAreCalled) {
    const auto waited = world.start("one", R"({"item":"waited"})");
    world.clock.pass(11'000);
    EXPECT_EQ(world.finish(waited), "completed") << error_of(waited);

    world.transaction("bank.put", [&](const WorkerCall& call, Transaction& database) {
        world.clock.pass(3'000);
        return one(database, "INSERT INTO app_item VALUES(?1, ?2)", call, "1");
    });
    const auto run = world.start("many", items(8));
    EXPECT_EQ(world.finish(run), "completed") << error_of(run);
    EXPECT_EQ(rows(), Rows(9, 9));
    world.expect_sound();
}

TEST_F(Transactions, ATransactionNeedsATransactionFunction) {
    World other{kBank};
    other.gives("bank.put", "1");
    const auto run = other.start("one", R"({"item":"a"})");
    EXPECT_EQ(other.finish(run), "failed");
    EXPECT_TRUE(other.effects().empty());
}

}  // namespace
}  // namespace weft::testing
