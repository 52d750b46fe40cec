// Taking a long run up: from its snapshot where there is one that fits, else from its begin, with
// the same result.
#include <atomic>
#include <thread>

#include "engine/facts.h"
#include "engine/snapshots.h"
#include "store/box.h"
#include "tests/unit/api/support.h"

namespace weft::testing {
namespace {

using engine::SnapshotPace;

constexpr const char* kMany = R"wf(
workflow main(texts: List<Text> where length in 1..400) -> List<Text>
  within 1d
{
  step notes = each text in texts, 4 at once {
    step test.note(text)
      compensate none "it may stand"
  }
  return notes
}
)wf";

TEST(SnapshotPace, IsAThousandRecordsOrTheirWorthInFuel) {
    const SnapshotPace pace;
    EXPECT_FALSE(pace.is_due(1000, 0));
    EXPECT_TRUE(pace.is_due(1001, 0));
    EXPECT_FALSE(pace.is_due(0, 2'000'000));
    EXPECT_TRUE(pace.is_due(0, 2'000'001));
    EXPECT_TRUE(pace.is_due(500, 1'000'001));
    EXPECT_FALSE(pace.has_snapshot());
}

TEST(SnapshotPace, GrowsWithTheLastSnapshot) {
    SnapshotPace pace;
    pace.taken(2000, 5'000'000, 1'000'000);
    EXPECT_TRUE(pace.has_snapshot());
    EXPECT_FALSE(pace.is_due(2000, 5'000'000));
    EXPECT_FALSE(pace.is_due(4500, 5'000'000));  // five for each of a million bytes
    EXPECT_TRUE(pace.is_due(4501, 5'000'000));
}

// A run of 400 steps whose engine was killed while the last of them were under way.
class Resume : public ::testing::Test {
  protected:
    Resume() {
        std::atomic<unsigned> calls{0};
        auto core = open_core(folder_.store(), 4, [&](const WorkerCall& call) -> WorkerOutcome {
            if (++calls > 396) {
                while (!*call.cancelled) std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
            return WorkerValue{"\"done\"", {}};
        });
        const auto run = core->start(request_of(kMany, texts(400)));
        EXPECT_TRUE(run) << (run ? "" : run.error().message);
        run_ = run->run;
        while (calls < 400) EXPECT_TRUE(core->turn(std::chrono::milliseconds(50)));
        core.reset();  // nothing is closed, nothing more is written
        core_ = open_core(folder_.store(), 4);
    }

    engine::Resumed resume() {
        const auto header = engine::read_run_header(core_->store(), run_);
        EXPECT_TRUE(header);
        auto resumed = engine::resume(core_->store(), *header);
        EXPECT_TRUE(resumed) << (resumed ? "" : resumed.error().message);
        return resumed ? std::move(*resumed) : engine::Resumed{};
    }
    engine::Replayed replay() {
        const auto header = engine::read_run_header(core_->store(), run_);
        auto replayed = engine::replay(core_->store(), *header);
        EXPECT_TRUE(replayed && !replayed->divergence);
        return std::move(*replayed);
    }
    store::SnapshotRow row() {
        const auto row = core_->store().snapshot(run_);
        EXPECT_TRUE(row && *row);
        return row && *row ? **row : store::SnapshotRow{};
    }
    void put(const store::SnapshotRow& row) {
        store::Batch batch;
        batch.changes.emplace_back(row);
        EXPECT_TRUE(core_->store().commit(batch));
    }
    // Replayed from the begin, and the snapshot is gone once the run was taken up.
    void expect_dropped() {
        const auto resumed = resume();
        EXPECT_TRUE(resumed.is_damaged);
        EXPECT_EQ(resumed.replayed.records, resumed.replayed.head.next_seq);
        EXPECT_FALSE(resumed.pace.has_snapshot());
        expect_same(resumed.replayed, replay());
        const auto old = row();
        ASSERT_TRUE(core_->take_up(run_));
        const auto now = core_->store().snapshot(run_);
        ASSERT_TRUE(now);
        EXPECT_TRUE(!*now || (*now)->box != old.box);
        EXPECT_EQ(drive(*core_, run_), vm::RunStatus::Completed);
    }
    static void expect_same(const engine::Replayed& a, const engine::Replayed& b) {
        ASSERT_TRUE(a.machine && b.machine);
        EXPECT_EQ(a.machine->check(), b.machine->check());
        EXPECT_EQ(a.machine->wants(), b.machine->wants());
        EXPECT_EQ(a.machine->fuel(), b.machine->fuel());
        EXPECT_EQ(a.head.next_seq, b.head.next_seq);
        EXPECT_EQ(a.head.last_hash, b.head.last_hash);
        EXPECT_EQ(a.last_time_ms, b.last_time_ms);
    }

    const EngineFolder folder_;
    store::RunId run_{};
    std::unique_ptr<engine::Core> core_;
};

TEST_F(Resume, GoesOnFromTheSnapshotAndDropsItAtTheEnd) {
    const auto resumed = resume();
    EXPECT_FALSE(resumed.is_damaged);
    EXPECT_TRUE(resumed.pace.has_snapshot());
    EXPECT_LT(resumed.replayed.records, 400U);
    EXPECT_GT(resumed.replayed.head.next_seq, 1000U);
    expect_same(resumed.replayed, replay());

    ASSERT_TRUE(core_->take_up(run_));
    EXPECT_EQ(drive(*core_, run_), vm::RunStatus::Completed);
    const auto left = core_->store().snapshot(run_);
    ASSERT_TRUE(left);
    EXPECT_FALSE(*left);
    EXPECT_TRUE(core_->close());
}

TEST_F(Resume, DropsASnapshotThatWasChanged) {
    auto changed = row();
    changed.box[changed.box.size() / 2] ^= 1;
    put(changed);
    expect_dropped();
}

TEST_F(Resume, DropsASnapshotOfAnotherRecord) {
    auto moved = row();
    --moved.seq;
    put(moved);
    expect_dropped();
}

TEST_F(Resume, DropsASnapshotBehindTheEndOfTheLog) {
    auto moved = row();
    moved.seq += 100'000;
    put(moved);
    expect_dropped();
}

TEST_F(Resume, DropsASnapshotOfAnotherVersionOfTheState) {
    const auto header = engine::read_run_header(core_->store(), run_);
    ASSERT_TRUE(header);
    auto other = row();
    const auto at = core_->store().read_run(run_, other.seq, 1);
    ASSERT_TRUE(at);
    const auto context = store::snapshot_context(run_, other.seq, leaf_hash(at->front().record));
    auto plain = store::open_bytes(*header->key, context, other.box);
    ASSERT_TRUE(plain);
    ++(*plain)[0];
    other.box = store::seal_bytes(core_->store().entropy(), *header->key, context, *plain);
    put(other);
    expect_dropped();
}

// Well made and well sealed, but of a state that the log doesn't lead to: the records behind it
// tell.
TEST_F(Resume, DropsASnapshotOfAStateThatNeverWas) {
    const auto header = engine::read_run_header(core_->store(), run_);
    ASSERT_TRUE(header);
    auto wrong = row();
    std::optional<vm::Machine> machine;
    store::RunHead head;
    std::int64_t time_ms = 0;
    bool changed = false;
    const auto each = [&](engine::ReadRecord& record) -> Result<bool> {
        if (!is_fact(record.record.kind)) {
            head = {record.record.seq + 1, leaf_hash(record.bytes), record.leaf};
            return record.record.seq < wrong.seq;
        }
        time_ms = record.record.time_ms;
        head = {record.record.seq + 1, leaf_hash(record.bytes), record.leaf};
        if (!machine) {
            WEFT_TRY(begin, engine::decode_begin(*header->image, record.record, record.payload));
            machine.emplace(header->image, std::move(begin));
            static_cast<void>(machine->start());
            return true;
        }
        WEFT_TRY(fact, engine::decode_fact(record.record, record.payload));
        if (auto* outcome = std::get_if<vm::OutcomeFact>(&fact); outcome != nullptr && !changed) {
            outcome->value = Value::text("never said");
            changed = true;
        }
        static_cast<void>(machine->apply(fact, time_ms));
        return record.record.seq < wrong.seq;
    };
    ASSERT_TRUE(engine::read_records(core_->store(), *header, {}, each));
    ASSERT_TRUE(machine && changed);
    ASSERT_EQ(machine->next_seq(), head.next_seq);
    put(engine::make_snapshot(core_->store(), *header->key, run_, head, *header->image, *machine,
                              time_ms));
    expect_dropped();
}

}  // namespace
}  // namespace weft::testing
