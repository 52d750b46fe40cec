// Doubt: nobody knows whether an attempt had its effect.
#include "tests/unit/vm/harness.h"

namespace weft::vm {
namespace {

using testing::Drive;
using testing::ImageBuilder;
using testing::policy;

struct Setup {
    EffectClass effect = EffectClass::Once;
    bool has_probe = false;
    std::int64_t settle_ms = 0;
    std::int64_t window_ms = 0;
    bool irreversible = false;
    std::uint16_t retries = 0;
    bool has_undo = false;
    bool undo_in_doubt = false;
};

// step s = pay(p), with an undo if asked for; then a plain read.
ImageBuilder paying(const Setup& setup) {
    ImageBuilder b;
    const auto pay = b.worker("pay", setup.effect);
    if (setup.has_probe) b.image.workers[pay].probe = b.worker("pay_status", EffectClass::Read);
    b.image.workers[pay].settle_ms = setup.settle_ms;
    b.image.workers[pay].window_ms = setup.window_ms;
    b.image.workers[pay].irreversible = setup.irreversible;
    const auto read = b.worker("read", EffectClass::Read);
    auto undo = b.function("flow.s.undo", FunctionKind::Undo, 1, 2, 2);
    undo.function().even_in_doubt = setup.undo_in_doubt;
    undo.call(1, 0, 1, b.step("flow.s.undo.refund", b.worker("refund", EffectClass::Idempotent)));
    undo.op(Opcode::Return, 1);
    auto flow = b.workflow(1, 2, 3);
    flow.call(1, 0, 1, b.step("flow.s", pay, policy(setup.retries)));
    flow.op(Opcode::Move, 2, 1);
    if (setup.has_undo) flow.op(Opcode::UndoPush, 0, 2, 1, undo.number());
    flow.call(0, 1, 1, b.step("flow.r", read));
    flow.end(1);
    return b;
}

TEST(Doubt, AReadIsAskedAgainWithoutARetry) {
    Drive drive(paying({.effect = EffectClass::Read}));
    drive.refuse("Timeout", OutcomeStatus::Unknown);
    EXPECT_EQ(drive.last(), "");
    EXPECT_EQ(drive.only(WantKind::Attempt).attempt, 2);
    drive.answer(Value::integer(5));
    drive.answer(Value::integer(0));
    EXPECT_EQ(drive.machine().result(), Value::integer(5));
}

// Else a receiver whose answer never fits would be asked without end and without a pause.
TEST(Doubt, AnAnswerThatDoesNotFitIsAskedForAsOftenAsARetryAndAsLate) {
    Drive drive(paying({.effect = EffectClass::Idempotent, .window_ms = 1'000'000, .retries = 1}));
    drive.refuse("Guard", OutcomeStatus::Unknown);
    EXPECT_EQ(drive.last(), "timer-set");
    drive.fire();
    EXPECT_EQ(drive.only(WantKind::Attempt).attempt, 2);
    drive.refuse("Guard", OutcomeStatus::Unknown);
    EXPECT_EQ(drive.last(), "hold");
}

TEST(Doubt, AnAnswerThatIsTooLargeIsNotAskedForAgain) {
    Drive drive(paying({.effect = EffectClass::Idempotent, .window_ms = 1'000'000, .retries = 3}));
    drive.refuse("TooLarge", OutcomeStatus::Unknown);
    EXPECT_EQ(drive.last(), "hold");
    EXPECT_EQ(drive.only(WantKind::Settle).call, 1U);
}

TEST(Doubt, IdempotentIsResentUnderTheSameKeyWhileItsWindowLasts) {
    Drive drive(paying({.effect = EffectClass::Idempotent, .window_ms = 1000}));
    const auto key = drive.only(WantKind::Attempt).key;
    drive.refuse("Timeout", OutcomeStatus::Unknown);
    EXPECT_EQ(drive.only(WantKind::Attempt).key, key);
    EXPECT_EQ(drive.only(WantKind::Attempt).attempt, 2);
    drive.now_ms = 2000;  // window over: started at 1000
    drive.refuse("Timeout", OutcomeStatus::Unknown);
    EXPECT_EQ(drive.last(), "hold");
    EXPECT_EQ(drive.status(), RunStatus::Held);
    const auto want = drive.only(WantKind::Settle);
    EXPECT_EQ(want.call, 1U);
    EXPECT_TRUE(drive.feed(SettledFact{1, true, Value::integer(9)}));
    drive.answer(Value::integer(0));
    EXPECT_EQ(drive.machine().result(), Value::integer(9));
}

TEST(Doubt, AResendThatReachesNobodySettlesNothing) {
    Drive drive(paying({.effect = EffectClass::Idempotent, .window_ms = 100'000}));
    drive.refuse("Timeout", OutcomeStatus::Unknown);
    drive.refuse("Unavailable");  // the first attempt is still in doubt
    EXPECT_EQ(drive.last(), "timer-set");
    drive.fire();
    drive.refuse("CardDeclined");  // the receiver knows the key: not done
    EXPECT_EQ(drive.error(), "CardDeclined");
}

// Else a receiver that breaks every connection would be asked without end and without a pause.
TEST(Doubt, AResendThatIsInDoubtAgainIsRepeatedAfterAPause) {
    Drive drive(paying({.effect = EffectClass::Idempotent, .window_ms = 100'000}));
    drive.refuse("Unavailable", OutcomeStatus::Unknown);
    EXPECT_EQ(drive.only(WantKind::Attempt).attempt, 2);
    drive.refuse("Unavailable", OutcomeStatus::Unknown);
    EXPECT_EQ(drive.last(), "timer-set");
    drive.fire();
    EXPECT_EQ(drive.only(WantKind::Attempt).attempt, 3);
    drive.answer(Value::integer(4));
    drive.answer(Value::integer(0));
    EXPECT_EQ(drive.machine().result(), Value::integer(4));
}

TEST(Doubt, OnceWithoutProbeNeedsAPerson) {
    Drive drive(paying({.retries = 1}));
    drive.refuse("Timeout", OutcomeStatus::Unknown);
    EXPECT_EQ(drive.body<HoldBody>(RecordKind::Hold).reason, HoldReason::Doubt);
    EXPECT_TRUE(drive.feed(SettledFact{1, false, {}}));
    EXPECT_EQ(drive.last(), "timer-set");  // surely not done: a Transient attempt, retried
    drive.fire();
    drive.answer(Value::integer(1));
    drive.answer(Value::integer(1));
    EXPECT_EQ(drive.status(), RunStatus::Completed);
}

TEST(Doubt, ALateAnswerSettlesAnOpenDoubt) {
    Drive drive(paying({}));
    drive.refuse("Timeout", OutcomeStatus::Unknown);
    EXPECT_FALSE(drive.outcome(1, 1, OutcomeStatus::Failed, {}, "Transient"));
    EXPECT_TRUE(drive.outcome(1, 1, OutcomeStatus::Ok, Value::integer(4)));
    EXPECT_EQ(drive.status(), RunStatus::Running);
    EXPECT_FALSE(drive.outcome(1, 1, OutcomeStatus::Late, Value::integer(4)));
    EXPECT_FALSE(drive.feed(SettledFact{1, false, {}}));
}

TEST(Doubt, AProbeSaysDone) {
    Drive drive(paying({.has_probe = true, .settle_ms = 50}));
    const auto key = drive.only(WantKind::Attempt).key;
    drive.refuse("Timeout", OutcomeStatus::Unknown);
    EXPECT_EQ(drive.last(), "timer-set");
    drive.fire();
    EXPECT_EQ(drive.last(), "call");
    const auto probe = drive.only(WantKind::Attempt);
    EXPECT_EQ(probe.direction, 2);
    EXPECT_EQ(probe.worker, 1U);
    EXPECT_EQ(probe.step, drive.only(WantKind::Attempt).step);
    EXPECT_EQ(probe.arguments, std::vector<Value>{Value::text(to_hex(view(key)))});
    EXPECT_EQ(drive.body<CallBody>(RecordKind::Call).direction, Direction::Probe);
    drive.answer(Value::integer(8));
    drive.answer(Value::integer(0));
    EXPECT_EQ(drive.machine().result(), Value::integer(8));
}

TEST(Doubt, AProbeSaysNotDone) {
    Drive drive(paying({.has_probe = true, .retries = 1}));
    drive.refuse("Timeout", OutcomeStatus::Unknown);
    EXPECT_EQ(drive.last(), "call");
    drive.answer(Value::none());
    EXPECT_EQ(drive.last(), "timer-set");
    drive.fire();
    EXPECT_EQ(drive.only(WantKind::Attempt).attempt, 2);
    EXPECT_EQ(drive.only(WantKind::Attempt).call, 1U);
}

// Its error is that of the attempt, so that `on Timeout` and `retry … on Timeout` see it.
TEST(Doubt, WhatWasSurelyNotDoneFailsWithTheErrorThatLeftItInDoubt) {
    Drive drive(paying({.has_probe = true}));
    drive.refuse("Timeout", OutcomeStatus::Unknown);
    drive.answer(Value::none());
    EXPECT_EQ(drive.error(), "Timeout");
    EXPECT_EQ(drive.status(), RunStatus::Failed);
}

// Without any retry: that the engine ended says nothing of the receiver.
TEST(Doubt, AnAttemptThatTheEnginesEndCutOffIsMadeAgainWhenItWasSurelyNotDone) {
    Drive drive(paying({.has_probe = true}));
    drive.begin_attempt(1);
    EXPECT_TRUE(drive.feed(ResumedFact{}));
    drive.outcome(1, 1, OutcomeStatus::Unknown, {}, "Unavailable");
    EXPECT_EQ(drive.last(), "call");  // the probe
    drive.answer(Value::none());
    EXPECT_EQ(drive.only(WantKind::Attempt).attempt, 2);
    drive.refuse("Unavailable");  // this one failed by itself
    EXPECT_EQ(drive.error(), "Unavailable");
    EXPECT_EQ(drive.status(), RunStatus::Failed);
}

TEST(Doubt, AProbeThatFailsNeedsAPerson) {
    Drive drive(paying({.has_probe = true}));
    drive.refuse("Timeout", OutcomeStatus::Unknown);
    drive.refuse("Unavailable");
    EXPECT_EQ(drive.last(), "hold");
    EXPECT_EQ(drive.only(WantKind::Settle).call, 1U);
    EXPECT_TRUE(drive.feed(SettledFact{1, true, Value::integer(1)}));
    EXPECT_EQ(drive.last(), "call");
}

TEST(Doubt, IsSettledBeforeACancelledRunIsUndone) {
    Drive drive(paying({.has_probe = true, .has_undo = true}));
    drive.begin_attempt(1);
    EXPECT_TRUE(drive.feed(CancelFact{"me", "why"}));
    EXPECT_EQ(drive.only(WantKind::Cancel).call, 1U);
    drive.outcome(1, 1, OutcomeStatus::Unknown, {}, "Timeout");
    EXPECT_EQ(drive.last(), "call");  // the probe
    drive.answer(Value::integer(3));  // done: so it is undone
    EXPECT_EQ(drive.last(), "undo-begin call");
    EXPECT_EQ(drive.only(WantKind::Attempt).direction, 1);
    EXPECT_EQ(drive.only(WantKind::Attempt).arguments[0], Value::integer(3));
    drive.answer(Value::integer(0));
    EXPECT_EQ(drive.last(), "undo-end end");
    EXPECT_EQ(drive.status(), RunStatus::Cancelled);
}

TEST(Doubt, CompensateEvenInDoubtAsksNoPerson) {
    Drive drive(paying({.has_undo = true, .undo_in_doubt = true}));
    drive.refuse("Timeout", OutcomeStatus::Unknown);
    EXPECT_EQ(drive.last(), "undo-begin call");
    EXPECT_EQ(drive.only(WantKind::Attempt).arguments[0], Value::none());
    drive.answer(Value::integer(0));
    EXPECT_EQ(drive.status(), RunStatus::Compensated);
    EXPECT_EQ(drive.error(), "Timeout");
}

TEST(Doubt, AnIrreversibleEffectInDoubtIsPastThePointOfNoReturn) {
    Drive drive(paying({.irreversible = true}));
    drive.refuse("Timeout", OutcomeStatus::Unknown);
    EXPECT_TRUE(drive.machine().past_no_return());
    EXPECT_FALSE(drive.feed(CancelFact{}));
    EXPECT_TRUE(drive.feed(SettledFact{1, false, {}}));
    EXPECT_FALSE(drive.machine().past_no_return());
    EXPECT_EQ(drive.status(), RunStatus::Failed);
}

}  // namespace
}  // namespace weft::vm
