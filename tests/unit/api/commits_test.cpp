// What a run costs in commits, which is what it costs in syncs: exact where it follows from the
// order of work (docs/performance.md).
#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/unit/api/support.h"

namespace weft::testing {
namespace {

constexpr const char* kTen = R"wf(
workflow main(text: Text) -> Text
  within 1d
{
  step a = test.note(text)
    compensate none "it may stand"
  step b = test.note(a)
    compensate none "it may stand"
  step c = test.note(b)
    compensate none "it may stand"
  step d = test.note(c)
    compensate none "it may stand"
  step e = test.note(d)
    compensate none "it may stand"
  step f = test.note(e)
    compensate none "it may stand"
  step g = test.note(f)
    compensate none "it may stand"
  step h = test.note(g)
    compensate none "it may stand"
  step i = test.note(h)
    compensate none "it may stand"
  step j = test.note(i)
    compensate none "it may stand"
  return j
}
)wf";

constexpr const char* kWide = R"wf(
workflow main(texts: List<Text> where length in 1..100) -> List<Text>
  within 1d
{
  step notes = each text in texts, 100 at once {
    step test.note(text)
      compensate none "it may stand"
  }
  return notes
}
)wf";

constexpr const char* kSaga = R"wf(
workflow main(text: Text) -> Text
  within 1d
{
  step a = test.note(text)
    compensate test.erase(a)
  step b = test.note(a)
    compensate test.erase(b)
  step c = test.note(b)
    compensate test.erase(c)
  step d = test.note(c)
    compensate test.erase(d)
  step e = test.refuse(d)
    compensate none "it may stand"
  return e
}
)wf";

constexpr const char* kText = R"({"text":"t"})";

// Commits of one run, from its start to its end.
std::uint64_t commits_of(engine::Core& core, const engine::StartRequest& request,
                         vm::RunStatus expected) {
    const auto before = core.store().commits();
    const auto run = core.start(request);
    EXPECT_TRUE(run) << (run ? "" : run.error().message);
    if (!run) return 0;
    EXPECT_EQ(drive(core, run->run), expected);
    return core.store().commits() - before;
}

// The last outcome of a step and the start of the next share a commit.
TEST(Commits, TenStepsInARowCostEleven) {
    const EngineFolder folder;
    const auto core = open_core(folder.store(), 2);
    EXPECT_EQ(commits_of(*core, request_of(kTen, kText), vm::RunStatus::Completed), 11U);
    EXPECT_TRUE(core->close());
}

// Four effects, one that fails, four that undo.
TEST(Commits, ASagaWithFourCompensationsCostsTen) {
    const EngineFolder folder;
    const auto core = open_core(folder.store(), 2);
    EXPECT_EQ(commits_of(*core, request_of(kSaga, kText), vm::RunStatus::Compensated), 10U);
    EXPECT_TRUE(core->close());
}

// All that is there is taken at once: what became ready between two turns shares a commit.
TEST(Commits, AHundredStepsSideBySideCostTwo) {
    const EngineFolder folder;
    std::atomic<unsigned> answered{0};
    const auto core = open_core(folder.store(), 100, [&](const WorkerCall&) -> WorkerOutcome {
        ++answered;
        return WorkerValue{"\"done\"", {}};
    });
    const auto request = request_of(kWide, texts(100));
    std::uint64_t least = 100;
    // Some thread may be slow to hand its answer over, but not each time.
    for (int round = 0; round < 10 && least > 2; ++round) {
        answered = 0;
        const auto before = core->store().commits();
        const auto run = core->start(request);
        ASSERT_TRUE(run) << run.error().message;
        while (answered < 100) std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        EXPECT_EQ(drive(*core, run->run), vm::RunStatus::Completed);
        least = std::min(least, core->store().commits() - before);
    }
    EXPECT_EQ(least, 2U);
    EXPECT_TRUE(core->close());
}

// Together they share commits: half a one a run at most, starts and ends included. Each turn waits
// for all answers here, so that a slow thread does not decide what is counted.
TEST(Commits, ThirtyTwoRunsInFlightShareThem) {
    constexpr std::size_t kRuns = 64;
    const EngineFolder folder;
    std::atomic<std::size_t> answered{0};
    const auto core = open_core(folder.store(), 32, [&](const WorkerCall&) -> WorkerOutcome {
        ++answered;
        return WorkerValue{"\"done\"", {}};
    });
    const auto request = request_of(kTen, kText);
    const auto before = core->store().commits();
    std::vector<store::RunId> live;
    std::size_t begun = 0;
    while (begun < kRuns || !live.empty()) {
        for (; begun < kRuns && live.size() < 32; ++begun) {
            const auto run = core->start_soon(request);
            ASSERT_TRUE(run) << run.error().message;
            live.push_back(run->run);
        }
        const std::size_t seen = answered;
        ASSERT_TRUE(core->turn(std::chrono::milliseconds(500)));
        while (answered < seen + core->in_flight()) std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        std::erase_if(live, [&](const auto& run) { return core->live(run) == nullptr; });
    }
    EXPECT_LE(core->store().commits() - before, kRuns / 2);
    EXPECT_TRUE(core->close());
}

}  // namespace
}  // namespace weft::testing
