// Forks that wait for less than everything, tolerate failures, or start by dependency.
#include "tests/unit/vm/harness.h"

namespace weft::vm {
namespace {

using testing::Drive;
using testing::ImageBuilder;

Value ints(std::initializer_list<std::int64_t> numbers) {
    std::vector<Value> out;
    for (const auto number : numbers) out.push_back(Value::integer(number));
    return Value::list(std::move(out));
}

// Branch i: step s = work(i) compensate undo(s); step t = look(s); those in `after` first, whose
// values it adds to its own. The run ends with what the join gives.
ImageBuilder parallel(JoinRule join, std::uint32_t bound,
                      std::vector<std::vector<std::uint32_t>> after) {
    ImageBuilder b;
    const auto work = b.worker("work", EffectClass::Idempotent);
    const auto look = b.worker("look", EffectClass::Read);
    auto undo = b.function("undo", FunctionKind::Undo, 1, 2, 2);
    undo.call(1, 0, 1, b.step("flow.undo", b.worker("undo", EffectClass::Idempotent)));
    undo.op(Opcode::Return, 1);
    std::vector<BranchRow> rows;
    for (std::uint32_t i = 0; i < after.size(); ++i) {
        const auto waits = static_cast<std::uint16_t>(after[i].size());
        const auto parameters = static_cast<std::uint16_t>(waits + 1);  // and the capture
        const auto own = static_cast<std::uint16_t>(parameters + 1);
        auto branch = b.function("flow.b", FunctionKind::Branch, parameters, own, own);
        branch.constant(parameters, Value::integer(i));
        branch.call(parameters, parameters, 1, b.step("flow.b.s", work));
        branch.op(Opcode::UndoPush, 0, parameters, 1, undo.number());
        branch.call(parameters, parameters, 1, b.step("flow.b.t", look));
        for (std::uint16_t j = 0; j < waits; ++j) {
            branch.op(Opcode::Add, parameters, parameters, j);
        }
        branch.op(Opcode::Return, parameters);
        rows.push_back({"flow.b", branch.number(), after[i]});
    }
    auto flow = b.workflow(1, 2, 2);
    flow.fork_all(1, 0, b.parallel(std::move(rows), join, bound));
    flow.end(1);
    return b;
}

Want attempt_with(Drive& drive, std::int64_t argument) {
    for (auto& want : drive.wants(WantKind::Attempt)) {
        if (want.arguments[0] == Value::integer(argument)) return want;
    }
    ADD_FAILURE() << "no attempt with " << argument;
    return {};
}

void answer(Drive& drive, std::int64_t argument, std::int64_t value) {
    const auto want = attempt_with(drive, argument);
    drive.begin_attempt(want.call);
    drive.outcome(want.call, 1, OutcomeStatus::Ok, Value::integer(value));
}

void refuse(Drive& drive, std::int64_t argument) {
    const auto want = attempt_with(drive, argument);
    drive.begin_attempt(want.call);
    drive.outcome(want.call, 1, OutcomeStatus::Failed, {}, "Rejected");
}

TEST(Joins, ABranchRunsAsSoonAsThoseItComesAfterAreDone) {
    Drive drive(parallel(JoinRule::All, 0, {{2}, {}, {1}}));
    EXPECT_EQ(drive.last(), "fork call");
    answer(drive, 1, 11);
    answer(drive, 11, 100);
    EXPECT_EQ(drive.last(), "call");  // of branch 2
    answer(drive, 2, 22);
    answer(drive, 22, 200);
    answer(drive, 0, 33);
    answer(drive, 33, 300);
    EXPECT_EQ(drive.last(), "join end");
    EXPECT_EQ(drive.machine().result(), ints({600, 100, 300}));
}

TEST(Joins, AFailureFailsAllAndUndoesInOrderOfCompletion) {
    Drive drive(parallel(JoinRule::All, 0, {{}, {}, {0}}));
    answer(drive, 1, 11);
    answer(drive, 0, 10);
    refuse(drive, 11);
    EXPECT_EQ(drive.body<JoinBody>(RecordKind::Join).failed, 1U);
    for (const auto undone : {10, 11}) answer(drive, undone, 0);
    EXPECT_EQ(drive.status(), RunStatus::Compensated);
    EXPECT_EQ(drive.error(), "Rejected");
}

TEST(Joins, TheLosersOfARaceAreUndoneBeforeItEnds) {
    Drive drive(parallel(JoinRule::Ok, 1, {{}, {}, {}}));
    answer(drive, 0, 10);
    answer(drive, 1, 11);
    const auto late = attempt_with(drive, 2);
    drive.begin_attempt(late.call);
    answer(drive, 11, 100);
    EXPECT_EQ(drive.last(), "undo-begin call");  // what branch 0 had done
    EXPECT_EQ(drive.only(WantKind::Cancel).call, late.call);
    answer(drive, 10, 0);
    EXPECT_EQ(drive.last(), "undo-end");
    drive.outcome(late.call, 1, OutcomeStatus::Ok, Value::integer(12));
    EXPECT_EQ(drive.last(), "undo-begin call");
    answer(drive, 12, 0);
    EXPECT_EQ(drive.last(), "undo-end join end");
    EXPECT_EQ(drive.machine().result(), ints({100}));
}

TEST(Joins, ARaceGoesOnWithoutABranchThatFailed) {
    Drive drive(parallel(JoinRule::Ok, 2, {{}, {}, {}}));
    answer(drive, 0, 10);
    refuse(drive, 10);
    EXPECT_EQ(drive.last(), "undo-begin call");
    answer(drive, 10, 0);
    answer(drive, 2, 12);
    answer(drive, 1, 11);
    answer(drive, 12, 102);
    answer(drive, 11, 101);
    EXPECT_EQ(drive.last(), "join end");
    EXPECT_EQ(drive.machine().result(), ints({101, 102}));
}

TEST(Joins, ARaceThatCannotBeWonAnyMoreFails) {
    Drive drive(parallel(JoinRule::Ok, 2, {{}, {}, {0}}));
    refuse(drive, 0);  // branch 2 can't run either
    EXPECT_EQ(drive.last(), "join end");
    EXPECT_EQ(drive.error(), "Rejected");
}

TEST(Joins, SettlingGivesOutcomesAlsoOfThoseThatCouldNotRun) {
    Drive drive(parallel(JoinRule::Settle, 0, {{}, {}, {0}, {1}}));
    answer(drive, 1, 11);
    refuse(drive, 0);
    answer(drive, 11, 100);
    answer(drive, 3, 33);
    answer(drive, 33, 300);
    EXPECT_EQ(drive.last(), "join end");
    const auto join = drive.body<JoinBody>(RecordKind::Join);
    EXPECT_EQ(join.ok, 2U);
    EXPECT_EQ(join.failed, 2U);
    const auto& outcomes = drive.machine().result().items();
    ASSERT_EQ(outcomes.size(), 4U);
    EXPECT_EQ(outcomes[0].as_case().number, 1U);
    EXPECT_EQ(outcomes[0], outcomes[2]);
    EXPECT_EQ(outcomes[1], Value::enum_case(0, {Value::integer(100)}));
    EXPECT_EQ(outcomes[3], Value::enum_case(0, {Value::integer(400)}));
}

TEST(Joins, ALoserWhoseUndoFailsMakesTheRunStuckAndGoesOnWhenReleased) {
    Drive drive(parallel(JoinRule::Ok, 1, {{}, {}}));
    answer(drive, 0, 10);
    answer(drive, 1, 11);
    answer(drive, 11, 100);
    refuse(drive, 10);
    EXPECT_EQ(drive.status(), RunStatus::Stuck);
    drive.feed(ReleasedFact{"ann"});
    answer(drive, 10, 0);
    EXPECT_EQ(drive.last(), "undo-end join end");
}

TEST(Joins, ACancelDuringARaceUndoesAll) {
    Drive drive(parallel(JoinRule::Ok, 1, {{}, {}}));
    answer(drive, 0, 10);
    answer(drive, 1, 11);
    drive.feed(CancelFact{"ann", "no more"});
    answer(drive, 11, 0);
    answer(drive, 10, 0);
    EXPECT_EQ(drive.status(), RunStatus::Cancelled);
}

// each x in p, 2 at once, collecting errors up to `bound` { step s = work(x) compensate undo(s) …
// step t = look(s) }
ImageBuilder collecting(std::uint32_t bound) {
    auto b = parallel(JoinRule::All, 0, {{}});
    auto& branch = b.image.functions[1];
    branch.code[0] = {Opcode::Move, 1, 0, 0, 0};
    b.image.forks[0] = {"flow.each", 1, 2, b.integer, JoinRule::Collect, bound};
    auto& code = b.image.functions[2].code;
    code[0] = {Opcode::ForkEach, 1, 0, 1, code[0].d};
    return b;
}

TEST(Joins, CollectingUndoesAFailedItemAndGoesOn) {
    Drive drive(collecting(1), {ints({1, 2, 3})});
    answer(drive, 1, 11);
    refuse(drive, 11);
    EXPECT_EQ(drive.last(), "undo-begin call");
    answer(drive, 11, 0);
    EXPECT_EQ(drive.last(), "undo-end call");  // the third item begins
    answer(drive, 2, 12);
    answer(drive, 12, 102);
    answer(drive, 3, 13);
    answer(drive, 13, 103);
    EXPECT_EQ(drive.last(), "join end");
    const auto& outcomes = drive.machine().result().items();
    EXPECT_EQ(outcomes[0].as_case().number, 1U);
    EXPECT_EQ(outcomes[2], Value::enum_case(0, {Value::integer(103)}));
}

TEST(Joins, OneErrorTooManyUndoesEverything) {
    Drive drive(collecting(0), {ints({1, 2})});
    answer(drive, 1, 11);
    answer(drive, 11, 101);
    answer(drive, 2, 12);
    refuse(drive, 12);
    for (const auto undone : {12, 11}) answer(drive, undone, 0);
    EXPECT_EQ(drive.error(), "TooManyErrors");
    EXPECT_EQ(drive.error_message(), "1 of 2 failed, and at most 0 may");
}

TEST(Joins, AnItemPastThePointOfNoReturnIsHeld) {
    auto b = collecting(5);
    b.image.workers[0].irreversible = true;
    b.image.functions[1].code[2] = {Opcode::Move, 1, 1, 0, 0};  // nothing undoes it
    Drive drive(b, {ints({1})});
    answer(drive, 1, 11);
    refuse(drive, 11);
    EXPECT_EQ(drive.last(), "hold");
    drive.feed(ReleasedFact{"ann"});
    answer(drive, 11, 101);
    EXPECT_EQ(drive.machine().result(), Value::list({Value::enum_case(0, {Value::integer(101)})}));
}

}  // namespace
}  // namespace weft::vm
