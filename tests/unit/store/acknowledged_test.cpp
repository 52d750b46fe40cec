// What the acknowledgement file says of a write-ahead log that a killed owner has left.
#include <fstream>

#include "store/wal_scan.h"
#include "tests/unit/store/support.h"

namespace weft::store {
namespace {

TEST(Acknowledged, another_log_than_the_confirmed_one_is_told) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    const std::string wal = path + "-wal";
    killed_owner(path, 12);
    std::filesystem::copy_file(wal, folder / "older");
    ASSERT_TRUE(open_store(path)->close());
    {
        auto store = open_store(path);  // its log is a new one
        RunMaker maker(*store, run_id(2));
        Batch batch;
        maker.begin(batch);
        maker.add(batch, "payload");
        ASSERT_TRUE(store->commit(batch));
    }
    std::filesystem::rename(wal, folder / "newer");
    std::filesystem::copy_file(folder / "older", wal);
    const auto refused = open_sqlite_store(path, create_options());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Corrupt);
    EXPECT_NE(refused.error().message.find("another one than"), std::string::npos)
        << refused.error().message;
    std::filesystem::rename(folder / "newer", wal);
    EXPECT_EQ(open_store(path)->log_size(), 13U);
}

// A power failure tears it anywhere, also between its salts: that is another log's name then.
TEST(Acknowledged, a_torn_acknowledgement_says_nothing) {
    TempFolder folder;
    const std::string path = folder / "s.weft";
    killed_owner(path, 12);
    EXPECT_GT(AckFile::open(path)->found()->frames, 0U);
    std::fstream file(path + ".ack", std::ios::in | std::ios::out | std::ios::binary);
    for (int at = 0; at < 24; ++at) {
        char byte = 0;
        file.seekg(at).get(byte);
        file.seekp(at).put(static_cast<char>(byte ^ 1)).flush();
        const auto known = AckFile::open(path)->found();
        ASSERT_TRUE(known);
        EXPECT_EQ(known->frames, 0U) << at;
        EXPECT_FALSE(scan_wal(path + "-wal", known)->damage) << at;
        file.seekp(at).put(byte).flush();
    }
    EXPECT_EQ(open_store(path)->log_size(), 12U);
}

}  // namespace
}  // namespace weft::store
