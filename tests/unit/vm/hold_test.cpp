// An operator's hold: nothing more of the run starts until it is released.
#include "tests/unit/vm/harness.h"

namespace weft::vm {
namespace {

using testing::Drive;
using testing::ImageBuilder;

// Two effects, one after the other.
ImageBuilder two_steps() {
    ImageBuilder b;
    const auto worker = b.worker("w", EffectClass::Read);
    auto flow = b.workflow(1, 2, 2);
    flow.call(1, 0, 1, b.step("flow.a", worker));
    flow.call(1, 0, 1, b.step("flow.b", worker));
    flow.end(1);
    return b;
}

TEST(HeldByOperator, NoAttemptStartsUntilReleased) {
    Drive drive(two_steps());
    EXPECT_TRUE(drive.feed(HeldByOperatorFact{"op", "the supplier called"}));
    EXPECT_EQ(drive.status(), RunStatus::Held);
    EXPECT_EQ(drive.only(WantKind::Release).reason, "the supplier called");
    EXPECT_EQ(drive.count(WantKind::Attempt), 0U);
    EXPECT_FALSE(drive.feed(HeldByOperatorFact{"op", "again"}));
    EXPECT_TRUE(drive.feed(ReleasedFact{"op", "it is sorted out"}));
    EXPECT_EQ(drive.count(WantKind::Attempt), 1U);
    EXPECT_FALSE(drive.feed(ReleasedFact{"op", ""}));
}

TEST(HeldByOperator, WhatIsUnderWayIsSeenThroughAndTheNextStepWaits) {
    Drive drive(two_steps());
    const auto want = drive.only(WantKind::Attempt);
    EXPECT_TRUE(drive.begin_attempt(want.call));
    EXPECT_TRUE(drive.feed(HeldByOperatorFact{"op", "wait"}));
    EXPECT_EQ(drive.count(WantKind::Outcome), 1U);
    EXPECT_TRUE(drive.outcome(want.call, 1, OutcomeStatus::Ok, Value::integer(1)));
    EXPECT_EQ(drive.last(), "");
    EXPECT_EQ(drive.count(WantKind::Attempt), 0U);
    EXPECT_TRUE(drive.feed(ReleasedFact{"op", ""}));
    EXPECT_EQ(drive.last(), "call");
    drive.answer(Value::integer(2));
    EXPECT_EQ(drive.status(), RunStatus::Completed);
}

TEST(HeldByOperator, ACancelUndoesOnlyOnceReleased) {
    Drive drive(two_steps());
    EXPECT_TRUE(drive.feed(HeldByOperatorFact{"op", "wait"}));
    EXPECT_TRUE(drive.feed(CancelFact{"op", "no more"}));
    EXPECT_EQ(drive.status(), RunStatus::Cancelled);
}

TEST(Operator, AnActIsLoggedAndChangesNothing) {
    Drive drive(two_steps());
    EXPECT_TRUE(drive.feed(OperatorFact{3, "op", "looked at it"}));
    EXPECT_EQ(drive.last(), "");
    EXPECT_EQ(drive.count(WantKind::Attempt), 1U);
    drive.answer(Value::integer(1));
    drive.answer(Value::integer(2));
}

}  // namespace
}  // namespace weft::vm
