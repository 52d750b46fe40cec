// Compensation, scopes, the point of no return, cancel and kill.
#include "tests/unit/vm/harness.h"

namespace weft::vm {
namespace {

using testing::Drive;
using testing::FunctionBuilder;
using testing::ImageBuilder;
using testing::policy;

// Pieces of workflows whose steps are undone by the worker "undo".
class Sagas : public ImageBuilder {
  public:
    Sagas() {
        make = worker("make", EffectClass::Idempotent);
        image.workers[make].window_ms = 1000;
        read = worker("read", EffectClass::Read);
        send = worker("send", EffectClass::Idempotent);
        image.workers[send].irreversible = true;
        const auto undo_worker = worker("undo", EffectClass::Idempotent);
        auto f = function("undo", FunctionKind::Undo, 1, 2, 2);
        f.call(1, 0, 1, step("flow.undo", undo_worker, policy(1)));
        f.op(Opcode::Return, 1);
        undo = f.number();
    }
    // step = make(register 0), undone by undo(result)
    void done(FunctionBuilder& f, const std::string& path, std::uint32_t to) {
        f.call(to, 0, 1, step(path, make));
        f.op(Opcode::UndoPush, 0, to, 1, undo);
    }
    std::uint32_t make;
    std::uint32_t read;
    std::uint32_t send;
    std::uint32_t undo;
};

TEST(Undo, AFailureUndoesLastFirst) {
    Sagas b;
    auto flow = b.workflow(1, 3, 4);
    b.done(flow, "flow.a", 1);
    b.done(flow, "flow.b", 2);
    flow.call(0, 0, 1, b.step("flow.c", b.read));
    flow.end(0);
    Drive drive(b);
    drive.answer(Value::integer(11));
    drive.answer(Value::integer(22));
    drive.refuse("Rejected");
    EXPECT_EQ(drive.last(), "undo-begin call");
    EXPECT_EQ(drive.only(WantKind::Attempt).arguments[0], Value::integer(22));
    EXPECT_EQ(drive.body<CallBody>(RecordKind::Call).direction, Direction::Undo);
    EXPECT_FALSE(drive.feed(CancelFact{}));  // shielded
    drive.refuse("Transient");               // its own retry
    drive.fire();
    drive.answer(Value::none());
    EXPECT_EQ(drive.last(), "undo-end undo-begin call");
    EXPECT_EQ(drive.only(WantKind::Attempt).arguments[0], Value::integer(11));
    drive.answer(Value::none());
    EXPECT_EQ(drive.last(), "undo-end end");
    EXPECT_EQ(drive.status(), RunStatus::Compensated);
    EXPECT_EQ(drive.error(), "Rejected");
}

TEST(Undo, NothingToUndoIsFailed) {
    Sagas b;
    auto flow = b.workflow(1, 1, 8);
    flow.fail(2, "Late");
    Drive drive(b);
    EXPECT_EQ(drive.status(), RunStatus::Failed);
    EXPECT_EQ(drive.error(), "Late");
}

TEST(Undo, AnUndoThatFailsForGoodIsSetAsideAndTheRunIsStuck) {
    Sagas b;
    auto flow = b.workflow(1, 3, 8);
    b.done(flow, "flow.a", 1);
    b.done(flow, "flow.b", 2);
    flow.fail(3, "Late");
    Drive drive(b);
    drive.answer(Value::integer(11));
    drive.answer(Value::integer(22));
    drive.refuse("Rejected");
    EXPECT_EQ(drive.last(), "undo-end undo-begin call");  // the rest go on
    EXPECT_EQ(drive.body<UndoEndBody>(RecordKind::UndoEnd).status, UndoStatus::SetAside);
    drive.answer(Value::none());
    EXPECT_EQ(drive.last(), "undo-end hold");
    EXPECT_EQ(drive.status(), RunStatus::Stuck);
    EXPECT_EQ(drive.count(WantKind::Release), 1U);
    EXPECT_TRUE(drive.feed(ReleasedFact{"op"}));
    EXPECT_EQ(drive.only(WantKind::Attempt).arguments[0], Value::integer(22));
    drive.answer(Value::none());
    EXPECT_EQ(drive.status(), RunStatus::Compensated);
}

TEST(Undo, AHandlerFindsWhatWasDoneInItsScopeUndone) {
    Sagas b;
    auto flow = b.workflow(1, 4, 5);
    b.done(flow, "flow.a", 1);
    const auto scope = flow.op(Opcode::ScopeEnter, 3);
    b.done(flow, "flow.b", 2);
    flow.call(2, 0, 1, b.step("flow.c", b.read));
    flow.op(Opcode::ScopeLeave);
    flow.end(2);
    flow.land(scope);
    flow.op(Opcode::Field, 3, 3, 0);
    flow.end(3);
    Drive drive(b);
    drive.answer(Value::integer(11));
    drive.answer(Value::integer(22));
    drive.refuse("Rejected");
    EXPECT_EQ(drive.only(WantKind::Attempt).arguments[0], Value::integer(22));
    drive.answer(Value::none());
    EXPECT_EQ(drive.last(), "undo-end end");
    EXPECT_EQ(drive.status(), RunStatus::Completed);
    EXPECT_EQ(drive.machine().result(), Value::text("Rejected"));
}

TEST(Undo, ScopesThatWereLeftTakeNothing) {
    Sagas b;
    auto flow = b.workflow(1, 2, 8);
    const auto scope = flow.op(Opcode::ScopeEnter, 1);
    flow.op(Opcode::ScopeLeave);
    flow.fail(2, "Late");
    flow.land(scope);
    flow.end(1);
    Drive drive(b);
    EXPECT_EQ(drive.status(), RunStatus::Failed);
}

TEST(Undo, AHandlerMayRaiseAgain) {
    Sagas b;
    auto flow = b.workflow(1, 3, 8);
    const auto outer = flow.op(Opcode::ScopeEnter, 1);
    const auto inner = flow.op(Opcode::ScopeEnter, 2);
    flow.fail(3, "Late");
    flow.land(inner);
    flow.op(Opcode::Raise, 2);
    flow.land(outer);
    flow.op(Opcode::Field, 1, 1, 0);
    flow.end(1);
    Drive drive(b);
    EXPECT_EQ(drive.machine().result(), Value::text("Late"));
}

TEST(Undo, UndoToRestsUntilItIsDone) {
    Sagas b;
    auto flow = b.workflow(1, 4, 4);
    b.done(flow, "flow.a", 1);
    flow.op(Opcode::UndoMark, 3);
    b.done(flow, "flow.b", 2);
    flow.undo_to(3);
    flow.end(3);
    Drive drive(b);
    drive.answer(Value::integer(11));
    drive.answer(Value::integer(22));
    EXPECT_EQ(drive.last(), "undo-begin call");
    drive.answer(Value::none());
    EXPECT_EQ(drive.last(), "undo-end end");
    EXPECT_EQ(drive.machine().result(), Value::integer(1));
    EXPECT_EQ(drive.count(RecordKind::UndoBegin), 1U);
}

TEST(Undo, ACutReplacesWhatABlockCouldUndo) {
    Sagas b;
    auto flow = b.workflow(1, 3, 8);
    flow.op(Opcode::UndoMark, 2);
    b.done(flow, "flow.a", 1);
    b.done(flow, "flow.b", 1);
    flow.op(Opcode::UndoCut, 2);
    flow.op(Opcode::UndoPush, 0, 0, 1, b.undo);
    flow.fail(3, "Late");
    Drive drive(b);
    drive.answer(Value::integer(11));
    drive.answer(Value::integer(22));
    EXPECT_EQ(drive.only(WantKind::Attempt).arguments[0], Value::integer(7));
    drive.answer(Value::none());
    EXPECT_EQ(drive.count(RecordKind::UndoBegin), 1U);
}

TEST(Undo, BadMarksTrap) {
    for (const auto op : {Opcode::UndoCut, Opcode::UndoTo}) {
        Sagas b;
        auto flow = b.workflow(1, 2, 2);
        flow.constant(1, Value::integer(-1));
        if (op == Opcode::UndoCut) flow.op(op, 1);
        if (op == Opcode::UndoTo) flow.undo_to(1);
        flow.end(0);
        Drive drive(b);
        EXPECT_EQ(drive.error(), "Trap");
    }
}

// a; send (irreversible); b
Sagas past_no_return() {
    Sagas b;
    auto flow = b.workflow(1, 3, 4);
    b.done(flow, "flow.a", 1);
    flow.call(2, 0, 1, b.step("flow.send", b.send));
    flow.call(2, 0, 1, b.step("flow.b", b.read));
    flow.end(2);
    return b;
}

TEST(NoReturn, AFailureBeforeItUndoes) {
    Drive drive(past_no_return());
    drive.answer(Value::integer(1));
    drive.refuse("Rejected");
    EXPECT_EQ(drive.last(), "undo-begin call");
}

TEST(NoReturn, AFailureAfterItIsHeldAndTriedAgain) {
    Drive drive(past_no_return());
    drive.answer(Value::integer(1));
    drive.answer(Value::integer(2));
    EXPECT_TRUE(drive.machine().past_no_return());
    EXPECT_FALSE(drive.feed(CancelFact{}));
    drive.refuse("Rejected");
    EXPECT_EQ(drive.last(), "hold");
    EXPECT_EQ(drive.body<HoldBody>(RecordKind::Hold).reason, HoldReason::NoReturn);
    EXPECT_EQ(drive.status(), RunStatus::Held);
    EXPECT_TRUE(drive.feed(ReleasedFact{"op"}));
    EXPECT_EQ(drive.last(), "call");
    drive.answer(Value::integer(3));
    EXPECT_EQ(drive.status(), RunStatus::Completed);
    EXPECT_EQ(drive.count(RecordKind::UndoBegin), 0U);
}

TEST(NoReturn, TheDeadlineHoldsTheRun) {
    auto b = past_no_return();
    b.image.workflows[0].within_ms = 500;
    Drive drive(b);
    drive.answer(Value::integer(1));
    drive.answer(Value::integer(2));
    drive.fire();
    EXPECT_EQ(drive.last(), "hold");
    EXPECT_EQ(drive.status(), RunStatus::Held);
    EXPECT_EQ(drive.count(WantKind::Attempt), 0U);
    EXPECT_EQ(drive.count(WantKind::Release), 1U);
    EXPECT_TRUE(drive.feed(ReleasedFact{"op"}));
    drive.answer(Value::integer(3));
    EXPECT_EQ(drive.status(), RunStatus::Completed);
}

TEST(NoReturn, AHandlerEnteredAfterItMayTakeAFailure) {
    Sagas b;
    auto flow = b.workflow(1, 3, 4);
    flow.call(1, 0, 1, b.step("flow.send", b.send));
    const auto scope = flow.op(Opcode::ScopeEnter, 2);
    flow.call(1, 0, 1, b.step("flow.b", b.read));
    flow.op(Opcode::ScopeLeave);
    flow.land(scope);
    flow.constant(1, Value::integer(5));
    flow.end(1);
    // scope_leave falls into the handler, which does not read the error
    Drive drive(b);
    drive.answer(Value::integer(1));
    drive.refuse("Rejected");
    EXPECT_EQ(drive.status(), RunStatus::Completed);
}

TEST(NoReturn, NoHandlerReachesPastIt) {
    Sagas b;
    auto flow = b.workflow(1, 3, 4);
    const auto scope = flow.op(Opcode::ScopeEnter, 2);
    flow.call(1, 0, 1, b.step("flow.send", b.send));
    flow.call(1, 0, 1, b.step("flow.b", b.read));
    flow.op(Opcode::ScopeLeave);
    flow.land(scope);
    flow.end(0);
    Drive drive(b);
    drive.answer(Value::integer(1));
    drive.refuse("Rejected");
    EXPECT_EQ(drive.status(), RunStatus::Held);
}

TEST(Cancel, UndoesAndEndsCancelled) {
    Sagas b;
    auto flow = b.workflow(1, 2, 3);
    b.done(flow, "flow.a", 1);
    flow.constant(2, Value::duration(1000));
    flow.sleep(2);
    flow.end(1);
    Drive drive(b);
    drive.answer(Value::integer(1));
    EXPECT_EQ(drive.status(), RunStatus::Waiting);
    EXPECT_TRUE(drive.feed(CancelFact{"me", "not needed"}));
    EXPECT_EQ(drive.last(), "undo-begin call");
    EXPECT_EQ(drive.count(WantKind::Timer), 0U);
    drive.answer(Value::none());
    EXPECT_EQ(drive.status(), RunStatus::Cancelled);
    EXPECT_EQ(drive.error_message(), "not needed");
}

TEST(Cancel, AStepThatWasDoneMeanwhileIsUndoneToo) {
    Sagas b;
    auto flow = b.workflow(1, 2, 3);
    b.done(flow, "flow.a", 1);
    flow.end(1);
    Drive drive(b);
    drive.begin_attempt(1);
    drive.feed(CancelFact{});
    drive.outcome(1, 1, OutcomeStatus::Ok, Value::integer(4));
    EXPECT_EQ(drive.last(), "undo-begin call");
    EXPECT_EQ(drive.only(WantKind::Attempt).arguments[0], Value::integer(4));
}

TEST(Cancel, NoNewAttemptIsMade) {
    Sagas b;
    auto flow = b.workflow(1, 2, 3);
    flow.call(1, 0, 1, b.step("flow.a", b.make, policy(3)));
    flow.end(1);
    Drive drive(b);
    drive.begin_attempt(1);
    drive.feed(CancelFact{});
    drive.outcome(1, 1, OutcomeStatus::Failed, {}, "Transient");
    EXPECT_EQ(drive.status(), RunStatus::Cancelled);
}

TEST(Cancel, AnIrreversibleEffectUnderWayWinsOverIt) {
    Drive drive(past_no_return());
    drive.answer(Value::integer(1));
    const auto call = drive.only(WantKind::Attempt).call;
    drive.begin_attempt(call);
    EXPECT_TRUE(drive.feed(CancelFact{}));
    drive.outcome(call, 1, OutcomeStatus::Ok, Value::integer(2));
    EXPECT_EQ(drive.last(), "call");  // the run goes on
    drive.answer(Value::integer(3));
    EXPECT_EQ(drive.status(), RunStatus::Completed);
}

TEST(Kill, EndsAtOnceWithoutUndoing) {
    Drive drive(past_no_return());
    drive.answer(Value::integer(1));
    EXPECT_TRUE(drive.feed(KillFact{"me", "now"}));
    EXPECT_EQ(drive.last(), "end");
    EXPECT_EQ(drive.status(), RunStatus::Killed);
    EXPECT_TRUE(drive.machine().wants().empty());
}

}  // namespace
}  // namespace weft::vm
