// Composite steps: which errors their scope takes, passes, and the time that they have.
#include "tests/unit/vm/harness.h"

namespace weft::vm {
namespace {

using testing::Drive;
using testing::ImageBuilder;

struct Setup {
    BlockRow block;
    bool irreversible_inside = false;
    bool inner_scope = false;  // around the second call, taking everything
};

// step a = hold(p) compensate free(a); block { step b = hold(p) compensate free(b); step c =
// look(p) } — the handler ends with the error's name, the way out with c
ImageBuilder composite(Setup setup) {
    ImageBuilder b;
    const auto hold = b.worker("hold", EffectClass::Idempotent);
    const auto look = b.worker("look", EffectClass::Read);
    const auto send = b.worker("send", EffectClass::Once);
    b.image.workers[send].irreversible = true;
    auto undo = b.function("undo", FunctionKind::Undo, 1, 2, 2);
    undo.call(1, 0, 1, b.step("flow.undo", b.worker("free", EffectClass::Idempotent)));
    undo.op(Opcode::Return, 1);
    auto flow = b.workflow(1, 6, 6);
    flow.call(1, 0, 1, b.step("flow.a", hold));
    flow.op(Opcode::UndoPush, 0, 1, 1, undo.number());
    const auto scope = flow.op(Opcode::ScopeEnter, 2);
    flow.block(b.block(std::move(setup.block)));
    flow.call(3, 0, 1, b.step("flow.block.b", hold));
    flow.op(Opcode::UndoPush, 0, 3, 1, undo.number());
    if (setup.irreversible_inside) flow.call(3, 0, 1, b.step("flow.block.send", send));
    std::uint32_t inner = 0;
    if (setup.inner_scope) {
        flow.op(Opcode::Move, 4, 3);
        inner = flow.op(Opcode::ScopeEnter, 5);
    }
    flow.call(4, 0, 1, b.step("flow.block.c", look));
    if (setup.inner_scope) {
        flow.op(Opcode::ScopeLeave);
        flow.land(inner);
    }
    flow.op(Opcode::ScopeLeave);
    flow.end(4);
    flow.land(scope);
    flow.op(Opcode::Field, 2, 2, 0);
    flow.end(2);
    return b;
}

BlockRow takes(std::vector<std::string> names) {
    BlockRow row;
    row.takes = std::move(names);
    return row;
}

BlockRow again(std::uint16_t passes) {
    BlockRow row;
    row.policy = testing::policy(passes, 0, 0);
    return row;
}

BlockRow within(std::int64_t ms) {
    BlockRow row;
    row.policy.within_ms = ms;
    return row;
}

// Both holds are done: the read is wanted next.
void begin(Drive& drive) {
    drive.answer(Value::integer(1));
    drive.answer(Value::integer(2));
}

TEST(Blocks, AnErrorThatIsTakenUndoesTheBlockAlone) {
    Drive drive(composite({.block = takes({"Rejected"})}));
    begin(drive);
    drive.refuse("Rejected");
    EXPECT_EQ(drive.last(), "undo-begin call");
    EXPECT_EQ(drive.only(WantKind::Attempt).arguments[0], Value::integer(2));
    drive.answer(Value::none());
    EXPECT_EQ(drive.status(), RunStatus::Completed);
    EXPECT_EQ(drive.machine().result(), Value::text("Rejected"));
}

TEST(Blocks, AnErrorThatIsNotTakenUndoesNothingUntilTheRunFails) {
    Drive drive(composite({.block = takes({"Rejected"})}));
    begin(drive);
    drive.refuse("Expired");
    for (const auto undone : {2, 1}) {
        EXPECT_EQ(drive.only(WantKind::Attempt).arguments[0], Value::integer(undone));
        drive.answer(Value::none());
    }
    EXPECT_EQ(drive.status(), RunStatus::Compensated);
    EXPECT_EQ(drive.error(), "Expired");
}

TEST(Blocks, APassIsUndoneBeforeTheNextWhichIsAnotherGeneration) {
    Drive drive(composite({.block = again(1)}));
    begin(drive);
    const auto first = drive.body<CallBody>(RecordKind::Call);
    drive.refuse("Timeout");
    EXPECT_EQ(drive.last(), "undo-begin call");
    drive.answer(Value::none());
    EXPECT_EQ(drive.last(), "undo-end timer-set");
    EXPECT_EQ(drive.body<TimerSetBody>(RecordKind::TimerSet).purpose, TimerPurpose::Backoff);
    drive.fire();
    EXPECT_EQ(drive.last(), "call");
    const auto next = drive.body<CallBody>(RecordKind::Call);
    EXPECT_EQ(next.generation, first.generation + 1);
    EXPECT_NE(next.key, first.key);
    drive.answer(Value::integer(3));
    drive.refuse("Timeout");
    for (const auto undone : {3, 1}) {
        EXPECT_EQ(drive.only(WantKind::Attempt).arguments[0], Value::integer(undone));
        drive.answer(Value::none());
    }
    EXPECT_EQ(drive.error(), "Timeout");
}

TEST(Blocks, OnlyErrorsThatAreRetriedBeginAnotherPass) {
    Drive drive(composite({.block = again(1)}));
    begin(drive);
    drive.refuse("Rejected");
    EXPECT_EQ(drive.last(), "undo-begin call");
    drive.answer(Value::none());
    drive.answer(Value::none());
    EXPECT_EQ(drive.error(), "Rejected");
}

TEST(Blocks, ThenHoldKeepsAllAsItIsUntilReleased) {
    auto row = again(0);
    row.policy.then_hold = true;
    Drive drive(composite({.block = row}));
    begin(drive);
    drive.refuse("Timeout");
    EXPECT_EQ(drive.last(), "hold");
    EXPECT_EQ(drive.body<HoldBody>(RecordKind::Hold).reason, HoldReason::ThenHold);
    drive.feed(ReleasedFact{"ann"});
    EXPECT_EQ(drive.last(), "undo-begin call");
    drive.answer(Value::none());
    drive.fire();
    drive.answer(Value::integer(5));
    drive.answer(Value::integer(6));
    EXPECT_EQ(drive.machine().result(), Value::integer(6));
}

TEST(Blocks, ItsTimeCancelsWhatIsUnderWayAndPassesInnerScopes) {
    auto row = within(500);
    row.takes_any = true;
    Drive drive(composite({.block = row, .inner_scope = true}));
    begin(drive);
    const auto call = drive.only(WantKind::Attempt).call;
    drive.begin_attempt(call);
    drive.fire();
    EXPECT_EQ(drive.only(WantKind::Cancel).call, call);
    drive.outcome(call, 1, OutcomeStatus::Cancelled);
    EXPECT_EQ(drive.last(), "undo-begin call");
    drive.answer(Value::none());
    EXPECT_EQ(drive.machine().result(), Value::text("Timeout"));
}

TEST(Blocks, WhatIsDoneAllTheSameIsDone) {
    Drive drive(composite({.block = within(500)}));
    begin(drive);
    const auto call = drive.only(WantKind::Attempt).call;
    drive.begin_attempt(call);
    drive.fire();
    drive.outcome(call, 1, OutcomeStatus::Ok, Value::integer(9));
    EXPECT_EQ(drive.machine().result(), Value::integer(9));
}

TEST(Blocks, AStepThatIsDoneLateInsideIsUndoneWithTheOthers) {
    Drive drive(composite({.block = within(500)}));
    drive.answer(Value::integer(1));
    const auto call = drive.only(WantKind::Attempt).call;
    drive.begin_attempt(call);
    drive.fire();
    drive.outcome(call, 1, OutcomeStatus::Ok, Value::integer(2));
    for (const auto undone : {2, 1}) {
        EXPECT_EQ(drive.only(WantKind::Attempt).arguments[0], Value::integer(undone));
        drive.answer(Value::none());
    }
    EXPECT_EQ(drive.error(), "Timeout");
}

TEST(Blocks, ItsTimerEndsWithIt) {
    Drive drive(composite({.block = within(500)}));
    begin(drive);
    EXPECT_EQ(drive.count(WantKind::Timer), 1U);
    drive.refuse("Rejected");
    EXPECT_EQ(drive.count(WantKind::Timer), 0U);
    drive.answer(Value::none());
    drive.answer(Value::none());
    EXPECT_EQ(drive.error(), "Rejected");
}

TEST(Blocks, ItsTimeHoldsTheRunPastThePointOfNoReturn) {
    auto row = within(500);
    row.takes_any = true;
    Drive drive(composite({.block = row, .irreversible_inside = true}));
    begin(drive);
    drive.answer(Value::integer(3));
    drive.fire();
    EXPECT_EQ(drive.last(), "hold");
    EXPECT_EQ(drive.body<HoldBody>(RecordKind::Hold).reason, HoldReason::NoReturn);
    EXPECT_EQ(drive.status(), RunStatus::Held);
    drive.feed(ReleasedFact{"ann"});
    drive.answer(Value::integer(4));
    EXPECT_EQ(drive.machine().result(), Value::integer(4));
}

TEST(Blocks, AnIrreversibleEffectThatWasUnderWayHoldsTheRunToo) {
    auto row = within(500);
    row.takes_any = true;
    Drive drive(composite({.block = row, .irreversible_inside = true}));
    begin(drive);
    const auto call = drive.only(WantKind::Attempt).call;
    drive.begin_attempt(call);
    drive.fire();
    drive.outcome(call, 1, OutcomeStatus::Ok, Value::integer(3));
    EXPECT_EQ(drive.last(), "hold");
    drive.feed(ReleasedFact{"ann"});
    drive.answer(Value::integer(4));
    EXPECT_EQ(drive.machine().result(), Value::integer(4));
}

TEST(Blocks, NeitherHandlerNorPassReachesPastThePointOfNoReturn) {
    auto row = again(3);
    row.takes_any = true;
    Drive drive(composite({.block = row, .irreversible_inside = true}));
    begin(drive);
    drive.answer(Value::integer(3));
    drive.refuse("Timeout");
    EXPECT_EQ(drive.last(), "hold");
    drive.feed(ReleasedFact{"ann"});
    drive.answer(Value::integer(4));
    EXPECT_EQ(drive.machine().result(), Value::integer(4));
}

TEST(Blocks, ACancelIsNotTaken) {
    auto row = again(3);
    row.takes_any = true;
    Drive drive(composite({.block = row}));
    begin(drive);
    EXPECT_TRUE(drive.feed(CancelFact{"ann", "no more"}));
    for (const auto undone : {2, 1}) {
        EXPECT_EQ(drive.only(WantKind::Attempt).arguments[0], Value::integer(undone));
        drive.answer(Value::none());
    }
    EXPECT_EQ(drive.status(), RunStatus::Cancelled);
}

TEST(Blocks, ACancelDuringTheBackoffEndsTheRun) {
    Drive drive(composite({.block = again(3)}));
    begin(drive);
    drive.refuse("Timeout");
    drive.answer(Value::none());
    drive.feed(CancelFact{"ann", "no more"});
    drive.answer(Value::none());
    EXPECT_EQ(drive.status(), RunStatus::Cancelled);
}

}  // namespace
}  // namespace weft::vm
