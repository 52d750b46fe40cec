// Steps: attempts, retries, deadlines, budget.
#include <gmock/gmock.h>

#include "base/hash.h"
#include "tests/unit/vm/harness.h"

namespace weft::vm {
namespace {

using testing::Drive;
using testing::ImageBuilder;
using testing::policy;

// flow(p): step s = w(p); return s
ImageBuilder one_step(Policy how, EffectClass effect = EffectClass::Read) {
    ImageBuilder b;
    const auto step = b.step("flow.s", b.worker("w", effect), std::move(how));
    auto flow = b.workflow(1, 2, 3);
    flow.call(1, 0, 1, step);
    flow.end(1);
    return b;
}

TEST(Calls, ACallIsLoggedBeforeItsAttemptAndItsValueReturned) {
    Drive drive(one_step({}));
    EXPECT_EQ(drive.last(), "call");
    EXPECT_EQ(drive.status(), RunStatus::Running);
    const auto want = drive.only(WantKind::Attempt);
    EXPECT_EQ(want.call, 1U);
    EXPECT_EQ(want.attempt, 1);
    EXPECT_EQ(want.arguments, std::vector<Value>{Value::integer(7)});
    EXPECT_EQ(drive.payload(RecordKind::Call), Value::list({Value::integer(7)}));

    const auto begin = testing::make_begin({});
    ByteWriter input;
    input.raw("weft-key-1");
    input.raw(view(begin.run));
    input.u64(1);
    const auto mac = hmac_sha256(view(begin.seed), input.bytes());
    EXPECT_EQ(drive.body<CallBody>(RecordKind::Call).key, to_array<16>(view(mac)));
    EXPECT_EQ(want.key, to_array<16>(view(mac)));

    EXPECT_TRUE(drive.begin_attempt(1));
    EXPECT_EQ(drive.last(), "");
    EXPECT_EQ(drive.only(WantKind::Outcome).call, 1U);
    EXPECT_EQ(drive.count(WantKind::Attempt), 0U);
    EXPECT_TRUE(drive.outcome(1, 1, OutcomeStatus::Ok, Value::integer(42)));
    EXPECT_EQ(drive.last(), "end");
    EXPECT_EQ(drive.status(), RunStatus::Completed);
    EXPECT_EQ(drive.machine().result(), Value::integer(42));
    EXPECT_EQ(drive.payload(RecordKind::End), Value::integer(42));
    EXPECT_EQ(drive.body<EndBody>(RecordKind::End).status, EndStatus::Completed);
    EXPECT_TRUE(drive.machine().wants().empty());
    EXPECT_FALSE(drive.machine().accepts(KillFact{}));
}

TEST(Calls, FactsThatDoNotFitChangeNothing) {
    Drive drive(one_step(policy(1)));
    const auto wants = drive.machine().wants();
    EXPECT_FALSE(drive.begin_attempt(9));
    EXPECT_FALSE(drive.begin_attempt(1, 2));
    EXPECT_FALSE(drive.outcome(1, 1, OutcomeStatus::Ok, Value::integer(1)));
    EXPECT_FALSE(drive.feed(TimerFiredFact{1}));
    EXPECT_FALSE(drive.feed(SettledFact{1, true, Value::integer(1)}));
    EXPECT_FALSE(drive.feed(DecisionFact{}));
    EXPECT_FALSE(drive.feed(ReleasedFact{}));
    EXPECT_TRUE(drive.feed(ResumedFact{}));
    EXPECT_EQ(drive.machine().wants(), wants);
    EXPECT_EQ(drive.machine().next_seq(), 10U);
    drive.answer(Value::integer(1));
    EXPECT_EQ(drive.status(), RunStatus::Completed);
}

TEST(Calls, ARetryableErrorIsTriedAgainAfterALoggedDelay) {
    Drive drive(one_step(policy(2, 100, 1000)));
    drive.refuse("Transient");
    EXPECT_EQ(drive.last(), "timer-set");
    const auto timer = drive.body<TimerSetBody>(RecordKind::TimerSet);
    EXPECT_EQ(timer.purpose, TimerPurpose::Backoff);
    EXPECT_EQ(timer.call, 1U);
    EXPECT_GE(timer.due_ms, 1000);
    EXPECT_LE(timer.due_ms, 1100);
    EXPECT_EQ(drive.count(WantKind::Attempt), 0U);
    drive.fire();
    EXPECT_EQ(drive.only(WantKind::Attempt).attempt, 2);
    drive.refuse("Unavailable");
    drive.fire();
    drive.refuse("Timeout");
    EXPECT_EQ(drive.status(), RunStatus::Failed);
    EXPECT_EQ(drive.error(), "Timeout");
    const auto& error = drive.machine().result().items();
    EXPECT_EQ(error[2], Value::text("flow.s"));
    EXPECT_EQ(error[3], Value::integer(3));
    EXPECT_EQ(drive.body<EndBody>(RecordKind::End).error, BuiltinError::Timeout);
}

TEST(Calls, DelaysGrowToTheCapAndAreDrawnFromTheSeed) {
    Drive drive(one_step(policy(40, 100, 800)));
    std::int64_t largest = 0;
    std::set<std::int64_t> delays;
    for (int i = 0; i < 40; ++i) {
        const auto before = drive.now_ms;
        drive.refuse("Transient");
        const auto delay = drive.body<TimerSetBody>(RecordKind::TimerSet).due_ms - before;
        EXPECT_LE(delay, std::min<std::int64_t>(800, 100LL << std::min(i, 10)));
        largest = std::max(largest, delay);
        delays.insert(delay);
        drive.fire();
    }
    EXPECT_GT(largest, 400);
    EXPECT_GT(delays.size(), 20U);
}

TEST(Calls, RetryAfterIsHonouredUpToTheCap) {
    Drive drive(one_step(policy(2, 100, 1000)));
    for (const auto& [asked, given] : {std::pair(700, 700), std::pair(5000, 1000)}) {
        const auto want = drive.only(WantKind::Attempt);
        drive.begin_attempt(want.call, want.attempt);
        OutcomeFact fact;
        fact.call = want.call;
        fact.attempt = want.attempt;
        fact.status = OutcomeStatus::Failed;
        fact.error = "Unavailable";
        fact.retry_after_ms = asked;
        const auto before = drive.now_ms;
        EXPECT_TRUE(drive.feed(fact));
        EXPECT_EQ(drive.only(WantKind::Timer).due_ms, before + given);
        drive.fire();
    }
}

TEST(Calls, PermanentErrorsAreNotRetriedUnlessNamed) {
    Drive drive(one_step(policy(3)));
    drive.refuse("CardDeclined");
    EXPECT_EQ(drive.status(), RunStatus::Failed);
    EXPECT_EQ(drive.error(), "CardDeclined");
    auto named = policy(3);
    named.retry_on = {"CardDeclined"};
    Drive other(one_step(named));
    other.refuse("CardDeclined");
    EXPECT_EQ(other.last(), "timer-set");
    other.fire();
    other.refuse("Transient");  // not among the named
    EXPECT_EQ(other.error(), "Transient");
}

TEST(Calls, ThenHoldWaitsForAnOperatorAndStartsANewCall) {
    auto how = policy(0);
    how.then_hold = true;
    Drive drive(one_step(how));
    drive.refuse("Transient");
    EXPECT_EQ(drive.last(), "hold");
    EXPECT_EQ(drive.body<HoldBody>(RecordKind::Hold).reason, HoldReason::ThenHold);
    EXPECT_EQ(drive.status(), RunStatus::Held);
    EXPECT_EQ(drive.only(WantKind::Release).reason, "it said Transient");
    EXPECT_TRUE(drive.feed(ReleasedFact{"op"}));
    EXPECT_EQ(drive.last(), "call");
    EXPECT_NE(drive.only(WantKind::Attempt).call, 1U);
    drive.answer(Value::integer(1));
    EXPECT_EQ(drive.status(), RunStatus::Completed);
}

TEST(Calls, WithinEndsRetriesAndCancelsTheAttemptUnderWay) {
    auto how = policy(5, 100, 1000);
    how.within_ms = 500;
    {
        Drive drive(one_step(how));
        EXPECT_EQ(drive.last(), "call timer-set");
        const auto deadline = drive.only(WantKind::Timer);
        EXPECT_EQ(deadline.due_ms, 1500);
        drive.begin_attempt(1);
        drive.fire(deadline);
        EXPECT_EQ(drive.count(WantKind::Outcome), 0U);
        EXPECT_EQ(drive.only(WantKind::Cancel).call, 1U);
        drive.outcome(1, 1, OutcomeStatus::Cancelled);
        EXPECT_EQ(drive.error(), "Timeout");
    }
    {
        Drive drive(one_step(how));
        drive.begin_attempt(1);
        drive.fire();
        drive.outcome(1, 1, OutcomeStatus::Ok, Value::integer(3));  // it was done all the same
        EXPECT_EQ(drive.status(), RunStatus::Completed);
    }
    {
        Drive drive(one_step(how));
        const auto deadline = drive.only(WantKind::Timer);
        drive.refuse("Transient");
        drive.fire(deadline);  // while it waits to try again
        EXPECT_EQ(drive.error(), "Timeout");
        EXPECT_TRUE(drive.machine().wants().empty());
    }
}

TEST(Calls, ADoneStepForgetsItsDeadline) {
    auto how = policy(0);
    how.within_ms = 500;
    Drive drive(one_step(how));
    const auto deadline = drive.only(WantKind::Timer);
    drive.answer(Value::integer(1));
    EXPECT_EQ(drive.status(), RunStatus::Completed);
    EXPECT_FALSE(drive.feed(TimerFiredFact{deadline.timer}));
}

ImageBuilder two_paid_steps(std::int64_t budget, std::uint16_t retries) {
    ImageBuilder b;
    const auto worker = b.worker("w", EffectClass::Read);
    b.image.workers[worker].reserve_micros = 60;
    b.image.workers[worker].reserve_currency = "USD";
    auto flow = b.workflow(1, 2, 3);
    flow.call(1, 0, 1, b.step("flow.a", worker, policy(retries)));
    flow.call(1, 1, 1, b.step("flow.b", worker, policy(retries)));
    flow.end(1);
    b.image.workflows[0].has_budget = true;
    b.image.workflows[0].budget_micros = budget;
    b.image.workflows[0].budget_currency = "USD";
    return b;
}

OutcomeFact costing(std::uint64_t call, std::uint16_t attempt, std::int64_t micros,
                    OutcomeStatus status = OutcomeStatus::Ok) {
    OutcomeFact fact;
    fact.call = call;
    fact.attempt = attempt;
    fact.status = status;
    fact.value = Value::integer(1);
    fact.error = status == OutcomeStatus::Ok ? "" : "Transient";
    fact.cost_micros = micros;
    fact.currency = "USD";
    return fact;
}

TEST(Calls, AnEffectThatCouldPassTheBudgetIsNotStarted) {
    Drive drive(two_paid_steps(100, 0));
    drive.begin_attempt(1);
    drive.feed(costing(1, 1, 41));  // 41 + 60 > 100
    EXPECT_EQ(drive.last(), "budget end");
    EXPECT_EQ(drive.error(), "Budget");
    const auto body = drive.body<BudgetBody>(RecordKind::Budget);
    EXPECT_EQ(body.spent_micros, 41);
    EXPECT_EQ(body.reserved_micros, 60);
    EXPECT_EQ(drive.machine().spent_micros(), 41);
}

TEST(Calls, TheBudgetMayBeUsedUp) {
    Drive drive(two_paid_steps(100, 0));
    drive.begin_attempt(1);
    drive.feed(costing(1, 1, 40));
    EXPECT_EQ(drive.last(), "call");
    drive.answer(Value::integer(1));
    EXPECT_EQ(drive.status(), RunStatus::Completed);
}

TEST(Calls, FailedAttemptsCostToo) {
    Drive drive(two_paid_steps(100, 3));
    drive.begin_attempt(1);
    drive.feed(costing(1, 1, 41, OutcomeStatus::Failed));
    EXPECT_EQ(drive.last(), "budget end");
    EXPECT_EQ(drive.error(), "Budget");
}

TEST(Calls, TheWorkflowsDeadlineFailsTheRun) {
    auto b = one_step({});
    b.image.workflows[0].within_ms = 5000;
    Drive drive(b);
    EXPECT_EQ(drive.last(), "timer-set call");
    EXPECT_TRUE(drive.begin_attempt(2));
    drive.fire();
    EXPECT_EQ(drive.only(WantKind::Cancel).call, 2U);
    drive.outcome(2, 1, OutcomeStatus::Cancelled);
    EXPECT_EQ(drive.status(), RunStatus::Failed);
    EXPECT_EQ(drive.error(), "Timeout");
}

TEST(Calls, GenerationsCountFromNextGenerationOn) {
    ImageBuilder b;
    const auto step = b.step("flow.s", b.worker("w", EffectClass::Read));
    auto flow = b.workflow(1, 2, 2);
    flow.call(1, 0, 1, step);
    flow.op(Opcode::NextGeneration);
    flow.call(1, 0, 1, step);
    flow.end(1);
    Drive drive(b);
    EXPECT_EQ(drive.body<CallBody>(RecordKind::Call).generation, 0U);
    drive.answer(Value::integer(1));
    EXPECT_EQ(drive.body<CallBody>(RecordKind::Call).generation, 1U);
}

}  // namespace
}  // namespace weft::vm
