// What the environment does to a store: killed owners, full disks, failing writes and syncs, other
// owners, other versions. Real processes, a real small file system, real errors from the system
// calls under SQLite.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <fstream>

#include "store/sealed_file.h"
#include "tests/unit/store/faulty_vfs.h"
#include "tests/unit/store/support.h"

namespace weft::store {
namespace {

// Commits until killed; writes the number of each confirmed commit to `pipe_fd`.
[[noreturn]] void commit_for_ever(const std::string& path, int pipe_fd) {
    auto store = open_sqlite_store(path, create_options());
    if (!store) ::_exit(1);
    RunMaker maker(**store, run_id(1));
    const auto head = (*store)->head(run_id(1));
    if (!head) ::_exit(2);
    bool begun = head->next_seq > 0;
    if (begun) maker.go_on_from(*head, *(*store)->run_key(run_id(1)));
    for (std::int64_t now = 0;; now += 300) {
        Batch batch;
        if (!begun) maker.begin(batch);
        begun = true;
        for (int k = 0; k < 5; ++k) maker.add(batch, std::string(300, 'p'));
        if (!(*store)->commit(batch)) ::_exit(3);
        const std::uint64_t done = maker.seq();
        if (::write(pipe_fd, &done, sizeof done) != sizeof done) ::_exit(4);
        if (!(*store)->maintain(now, false)) ::_exit(5);
        // A rest of a second moves the log into the database.
        if (now % 2100 == 0 && !(*store)->maintain(now += 1200, true)) ::_exit(5);
    }
}

TEST(Crash, what_was_confirmed_is_there_after_sigkill_at_any_moment) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    for (int round = 0; round < 25; ++round) {
        int ends[2] = {};
        ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
        const pid_t child = ::fork();
        if (child == 0) commit_for_ever(path, ends[1]);
        ::close(ends[1]);
        std::uint64_t confirmed = 0;
        ASSERT_EQ(::read(ends[0], &confirmed, sizeof confirmed), 8);
        ::usleep(static_cast<useconds_t>(500 + 1700 * round));
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
        while (::read(ends[0], &confirmed, sizeof confirmed) == 8) {
        }
        ::close(ends[0]);

        auto store = open_store(path);
        ASSERT_NE(store, nullptr);
        const auto head = store->head(run_id(1));
        ASSERT_TRUE(head);
        EXPECT_GE(head->next_seq, confirmed);
        EXPECT_LE(head->next_seq, confirmed + 5);
        EXPECT_EQ(head->next_seq % 5, 0U);  // no commit by halves
        const auto report = store->verify({});
        ASSERT_TRUE(report);
        for (const auto& finding : report->findings) {
            ADD_FAILURE() << finding.table << " " << finding.row << ": " << finding.what;
        }
        // Some rounds end cleanly, some leave the WAL to the next.
        if (round % 3 == 0) {
            EXPECT_TRUE(store->close());
        }
    }
}

TEST(Crash, a_crash_while_the_store_is_made_is_survived) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    {
        auto entropy = seeded_entropy(1);
        ASSERT_TRUE(KeyFile::create(path + ".keys", run_id(3), "", *entropy));
    }
    EXPECT_EQ(open_store(path)->id(), run_id(3));
    // Killed between making the file and its tables.
    TempFolder other;
    const std::string empty = other / "s.weft";
    std::ofstream(empty).flush();
    EXPECT_TRUE(open_store(empty));
}

class FullDisk : public testing::Test {
  protected:
    void SetUp() override {
        mount_ = folder_ / "disk";
        std::filesystem::create_directory(mount_);
        if (::mount("tmpfs", mount_.c_str(), "tmpfs", 0, "size=6m") != 0) {
            GTEST_SKIP() << "no right to mount a small file system";
        }
        mounted_ = true;
    }
    void TearDown() override {
        if (mounted_) ::umount2(mount_.c_str(), MNT_DETACH);
    }
    TempFolder folder_;
    std::string mount_;
    bool mounted_ = false;
};

TEST_F(FullDisk, the_ballast_lets_one_more_batch_through_and_nothing_is_lost) {
    OpenOptions options = create_options();
    options.ballast_bytes = 1UL << 20;
    options.low_space_bytes = 512UL << 10;
    const std::string path = mount_ + "/s.weft";
    auto store = open_store(path, options);
    ASSERT_EQ(store->space(), Space::Plenty);
    RunMaker maker(*store, run_id(1));
    std::uint64_t confirmed = 0;
    bool full_seen = false;
    std::optional<Error> refused;
    for (int i = 0; i < 5000 && !refused; ++i) {
        Batch batch;
        if (i == 0) maker.begin(batch);
        RunMaker before = maker;
        maker.add(batch, std::string(20'000, 'x'));
        const auto done = store->commit(batch);
        if (done) {
            confirmed = maker.seq();
        } else {
            refused = done.error();
        }
        full_seen = full_seen || (done && store->space() == Space::Full);
    }
    ASSERT_TRUE(refused);
    EXPECT_TRUE(full_seen) << "no batch went through on the ballast";
    EXPECT_EQ(refused->kind, ErrorKind::Environment);
    EXPECT_NE(refused->message.find("full"), std::string::npos) << refused->message;
    EXPECT_FALSE(store->poisoned());
    EXPECT_EQ(store->log_size(), confirmed);
    store.reset();

    options.ballast_bytes = 0;
    auto again = open_store(path, options);
    ASSERT_NE(again, nullptr);
    EXPECT_EQ(again->log_size(), confirmed);
    EXPECT_NE(again->space(), Space::Plenty);
    EXPECT_EQ(again->verify({})->findings.size(), 0U);
}

TEST_F(FullDisk, the_ballast_lets_a_large_body_through) {
    OpenOptions options = create_options();
    options.ballast_bytes = 2UL << 20;
    options.low_space_bytes = 512UL << 10;
    auto store = open_store(mount_ + "/s.weft", options);
    ASSERT_EQ(store->space(), Space::Plenty);
    const Key key{};
    const std::string body(1UL << 20, 'x');
    std::optional<Error> refused;
    std::vector<FileRow> rows;
    std::size_t after_full = 0;
    for (int i = 0; i < 100 && !refused; ++i) {
        auto row = store->write_file(key, run_id(1), body);
        if (row) {
            rows.push_back(*row);
        } else {
            refused = row.error();
        }
        if (row && store->space() == Space::Full) ++after_full;
    }
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->kind, ErrorKind::Environment);
    EXPECT_GT(after_full, 0U) << "no body went through on the ballast";
    EXPECT_FALSE(store->poisoned());
    std::size_t files = 0;
    for (const auto& at : std::filesystem::recursive_directory_iterator(store->files_folder())) {
        files += at.is_regular_file() ? 1U : 0U;
    }
    EXPECT_EQ(files, rows.size()) << "a piece of a file is left";
    for (const auto& row : rows)
        EXPECT_EQ(*read_sealed_file(store->files_folder(), key, row), body);
}

TEST(Faults, a_failed_write_or_sync_poisons_the_handle_and_the_next_owner_recovers) {
    for (const Fault fault : {Fault::Write, Fault::Sync}) {
        // Fail at the n-th call from here on, once, until a whole commit passes without reaching
        // it.
        for (int nth = 1; nth < 40; ++nth) {
            TempFolder folder;
            const std::string path = folder / "s.weft";
            FaultyVfs vfs;
            auto store = open_store(path);
            RunMaker maker(*store, run_id(1));
            Batch first;
            maker.begin(first);
            maker.add(first, "payload");
            ASSERT_TRUE(store->commit(first));
            vfs.fail_at(fault, nth);
            Batch second;
            maker.add(second, "payload");
            const auto done = store->commit(second);
            const bool reached = vfs.reached();
            EXPECT_EQ(done.has_value(), !reached);
            EXPECT_EQ(store->poisoned(), reached);
            if (reached) {
                const int calls = vfs.calls();
                EXPECT_FALSE(store->commit(second));
                EXPECT_FALSE(store->read_log(0, 1));
                EXPECT_FALSE(store->maintain(5000, true));
                EXPECT_FALSE(store->sign_checkpoint());
                EXPECT_TRUE(store->close());
                EXPECT_EQ(vfs.calls(), calls) << "something was written after the failure";
            }
            store.reset();
            vfs.fail_at(fault, 0);
            auto again = open_store(path);
            ASSERT_NE(again, nullptr);
            EXPECT_GE(again->log_size(), 1U);
            EXPECT_EQ(again->verify({})->findings.size(), 0U);
            if (!reached) {
                EXPECT_GT(nth, 1);
                break;
            }
        }
    }
}

// That the disk could not be read says nothing of what stands there: it is no evidence of damage.
TEST(Faults, a_read_that_fails_is_no_finding) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    {
        auto store = open_store(path);
        RunMaker maker(*store, run_id(1));
        Batch batch;
        maker.begin(batch);
        for (int i = 0; i < 300; ++i) maker.add(batch, std::string(500, 'p'));
        ASSERT_TRUE(store->commit(batch));
        ASSERT_TRUE(store->close());
    }
    int failed = 0;
    for (int nth = 1; nth < 400; ++nth) {
        FaultyVfs vfs;
        auto store = open_store(path);
        ASSERT_NE(store, nullptr);
        vfs.fail_at(Fault::Read, nth);
        const auto report = store->verify({});
        if (report) {
            EXPECT_EQ(report->findings.size(), 0U) << report->findings.front().what;
        } else {
            EXPECT_EQ(report.error().kind, ErrorKind::Environment);
            ++failed;
        }
        if (!vfs.reached()) break;
    }
    EXPECT_GT(failed, 30);
}

TEST(Faults, a_full_disk_is_no_poison) {
    TempFolder folder;
    FaultyVfs vfs;
    auto store = open_store(folder / "s.weft");
    RunMaker maker(*store, run_id(1));
    Batch batch;
    maker.begin(batch);
    maker.add(batch, "payload");
    vfs.fail_at(Fault::Full, 1);
    const auto done = store->commit(batch);  // once full, then through on the ballast
    EXPECT_TRUE(done) << done.error().message;
    EXPECT_EQ(store->space(), Space::Full);
    EXPECT_FALSE(store->poisoned());
    EXPECT_TRUE(store->maintain(5000, false));
    EXPECT_EQ(store->space(), Space::Plenty);  // there is room again, and a new ballast
    EXPECT_TRUE(std::filesystem::exists(folder / "s.weft.ballast"));
}

TEST(Owners, a_second_one_is_refused) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    auto store = open_store(path);
    const auto same = open_sqlite_store(path, {});
    ASSERT_FALSE(same);
    EXPECT_EQ(same.error().kind, ErrorKind::Unavailable);
    std::filesystem::create_hard_link(path, folder / "t.weft");
    std::filesystem::copy_file(path + ".keys", folder / "t.weft.keys");
    EXPECT_EQ(open_sqlite_store(folder / "t.weft", {}).error().kind, ErrorKind::Unavailable);
    // Another process that passes by the owner lock meets SQLite's own.
    const pid_t child = ::fork();
    if (child == 0) {
        sqlite3* handle = nullptr;
        sqlite3_open(path.c_str(), &handle);
        ::_exit(sqlite3_exec(handle, "SELECT * FROM log", nullptr, nullptr, nullptr) == SQLITE_BUSY
                    ? 0
                    : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

void change_pragma(const std::string& path, const std::string& sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(handle);
}

TEST(Versions, a_newer_one_is_refused_and_left_as_it_is) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    ASSERT_TRUE(open_store(path)->close());
    change_pragma(path, "PRAGMA user_version = 99");
    const auto refused = open_sqlite_store(path, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Unsupported);
    EXPECT_NE(refused.error().message.find("newer version"), std::string::npos);
    change_pragma(path, "PRAGMA user_version = 3");
    EXPECT_TRUE(open_sqlite_store(path, {}));
}

TEST(Versions, what_is_no_store_is_refused) {
    TempFolder folder;
    EXPECT_EQ(open_sqlite_store(folder / "none", {}).error().kind, ErrorKind::NotFound);
    const std::string path = folder / "s.weft";
    ASSERT_TRUE(open_store(path)->close());
    change_pragma(path, "PRAGMA application_id = 5");
    EXPECT_EQ(open_sqlite_store(path, {}).error().kind, ErrorKind::Usage);
    change_pragma(path, "PRAGMA application_id = 1464157780");
    // Another store's keys.
    const std::string other = folder / "o.weft";
    ASSERT_TRUE(open_store(other)->close());
    std::filesystem::copy_file(other + ".keys", path + ".keys",
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_EQ(open_sqlite_store(path, {}).error().kind, ErrorKind::Refused);
    std::filesystem::remove(path + ".keys");
    EXPECT_EQ(open_sqlite_store(path, {}).error().kind, ErrorKind::NotFound);
    std::filesystem::remove(other);
    EXPECT_TRUE(open_sqlite_store(other, create_options()));  // never used: made anew
}

}  // namespace
}  // namespace weft::store
