// The reader in Python (tools/read_log.py), written from the prose alone, agrees with the codec: on
// the kinds, on a good log, and on each of a set of damaged ones.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "bytecode/record.h"

namespace weft {
namespace {

class ReadLog : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() /
                  ("weft_read_log_" + std::to_string(::getpid()) + "_" +
                   testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::create_directories(folder_);
        run_.fill(0x42);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    template <typename Body>
    void add(RecordKind kind, const Body& body, Bytes16 run) {
        auto& head = heads_[run];
        Record record;
        record.kind = kind;
        record.run = run;
        record.seq = head.first;
        record.prev = head.second;
        record.time_ms = 1000;
        record.body = encode_body(body);
        records.push_back(encode_record(record));
        head = {record.seq + 1, leaf_hash(records.back())};
    }
    template <typename Body>
    void add(RecordKind kind, const Body& body) {
        add(kind, body, run_);
    }
    void add_step() {
        add(RecordKind::Opened, OpenedBody{}, {});
        add(RecordKind::Begin, BeginBody{});
        add(RecordKind::Call, CallBody{});
        StartBody start;
        start.call = 1;
        add(RecordKind::Start, start);
        OutcomeBody outcome;
        outcome.call = 1;
        add(RecordKind::Outcome, outcome);
        add(RecordKind::Closed, ClosedBody{}, {});
    }
    // Exit code of the reader on a store that holds `records`.
    int read() {
        std::ofstream lines(folder_ / "records.txt");
        for (const auto& record : records) lines << to_hex(record) << "\n";
        lines.close();
        std::ofstream(folder_ / "read.py")
            << "import sqlite3, sys\n"
               "sys.dont_write_bytecode = True\n"
               "sys.path.insert(0, '" WEFT_SOURCE_DIR
               "/tools')\n"
               "import read_log\n"
               "db = sqlite3.connect(sys.argv[2])\n"
               "db.execute('CREATE TABLE log(leaf INTEGER PRIMARY KEY, rec BLOB)')\n"
               "rows = [bytes.fromhex(line.strip()) for line in open(sys.argv[1])]\n"
               "db.executemany('INSERT INTO log VALUES(?, ?)', enumerate(rows))\n"
               "db.commit()\n"
               "db.close()\n"
               "sys.exit(read_log.main([sys.argv[2], '--list']))\n";
        const auto at = [&](const char* name) { return (folder_ / name).string(); };
        std::filesystem::remove(folder_ / "store");
        return python(at("read.py") + " " + at("records.txt") + " " + at("store"));
    }
    int python(const std::string& arguments) {
        const auto out = (folder_ / "out").string();
        return WEXITSTATUS(std::system(("python3 " + arguments + " >" + out + " 2>&1").c_str()));
    }
    std::string output() {
        std::ifstream file(folder_ / "out");
        return {std::istreambuf_iterator<char>(file), {}};
    }

    std::vector<std::string> records;

  private:
    std::filesystem::path folder_;
    Bytes16 run_{};
    std::map<Bytes16, std::pair<std::uint64_t, Hash>> heads_;
};

TEST_F(ReadLog, KnowsTheSameKinds) {
    std::string script = "import sys; sys.path.insert(0, '" WEFT_SOURCE_DIR
                         "/tools'); sys.dont_write_bytecode = True; import read_log\n"
                         "assert read_log.KINDS == {";
    for (const auto& info : all_record_kinds()) {
        script += std::to_string(static_cast<int>(info.kind)) + ": ('" + std::string(info.name) +
                  "', '" + (info.side == RecordSide::Fact ? "F" : "C") + "', " +
                  std::to_string(body_size(info.kind)) + "), ";
    }
    const auto path = std::filesystem::temp_directory_path() /
                      ("weft_kinds_" + std::to_string(::getpid()) + ".py");
    std::ofstream(path) << script << "}\n";
    EXPECT_EQ(python(path.string()), 0) << output();
    std::filesystem::remove(path);
}

TEST_F(ReadLog, TakesAGoodLog) {
    add_step();
    EndBody end;
    add(RecordKind::End, end);
    EXPECT_EQ(read(), 0) << output();
    EXPECT_NE(output().find("7 records, 1 runs, 1 ended"), std::string::npos) << output();
    EXPECT_NE(output().find("outcome"), std::string::npos);
}

TEST_F(ReadLog, NamesTheLeafThatIsWrong) {
    add_step();
    const auto good = records;
    std::size_t leaf = 0;
    for (const std::size_t offset : {0U, 2U, 3U, 4U, 6U, 16U, 32U, 56U, 88U}) {
        records = good;
        records[leaf][offset] = static_cast<char>(records[leaf][offset] ^ 0x10);
        EXPECT_EQ(read(), 1) << leaf << " " << offset << output();
        EXPECT_NE(output().find("leaf "), std::string::npos) << output();
        leaf = (leaf + 1) % good.size();
    }
    // A change in the middle of a chain shows at the record that follows.
    records = good;
    records[2][120] = 1;
    EXPECT_EQ(read(), 1);
    EXPECT_NE(output().find("leaf 3: prev"), std::string::npos) << output();
    records = good;
    records.erase(records.begin() + 3);
    EXPECT_EQ(read(), 1);
}

TEST_F(ReadLog, WantsTheProtocolKept) {
    add(RecordKind::Begin, BeginBody{});
    OutcomeBody outcome;
    outcome.call = 0;
    add(RecordKind::Outcome, outcome);
    EXPECT_EQ(read(), 1);
    EXPECT_NE(output().find("outcome of a call that isn't there"), std::string::npos) << output();
}

TEST_F(ReadLog, WantsEndToBeLast) {
    add(RecordKind::Begin, BeginBody{});
    add(RecordKind::End, EndBody{});
    add(RecordKind::Resumed, ResumedBody{});
    EXPECT_EQ(read(), 1);
    EXPECT_NE(output().find("after the run's end"), std::string::npos) << output();
}

}  // namespace
}  // namespace weft
