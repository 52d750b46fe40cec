// Changed bytes: each one in a table that the audit trail rests on is found and named, and each one
// in a killed owner's WAL is told before anything confirmed is lost.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include <fstream>

#include "base/hash.h"
#include "store/wal_scan.h"
#include "tests/unit/store/support.h"

namespace weft::store {
namespace {

// The database from outside, as somebody with an editor would change it.
class Outside {
  public:
    explicit Outside(const std::string& path) {
        EXPECT_EQ(sqlite3_open(path.c_str(), &handle_), SQLITE_OK);
    }
    ~Outside() { sqlite3_close(handle_); }
    Outside(const Outside&) = delete;
    Outside& operator=(const Outside&) = delete;

    void run(const std::string& sql) {
        char* why = nullptr;
        EXPECT_EQ(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, &why), SQLITE_OK)
            << sql << ": " << (why == nullptr ? "" : why);
        sqlite3_free(why);
    }
    std::string value(const std::string& sql) {
        sqlite3_stmt* statement = nullptr;
        EXPECT_EQ(sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr), SQLITE_OK);
        std::string out;
        if (sqlite3_step(statement) == SQLITE_ROW) {
            const auto* data = static_cast<const char*>(sqlite3_column_blob(statement, 0));
            const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, 0));
            out.assign(data == nullptr ? "" : data, size);
        }
        sqlite3_finalize(statement);
        return out;
    }
    // Sets a column to bytes, keeping its type.
    void put(const std::string& sql, const std::string& bytes, bool text) {
        sqlite3_stmt* statement = nullptr;
        EXPECT_EQ(sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr), SQLITE_OK);
        const auto size = static_cast<int>(bytes.size());
        if (text) {
            sqlite3_bind_text(statement, 1, bytes.data(), size, SQLITE_TRANSIENT);
        } else {
            sqlite3_bind_blob(statement, 1, bytes.data(), size, SQLITE_TRANSIENT);
        }
        EXPECT_EQ(sqlite3_step(statement), SQLITE_DONE) << sqlite3_errmsg(handle_);
        sqlite3_finalize(statement);
    }

  private:
    sqlite3* handle_ = nullptr;
};

class DamageTest : public testing::Test {
  protected:
    // One system chain and two runs over 300 records, two checkpoints, a program, an image, sealed
    // rows of each kind.
    void SetUp() override {
        store_ = open_store(path_);
        RunMaker system(*store_, RunId{});
        RunMaker one(*store_, run_id(1));
        RunMaker two(*store_, run_id(2));
        Batch batch;
        for (auto* maker : {&system, &one, &two}) {
            maker->begin(batch);
            maker->add(batch, "first");
        }
        const std::string ir = "the ir of it";
        ProgramRow program{sha256(ir), ir, "workflow source"};
        ImageRow image{leaf_hash("image"), sha256(ir), 3, "the code"};
        const Tag tag = run_id(44);
        batch.inbox.push_back({run_id(1), 1, tag,
                               seal_bytes(store_->entropy(), one.key(), inbox_context(tag), "hi")});
        batch.changes = {program, image,
                         ActorRow{run_id(5), seal_bytes(store_->entropy(), system.key(),
                                                        actor_context(run_id(5)), "Ada")},
                         SecretRow{run_id(2), "card",
                                   seal_bytes(store_->entropy(), two.key(),
                                              secret_context(run_id(2), "card"), "4711")}};
        ASSERT_TRUE(store_->commit(batch));
        for (int i = 0; i < 10; ++i) {
            Batch more;
            for (int k = 0; k < 16; ++k) {
                one.add(more);
                two.add(more, k % 4 == 0 ? "some payload" : "");
            }
            ASSERT_TRUE(store_->commit(more));
            if (i == 5) {
                ASSERT_TRUE(store_->sign_checkpoint());
            }
        }
        ASSERT_TRUE(store_->close());
        store_.reset();
    }
    VerifyReport verify(bool accept = true) {
        OpenOptions options = create_options();
        options.create = false;
        options.accept_damage = accept;
        options.brief = true;
        auto store = open_sqlite_store(path_, options);
        EXPECT_TRUE(store) << (store ? "" : store.error().message);
        if (!store) return {};
        auto report = (*store)->verify({});
        EXPECT_TRUE(report) << (report ? "" : report.error().message);
        return report ? *report : VerifyReport{};
    }
    static bool names(const VerifyReport& report, const std::string& table,
                      const std::string& row) {
        for (const auto& finding : report.findings) {
            if (finding.table == table && finding.row == row) return true;
        }
        return false;
    }
    // Flips bytes of one value, `step` apart, and wants each to be found under that name.
    void flip_each(const std::string& table, const std::string& column, const std::string& where,
                   const std::string& row, std::size_t step = 1, bool text = false) {
        const std::string get = "SELECT " + column + " FROM " + table + " WHERE " + where;
        const std::string set = "UPDATE " + table + " SET " + column + " = ? WHERE " + where;
        const std::string whole = Outside(path_).value(get);
        ASSERT_FALSE(whole.empty()) << get;
        for (std::size_t i = 0; i < whole.size(); i += step) {
            std::string bad = whole;
            bad[i] = static_cast<char>(bad[i] ^ (text ? 1 : 0x40));
            Outside(path_).put(set, bad, text);
            EXPECT_TRUE(names(verify(), table, row)) << table << " " << where << " byte " << i;
        }
        Outside(path_).put(set, whole, text);
    }

    TempFolder folder_;
    std::string path_ = folder_ / "s.weft";
    std::unique_ptr<Store> store_;
};

TEST_F(DamageTest, an_untouched_store_has_no_finding) {
    const auto report = verify(false);
    for (const auto& finding : report.findings) {
        ADD_FAILURE() << finding.table << " " << finding.row << ": " << finding.what;
    }
    EXPECT_EQ(report.records, 323U);
    EXPECT_EQ(report.payloads, 43U);
    EXPECT_EQ(report.checkpoints, 2U);
}

TEST_F(DamageTest, a_record_under_a_tile) {
    flip_each("log", "rec", "leaf = 7", "7", 3);
}

TEST_F(DamageTest, a_record_in_the_right_edge) {
    flip_each("log", "rec", "leaf = 300", "300", 3);
}

TEST_F(DamageTest, the_last_record) {
    flip_each("log", "rec", "leaf = 322", "322", 3);
}

TEST_F(DamageTest, a_payload) {
    flip_each("payload", "box", "leaf = 2", "2", 2);
}

TEST_F(DamageTest, a_tile_and_its_root) {
    flip_each("tile", "hashes", "level = 0 AND idx = 0", "0/0", 499);
    flip_each("tile", "root", "level = 0 AND idx = 0", "0/0", 7);
}

TEST_F(DamageTest, a_checkpoint) {
    const std::string size = "195";
    flip_each("checkpoint", "note", "size = " + size, size, 5, true);
    Outside(path_).run("UPDATE checkpoint SET size = 196 WHERE size = 195");
    EXPECT_TRUE(names(verify(), "checkpoint", "196"));
}

TEST_F(DamageTest, a_program_and_an_image) {
    const std::string program = to_hex(view(sha256("the ir of it")));
    flip_each("program", "ir", "1", program);
    flip_each("program", "source", "1", program);
    flip_each("program", "sum", "1", program, 5);
    const std::string image = to_hex(view(leaf_hash("image")));
    flip_each("image", "code", "1", image);
    flip_each("image", "program", "1", image, 5);
    Outside(path_).run("UPDATE image SET semantics = 4");
    EXPECT_TRUE(names(verify(), "image", image));
}

TEST_F(DamageTest, the_sealed_tables) {
    flip_each("inbox", "box", "1", "1", 5);
    EXPECT_FALSE(names(verify(), "inbox", "1"));
    Outside(path_).run("UPDATE inbox SET box = NULL, seq = 160");
    EXPECT_TRUE(names(verify(), "inbox", "1"));        // by its tag: nobody took it
    Outside(path_).run("UPDATE inbox SET seq = 161");  // it has records 0 … 160
    EXPECT_TRUE(names(verify(), "inbox", "1"));
    flip_each("actor", "box", "1", to_hex(view(run_id(5))), 5);
    flip_each("secret", "box", "1", to_hex(view(run_id(2))) + "/card", 5);
    flip_each("meta", "value", "name = 'edge'", "edge", 97);
}

TEST_F(DamageTest, missing_moved_and_added_rows) {
    const std::string saved = path_ + ".saved";
    std::filesystem::copy_file(path_, saved);
    const auto after = [&](const std::string& sql) {
        std::filesystem::copy_file(saved, path_, std::filesystem::copy_options::overwrite_existing);
        Outside(path_).run(sql);
        return verify();
    };
    EXPECT_TRUE(names(after("DELETE FROM log WHERE leaf = 9"), "log", "9"));
    EXPECT_TRUE(names(after("DELETE FROM payload WHERE leaf = 2"), "payload", "2"));
    EXPECT_TRUE(names(after("INSERT INTO payload SELECT 9999, box FROM payload WHERE leaf = 2"),
                      "payload", "9999"));
    EXPECT_TRUE(names(after("UPDATE payload SET box = (SELECT box FROM payload WHERE leaf = 0) "
                            "WHERE leaf = 2"),
                      "payload", "2"));
    EXPECT_TRUE(names(after("DELETE FROM tile"), "tile", "0/0"));
    EXPECT_TRUE(names(after("DELETE FROM seg WHERE run = 1 AND seq = 17"), "seg",
                      to_hex(view(run_id(1))) + "/17"));
    EXPECT_TRUE(
        names(after("UPDATE seg SET leaf = leaf + 1 WHERE run = 1 AND seq = 17"), "seg", "1/17"));
    EXPECT_TRUE(names(after("INSERT INTO seg VALUES(1, 9000, 5000)"), "seg", "1/9000"));
    EXPECT_TRUE(names(after("DELETE FROM run WHERE no = 2"), "run", to_hex(view(run_id(2)))));
    EXPECT_TRUE(names(after("UPDATE log SET rec = (SELECT rec FROM log WHERE leaf = 40) "
                            "WHERE leaf = 41"),
                      "log", "41"));
    EXPECT_TRUE(names(after("DELETE FROM meta WHERE name = 'edge'"), "meta", "edge"));
}

TEST_F(DamageTest, a_rolled_back_store_is_refused) {
    // The database of before, beside the key file of now.
    std::filesystem::copy_file(path_, path_ + ".old");
    store_ = open_store(path_);
    RunMaker three(*store_, run_id(3));
    Batch batch;
    three.begin(batch);
    three.add(batch);
    ASSERT_TRUE(store_->commit(batch));
    ASSERT_TRUE(store_->close());
    store_.reset();
    std::filesystem::rename(path_ + ".old", path_);
    auto refused = open_sqlite_store(path_, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Corrupt);
    EXPECT_NE(refused.error().message.find("rolled back"), std::string::npos);
    OpenOptions accept;
    accept.accept_damage = true;
    auto opened = open_sqlite_store(path_, accept);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ((*opened)->recovery().accepted.size(), 1U);
}

TEST_F(DamageTest, a_changed_tail_is_refused_at_opening) {
    std::string record = Outside(path_).value("SELECT rec FROM log WHERE leaf = 322");
    record.back() = static_cast<char>(record.back() ^ 1);
    Outside(path_).put("UPDATE log SET rec = ? WHERE leaf = 322", record, false);
    auto refused = open_sqlite_store(path_, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Corrupt);
}

TEST_F(DamageTest, bytes_of_the_file_itself_never_crash_the_verifier) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    const auto size = static_cast<std::size_t>(std::filesystem::file_size(path_));
    for (std::size_t at = 0; at < size; at += 1499) {
        char byte = 0;
        file.seekg(static_cast<std::streamoff>(at)).get(byte);
        file.seekp(static_cast<std::streamoff>(at)).put(static_cast<char>(byte ^ 0x20)).flush();
        OpenOptions options;
        options.accept_damage = true;
        options.brief = true;
        if (auto store = open_sqlite_store(path_, options)) (void)(*store)->verify({});
        file.seekp(static_cast<std::streamoff>(at)).put(byte).flush();
    }
    EXPECT_EQ(verify().findings.size(), 0U);
}

TEST(WalDamage, every_flip_in_a_killed_owner_s_wal_is_told) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    killed_owner(path, 12);
    const std::string wal = path + "-wal";
    std::string whole;
    {
        std::ifstream in(wal, std::ios::binary);
        whole.assign(std::istreambuf_iterator<char>(in), {});
    }
    ASSERT_GT(whole.size(), 100'000U);
    const auto scan_with = [&](const std::string& bytes) {
        std::ofstream(wal, std::ios::binary | std::ios::trunc) << bytes;
        const auto ack = AckFile::open(path);
        return *scan_wal(wal, ack->found());
    };
    EXPECT_FALSE(scan_with(whole).damage);
    EXPECT_EQ(scan_with(whole).recovered, scan_with(whole).frames);
    const auto step = [&](std::size_t at) -> std::size_t {
        return at < 60 ? 1 : at > whole.size() - 4200 ? 41 : 997;
    };
    std::fstream file(wal, std::ios::in | std::ios::out | std::ios::binary);
    for (std::size_t i = 0; i < whole.size(); i += step(i)) {
        const auto at = static_cast<std::streamoff>(i);
        file.seekp(at).put(static_cast<char>(whole[i] ^ 0x10)).flush();
        EXPECT_TRUE(scan_wal(wal, AckFile::open(path)->found())->damage)
            << "byte " << i << " of " << whole.size();
        file.seekp(at).put(whole[i]).flush();
    }
    for (const std::size_t cut :
         {whole.size() - 1, whole.size() / 2, std::size_t{20}, std::size_t{0}}) {
        EXPECT_TRUE(scan_with(whole.substr(0, cut)).damage) << cut;
    }
    std::filesystem::remove(wal);
    EXPECT_TRUE(scan_wal(wal, AckFile::open(path)->found())->damage);

    // A torn last commit that nobody was told of is no damage.
    std::string torn = whole + whole.substr(whole.size() - 4120);
    torn.back() = static_cast<char>(torn.back() ^ 1);
    EXPECT_FALSE(scan_with(torn).damage);
    EXPECT_EQ(scan_with(torn).torn, 1U);

    // And the store itself refuses, then goes on when an operator has accepted it.
    std::string bad = whole;
    bad[whole.size() / 2] = static_cast<char>(bad[whole.size() / 2] ^ 1);
    std::ofstream(wal, std::ios::binary | std::ios::trunc) << bad;
    auto refused = open_sqlite_store(path, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Corrupt);
    OpenOptions accept;
    accept.accept_damage = true;
    auto opened = open_sqlite_store(path, accept);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_LT((*opened)->log_size(), 12U);
    EXPECT_EQ((*opened)->recovery().accepted.size(), 1U);
}

// What a power failure leaves of a store's first minutes: the acknowledgement as it was synced when
// the store was made, or torn, and a commit that nobody was told of.
TEST(WalDamage, a_torn_commit_is_none_after_a_power_failure) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    {
        auto store = open_store(path);
        std::ifstream in(path + ".ack", std::ios::binary);
        const std::string made(std::istreambuf_iterator<char>(in), {});
        EXPECT_EQ(made.size(), 24U);
        ASSERT_TRUE(store->close());
    }
    for (const std::string& left : {std::string(), std::string(24, 'x')}) {
        killed_owner(path, 12);
        std::string wal;
        {
            std::ifstream in(path + "-wal", std::ios::binary);
            wal.assign(std::istreambuf_iterator<char>(in), {});
        }
        wal[wal.size() - 5000] = static_cast<char>(wal[wal.size() - 5000] ^ 1);
        std::ofstream(path + "-wal", std::ios::binary | std::ios::trunc) << wal;
        std::ofstream(path + ".ack", std::ios::binary | std::ios::trunc) << left;
        const auto ack = AckFile::open(path);
        EXPECT_EQ(scan_wal(path + "-wal", ack->found())->damage.has_value(), left.empty());
        std::filesystem::remove_all(path);
        std::filesystem::remove(path + "-wal");
        std::filesystem::remove(path + ".ack");
        std::filesystem::remove(path + ".keys");
    }
}

// Each tear of the header that a new log writes over an old one: the old log stands as it was.
// SQLite counts the number of the log and its first salt up, draws the other salt, and begins at 0
// on an empty log.
TEST(WalDamage, a_torn_header_is_put_together_from_the_log_it_was_written_over) {
    const TempFolder folder;
    const std::string path = folder / "s.weft";
    killed_owner(path, 12);
    const std::string wal = path + "-wal";
    std::string whole;
    {
        std::ifstream in(wal, std::ios::binary);
        whole.assign(std::istreambuf_iterator<char>(in), {});
    }
    const auto big32 = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            value = (value << 8U) | static_cast<unsigned char>(whole[at + i]);
        }
        return value;
    };
    const auto header = [&](std::uint32_t number, std::uint32_t salt1, std::uint32_t salt2) {
        std::string made = whole.substr(0, 12);
        std::uint32_t s0 = 0;
        std::uint32_t s1 = 0;
        const auto put = [&](std::uint32_t word) {
            for (unsigned i = 0; i < 4; ++i) made += static_cast<char>(word >> (24U - 8U * i));
        };
        for (const auto word : {number, salt1, salt2}) put(word);
        // The log of this machine's byte order.
        for (std::size_t at = 0; at < 24; at += 8) {
            std::array<std::uint32_t, 2> words{};
            std::memcpy(words.data(), made.data() + at, 8);
            s0 += words[0] + s1;
            s1 += words[1] + s0;
        }
        put(s0);
        put(s1);
        return made;
    };
    ASSERT_EQ(header(big32(12), big32(16), big32(20)), whole.substr(0, 32));
    const auto scan_with = [&](const std::string& head, std::size_t cut) {
        std::ofstream(wal, std::ios::binary | std::ios::trunc)
            << head.substr(0, cut) + whole.substr(cut);
        return *scan_wal(wal, AckFile::open(path)->found());
    };
    const auto next_log = header(big32(12) + 1, big32(16) + 1, 0xA1B2C3D4);
    // Its owner was only killed: what is wrong with the log that it confirmed is damage.
    EXPECT_TRUE(scan_with(next_log, 22).damage);
    ASSERT_TRUE(AckFile::open(path)->clear());
    for (const std::string& next : {next_log, header(0, 0xFEDCBA98, 0x12345678)}) {
        for (std::size_t cut = 0; cut < 32; ++cut) {
            const auto scan = scan_with(next, cut);
            EXPECT_FALSE(scan.damage) << cut;
            EXPECT_EQ(scan.recovered, scan.frames) << cut;
        }
    }
    whole[40] = static_cast<char>(whole[40] ^ 1);  // in the first frame
    EXPECT_TRUE(scan_with(next_log, 22).damage);
    whole[40] = static_cast<char>(whole[40] ^ 1);
    static_cast<void>(scan_with(next_log, 22));
    auto store = open_store(path);
    EXPECT_TRUE(store->recovery().wal_recovered);
    EXPECT_EQ(store->log_size(), 12U);
    EXPECT_EQ(store->verify({})->findings.size(), 0U);
}

// Where a sector ends between the number of pages and the salts of a frame's head, a torn commit
// can show an older log's end of a commit under its own salts: that is not a second commit.
TEST(WalDamage, a_frame_s_head_torn_between_two_sectors_is_no_commit) {
    const TempFolder folder;
    const std::string path = folder / "s.weft";
    killed_owner(path, 300);
    const std::string wal = path + "-wal";
    std::string whole;
    {
        std::ifstream in(wal, std::ios::binary);
        whole.assign(std::istreambuf_iterator<char>(in), {});
    }
    constexpr std::size_t kFrame = 24 + 4096;
    const auto at = [](std::size_t frame) { return 32 + frame * kFrame; };
    const auto ends_commit = [&](std::size_t frame) {
        return whole.substr(at(frame) + 4, 4) != std::string(4, '\0');
    };
    // 41 is the first frame with such a head, and each 64th after it.
    std::size_t torn = 41;
    ASSERT_EQ(at(torn) % 512, 504U);
    while (at(torn + 3) < whole.size() && (ends_commit(torn) || ends_commit(torn + 1))) torn += 64;
    ASSERT_LT(at(torn + 3), whole.size());
    std::size_t first = torn;
    while (!ends_commit(first - 1)) --first;
    std::size_t last = torn;
    while (!ends_commit(last)) ++last;
    std::size_t next = last + 1;
    while (!ends_commit(next)) ++next;
    ASSERT_LE(at(next + 1), whole.size());
    // An older log ended a commit here.
    std::string bytes = whole;
    bytes.replace(at(torn), 8, std::string("\0\0\0\7\0\0\0\7", 8));
    const auto scan_to = [&](std::size_t frames) {
        std::ofstream(wal, std::ios::binary | std::ios::trunc) << bytes.substr(0, at(frames));
        return *scan_wal(wal, AckFile::open(path)->found());
    };
    EXPECT_TRUE(scan_to(last + 1).damage);  // it was confirmed
    ASSERT_TRUE(AckFile::open(path)->clear());
    const auto scan = scan_to(last + 1);
    EXPECT_FALSE(scan.damage) << *scan.damage;
    EXPECT_EQ(scan.recovered, first);
    // Once the next commit has begun this one was whole.
    EXPECT_TRUE(scan_to(next + 1).damage);
    // Nobody tears a head within a sector so.
    bytes = whole;
    bytes.replace(at(torn + 1), 8, std::string("\0\0\0\7\0\0\0\7", 8));
    EXPECT_TRUE(scan_to(last + 1).damage);
}

TEST(WalDamage, an_intact_wal_is_recovered_whole) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    killed_owner(path, 30);
    auto store = open_store(path);
    EXPECT_TRUE(store->recovery().wal_recovered);
    EXPECT_EQ(store->log_size(), 30U);
    EXPECT_EQ(store->verify({})->findings.size(), 0U);
}

}  // namespace
}  // namespace weft::store
