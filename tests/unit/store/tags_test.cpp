// What only the owner of the key file can write: every bit of that file, rows that no record speaks
// of, the tables themselves. And older stores, which are tagged when they are opened.
#include <sqlite3.h>

#include <fstream>
#include <set>
#include <sstream>

#include "base/hash.h"
#include "tests/unit/store/support.h"

namespace weft::store {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kTaggedAt = 13;

std::string read_all(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
}

void write_all(const std::string& path, const std::string& bytes) {
    std::fstream out(path, std::ios::binary | std::ios::in | std::ios::out);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void run_sql(const std::string& path, const std::string& sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
    char* why = nullptr;
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &why), SQLITE_OK)
        << sql << ": " << (why == nullptr ? "" : why);
    sqlite3_free(why);
    sqlite3_close(handle);
}

class TagsTest : public testing::Test {
  protected:
    void SetUp() override {
        auto store = open_store(path_);
        RunMaker system(*store, RunId{});
        RunMaker one(*store, run_id(1));
        Batch batch;
        system.begin(batch);
        system.add(batch, "first");
        one.begin(batch);
        one.add(batch, "begins");
        const Tag tag = run_id(44);
        batch.inbox.push_back(
            {run_id(1), 8, tag, seal_bytes(store->entropy(), one.key(), inbox_context(tag), "hi")});
        batch.inbox.push_back({run_id(1), 1, run_id(45), "", 0});
        const std::string ir = "the ir of it";
        batch.changes = {ProgramRow{sha256(ir), ir, "workflow source"},
                         ImageRow{leaf_hash("image"), sha256(ir), 3, "the code"},
                         MetaRow{"note", "value"}};
        ASSERT_TRUE(store->commit(batch));
        ASSERT_TRUE(store->sign_checkpoint());
        Batch more;
        one.add(more, "goes on");
        ASSERT_TRUE(store->commit(more));
        ASSERT_TRUE(store->close());
    }
    // Tables of the findings, or why it does not open.
    std::set<std::string> told() {
        OpenOptions options = create_options();
        options.create = false;
        options.brief = true;
        auto store = open_sqlite_store(path_, options);
        if (!store) return {store.error().message};
        auto report = (*store)->verify({});
        EXPECT_TRUE(report);
        std::set<std::string> out;
        for (const auto& finding : report->findings) out.insert(finding.table);
        EXPECT_TRUE((*store)->close());
        return out;
    }
    std::size_t damages() {
        auto keys = KeyFile::open(path_ + ".keys", "");
        if (!keys) return 1;
        std::size_t count = 0;
        bool done = false;
        for (std::uint64_t slot = 0; !done;) {
            auto some = (*keys)->check(slot, done);
            EXPECT_TRUE(some);
            if (!some) return 1;
            count += some->size();
        }
        return count;
    }

    TempFolder folder_;
    std::string path_ = folder_ / "s.weft";
};

TEST_F(TagsTest, EveryBitOfTheKeyFileIsHeldAgainstSomething) {
    ASSERT_EQ(damages(), 0);
    const std::string path = path_ + ".keys";
    const std::string whole = read_all(path);
    ASSERT_EQ(whole.size(), 2 * kPage + kSlotsAhead * 128);
    // All of two slots, and some of the rest.
    std::vector<std::size_t> bits;
    for (std::size_t bit = 0; bit < 2 * 128 * 8; ++bit) bits.push_back(2 * kPage * 8 + bit);
    for (std::size_t bit = 5; bit < whole.size() * 8; bit += 997) bits.push_back(bit);
    for (const auto bit : bits) {
        std::string bad = whole;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
        write_all(path, bad);
        ASSERT_GT(damages(), 0) << "bit " << bit;
    }
    write_all(path, whole);
    EXPECT_EQ(damages(), 0);
    std::ofstream(path, std::ios::binary | std::ios::app) << "more";
    EXPECT_EQ(damages(), 1);
}

TEST_F(TagsTest, AnOwnerWritesAHeaderPageAnewThatThePowerLeftHalfWritten) {
    const std::string path = path_ + ".keys";
    std::string torn = read_all(path);
    // The one that is not in use: it has the lower sequence.
    const auto sequence = [&](std::size_t page) {
        ByteReader in(std::string_view(torn).substr(page * kPage + 16, 8));
        return in.u64();
    };
    const std::size_t page = sequence(0) < sequence(1) ? 0 : 1;
    torn.replace(page * kPage + 512, 512, std::string(512, '\0'));
    torn[page * kPage + 100] ^= 1;
    write_all(path, torn);
    EXPECT_EQ(told(), (std::set<std::string>{"keys"}));
    open_store(path_).reset();
    EXPECT_EQ(damages(), 0);
}

TEST_F(TagsTest, RowsAndTablesThatNoOwnerMade) {
    ASSERT_EQ(told(), std::set<std::string>{});
    const auto whole = read_all(path_);
    const std::vector<std::pair<std::string, std::string>> changes = {
        {"UPDATE inbox SET kind = 2 WHERE seq IS NULL", "inbox"},
        {"UPDATE inbox SET id = 9 WHERE seq IS NULL", "inbox"},
        {"UPDATE inbox SET seq = 1 WHERE seq = 0", "inbox"},
        {"UPDATE inbox SET tag = zeroblob(16) WHERE seq = 0", "inbox"},
        {"INSERT INTO inbox(run, kind, tag, seq) SELECT run, 2, zeroblob(16), 0 FROM inbox LIMIT 1",
         "inbox"},
        {"UPDATE meta SET value = 'other' WHERE name = 'note'", "meta"},
        {"INSERT INTO meta(name, value) VALUES('erasing', x'01')", "meta"},
        {"UPDATE program SET source = 'another source'", "program"},
        {"UPDATE image SET semantics = 4", "image"},
        {"DELETE FROM checkpoint WHERE size = (SELECT min(size) FROM checkpoint)", "checkpoint"},
        {"CREATE TRIGGER later AFTER INSERT ON log BEGIN DELETE FROM wake; END", "sqlite_schema"},
        {"CREATE VIEW runs AS SELECT * FROM run", "sqlite_schema"},
        {"CREATE TABLE other(x)", "sqlite_schema"},
        {"DROP INDEX inbox_order", "sqlite_schema"},
        {"INSERT INTO wake(due, run) VALUES(5, 99)", "wake"},
        {"INSERT INTO snapshot(run, seq, box) VALUES(1, 0, zeroblob(90))", "snapshot"},
    };
    for (const auto& [sql, table] : changes) {
        run_sql(path_, sql);
        EXPECT_TRUE(told().contains(table)) << sql;
        std::filesystem::remove(path_ + "-wal");
        std::ofstream(path_, std::ios::binary | std::ios::trunc) << whole;
    }
    EXPECT_EQ(told(), std::set<std::string>{});
    run_sql(path_, "CREATE TABLE app_accounts(x); CREATE INDEX app_one ON app_accounts(x)");
    EXPECT_EQ(told(), std::set<std::string>{});
}

TEST_F(TagsTest, AnOlderStoreIsTaggedOnceAndNeverAgain) {
    run_sql(path_,
            "ALTER TABLE inbox DROP COLUMN mac; ALTER TABLE meta DROP COLUMN mac;"
            "DELETE FROM meta WHERE name = 'checkpoints'; UPDATE program SET sum = zeroblob(32);"
            "PRAGMA user_version = 2");
    // The key file knows better.
    ASSERT_EQ(told().size(), 1);
    EXPECT_NE(told().begin()->find("put back to an older form"), std::string::npos);
    // As it was before there were tags.
    const std::string path = path_ + ".keys";
    std::string keys = read_all(path);
    for (std::size_t page = 0; page < 2; ++page) {
        keys[page * kPage + kTaggedAt] = 0;
        const auto body = std::string_view(keys).substr(page * kPage, kPage - 32);
        keys.replace((page + 1) * kPage - 32, 32, view(sha256(body)));
    }
    write_all(path, keys);
    EXPECT_EQ(told(), std::set<std::string>{});
    // In the page that was written next.
    keys = read_all(path);
    EXPECT_NE(keys[kTaggedAt] + keys[kPage + kTaggedAt], 0);
    EXPECT_EQ(told(), std::set<std::string>{});
}

}  // namespace
}  // namespace weft::store
