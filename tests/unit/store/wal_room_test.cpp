// Zeros that are written ahead behind the write-ahead log's end: commits find room in the file, and
// who comes next finds nothing in them.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <set>

#include "store/wal_room.h"
#include "store/wal_scan.h"
#include "tests/unit/store/support.h"

namespace weft::store {
namespace {

constexpr std::uint64_t kFrameBytes = 24 + 4096;

// As many commits as the turns of an engine would make, and no closing.
void commit_turns(Store& store, int turns, std::set<std::uintmax_t>* sizes = nullptr) {
    RunMaker maker(store, run_id(1));
    for (int i = 0; i < turns; ++i) {
        Batch batch;
        if (i == 0) maker.begin(batch);
        maker.add(batch, std::string(500, 'p'));
        ASSERT_TRUE(store.commit(batch));
        if (sizes != nullptr) sizes->insert(std::filesystem::file_size(store.path() + "-wal"));
        ASSERT_TRUE(store.maintain(0, false));
    }
}

// An owner that goes without closing.
void leave_behind(const std::string& path, int turns) {
    const pid_t child = ::fork();
    if (child == 0) {
        auto store = open_store(path);
        commit_turns(*store, turns);
        ::_exit(::testing::Test::HasFailure() ? 1 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_EQ(status, 0);
}

TEST(WalRoom, commits_write_into_what_the_file_has) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    auto store = open_store(path);
    std::set<std::uintmax_t> sizes;
    commit_turns(*store, 60, &sizes);
    EXPECT_LE(sizes.size(), 8U);  // 60 without it
    EXPECT_GT(*sizes.rbegin(), 60 * kFrameBytes);
    // Twice what it holds at most.
    const auto scan = scan_wal(path + "-wal", AckFile::open(path)->found());
    EXPECT_FALSE(scan->damage);
    EXPECT_LE(*sizes.rbegin(), 2 * (scan->recovered + 2) * kFrameBytes);
    ASSERT_TRUE(store->close());
    EXPECT_EQ(std::filesystem::file_size(path + "-wal"), 0U);
}

TEST(WalRoom, is_nothing_to_the_next_owner) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    leave_behind(path, 30);
    const auto scan = scan_wal(path + "-wal", AckFile::open(path)->found());
    EXPECT_GT(scan->frames, scan->recovered);  // it is there
    auto store = open_store(path);
    EXPECT_TRUE(store->recovery().wal_recovered);
    EXPECT_EQ(store->recovery().wal_frames_dropped, 0U);
    EXPECT_EQ(store->log_size(), 30U);
    EXPECT_EQ(store->verify({})->findings.size(), 0U);
}

TEST(WalRoom, a_commit_torn_within_it_is_dropped_and_one_before_it_is_missed) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    leave_behind(path, 10);
    const std::string wal = path + "-wal";
    const auto whole = *scan_wal(wal, AckFile::open(path)->found());
    std::fstream file(wal, std::ios::in | std::ios::out | std::ios::binary);
    // The last frame is zeros yet, as a power failure may leave it: its owner had not been told.
    file.seekp(static_cast<std::streamoff>(32 + (whole.recovered - 1) * kFrameBytes));
    file << std::string(kFrameBytes, '\0') << std::flush;
    EXPECT_TRUE(scan_wal(wal, AckFile::open(path)->found())->damage);  // it had been told
    ASSERT_TRUE(AckFile::open(path)->clear());
    const auto torn = *scan_wal(wal, AckFile::open(path)->found());
    EXPECT_FALSE(torn.damage);
    EXPECT_LT(torn.recovered, whole.recovered);
    auto store = open_store(path);
    EXPECT_EQ(store->log_size(), 9U);
    EXPECT_EQ(store->verify({})->findings.size(), 0U);
}

TEST(WalRoom, a_short_command_makes_none) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    ASSERT_TRUE(open_store(path)->close());
    auto options = create_options();
    options.brief = true;
    auto store = open_store(path, options);
    commit_turns(*store, 10);
    const auto scan = scan_wal(path + "-wal", AckFile::open(path)->found());
    EXPECT_EQ(scan->frames, scan->recovered);
}

TEST(WalRoom, that_cannot_be_made_is_not_missed) {
    TempFolder folder;
    WalRoom nowhere(folder / "none");
    nowhere.make(1);
    EXPECT_FALSE(std::filesystem::exists(folder / "none"));
}

}  // namespace
}  // namespace weft::store
