// Gates, acceptance, reviews, events and sleep.
#include "tests/unit/vm/harness.h"

namespace weft::vm {
namespace {

using testing::Drive;
using testing::ImageBuilder;

Value integer(std::int64_t v) {
    return Value::integer(v);
}
Value requirement(bool passed, const std::string& reason) {
    return Value::record({integer(3), integer(5), Value::boolean(passed), Value::text(reason)});
}

// gate with two requirements (registers 1, 2) and the rung (3); then accept if asked for.
ImageBuilder gated(const Value& first, const Value& second, bool accepts) {
    ImageBuilder b;
    b.image.gates.push_back({"flow.quality", {{"x >= 5", ">="}, {"ok", ""}}, {"retry", "fail"}});
    auto flow = b.workflow(1, 1, 4);
    flow.constant(1, first);
    flow.constant(2, second);
    flow.constant(3, integer(1));
    flow.site(Opcode::Gate, SiteKind::Gate, 0, 0, 1, 2);
    if (accepts) {
        flow.constant(1, Value::text("good enough"));
        flow.site(Opcode::Accept, SiteKind::Gate, 0, 0, 1);
    }
    flow.end(0);
    return b;
}

TEST(Gates, APassIsLoggedWithItsScores) {
    Drive drive(gated(requirement(true, "a"), requirement(true, "b"), false));
    EXPECT_EQ(drive.last(), "gate end");
    const auto body = drive.body<GateBody>(RecordKind::Gate);
    EXPECT_EQ(body.verdict, GateVerdict::Passed);
    EXPECT_EQ(body.requirements, 2);
    EXPECT_EQ(body.missed, 0);
    EXPECT_EQ(
        drive.machine().result(),
        Value::record({Value::boolean(true), integer(-1), Value::list({integer(3), integer(3)}),
                       Value::list({Value::text("a"), Value::text("b")})}));
}

TEST(Gates, AMissNamesRequirementsAndRung) {
    Drive drive(gated(requirement(true, "a"), requirement(false, "b"), false));
    const auto body = drive.body<GateBody>(RecordKind::Gate);
    EXPECT_EQ(body.verdict, GateVerdict::Missed);
    EXPECT_EQ(body.missed, 2);
    EXPECT_EQ(body.rung, 1U);
    EXPECT_EQ(drive.machine().result().items()[0], Value::boolean(false));
    EXPECT_EQ(drive.machine().result().items()[1], integer(1));
    EXPECT_EQ(drive.payload(RecordKind::Gate).items()[1], integer(1));
}

TEST(Gates, AcceptKeepsScoresAndAddsTheReason) {
    Drive drive(gated(requirement(true, "a"), requirement(false, "b"), true));
    EXPECT_EQ(drive.last(), "gate gate end");
    EXPECT_EQ(drive.body<GateBody>(RecordKind::Gate).verdict, GateVerdict::Accepted);
    const auto& verdict = drive.machine().result().items();
    EXPECT_EQ(verdict[0], Value::boolean(true));
    EXPECT_EQ(verdict[2].items().size(), 2U);
    EXPECT_EQ(verdict[3].items().back(), Value::text("good enough"));
}

TEST(Gates, OtherShapesTrap) {
    Drive drive(gated(integer(1), requirement(true, ""), false));
    EXPECT_EQ(drive.error(), "Trap");
}

ImageBuilder reviewed(std::uint16_t needed, std::int64_t within_ms) {
    ImageBuilder b;
    b.image.reviews.push_back(
        {"flow.r", "r: brief", {"editor"}, needed, within_ms, {"brief"}, {b.integer}});
    auto flow = b.workflow(1, 2, 2);
    flow.site(Opcode::Review, SiteKind::Review, 0, 1, 0, 1);
    flow.end(1);
    return b;
}

Fact decision(Decision what, const std::string& by, std::vector<Value> values = {}) {
    return DecisionFact{1, what, by, "because", std::move(values)};
}

TEST(Reviews, ATaskIsOpenUntilItIsDecided) {
    Drive drive(reviewed(1, 500));
    EXPECT_EQ(drive.last(), "review-open timer-set");
    EXPECT_EQ(drive.status(), RunStatus::Waiting);
    const auto want = drive.only(WantKind::Decision);
    EXPECT_EQ(want.task, 1U);
    EXPECT_EQ(want.due_ms, 1500);
    EXPECT_EQ(want.shown, std::vector<Value>{integer(7)});
    EXPECT_EQ(drive.payload(RecordKind::ReviewOpen),
              Value::record({Value::text("r: brief"), Value::list({Value::text("editor")}),
                             Value::list({integer(7)})}));
    EXPECT_TRUE(drive.feed(decision(Decision::Approve, "ann")));
    EXPECT_EQ(drive.machine().result(),
              Value::record({integer(0), Value::list({integer(7)}), Value::text("ann"),
                             Value::text("because")}));
    EXPECT_TRUE(drive.machine().wants().empty());
}

TEST(Reviews, ApproversMustBeDistinct) {
    Drive drive(reviewed(2, 500));
    EXPECT_TRUE(drive.feed(decision(Decision::Approve, "ann")));
    EXPECT_FALSE(drive.feed(decision(Decision::Approve, "ann")));
    EXPECT_EQ(drive.status(), RunStatus::Waiting);
    EXPECT_TRUE(drive.feed(decision(Decision::Approve, "bob")));
    EXPECT_EQ(drive.machine().result().items()[2], Value::text("ann, bob"));
    EXPECT_FALSE(drive.feed(decision(Decision::Reject, "cid")));
}

TEST(Reviews, OneRejectionDecides) {
    Drive drive(reviewed(2, 500));
    EXPECT_TRUE(drive.feed(decision(Decision::Reject, "ann")));
    EXPECT_EQ(drive.machine().result().items()[0], integer(1));
}

TEST(Reviews, ARevisionMustFitAndReplacesTheValues) {
    Drive drive(reviewed(1, 500));
    EXPECT_FALSE(drive.feed(decision(Decision::Revise, "ann", {})));
    EXPECT_FALSE(drive.feed(decision(Decision::Revise, "ann", {Value::text("no")})));
    EXPECT_TRUE(drive.feed(decision(Decision::Revise, "ann", {integer(8)})));
    EXPECT_EQ(drive.machine().result().items()[0], integer(3));
    EXPECT_EQ(drive.machine().result().items()[1], Value::list({integer(8)}));
}

TEST(Reviews, SilenceExpires) {
    Drive drive(reviewed(1, 500));
    EXPECT_FALSE(drive.feed(decision(Decision::Expired, "ann")));
    drive.fire();
    EXPECT_EQ(drive.machine().result().items()[0], integer(2));
}

TEST(Reviews, ACancelledRunClosesItsTask) {
    Drive drive(reviewed(1, 500));
    EXPECT_TRUE(drive.feed(CancelFact{}));
    EXPECT_EQ(drive.status(), RunStatus::Cancelled);
    EXPECT_TRUE(drive.machine().wants().empty());
}

TEST(Events, AreLoggedWithTheirValue) {
    ImageBuilder b;
    b.image.events.push_back({"done", b.integer});
    auto flow = b.workflow(1, 1, 1);
    flow.site(Opcode::Emit, SiteKind::Event, 0, 0, 0);
    flow.end(0);
    Drive drive(b);
    EXPECT_EQ(drive.last(), "event end");
    EXPECT_EQ(drive.payload(RecordKind::Event), integer(7));
}

TEST(Sleep, WaitsForItsTimer) {
    ImageBuilder b;
    auto flow = b.workflow(1, 1, 2);
    flow.constant(1, Value::duration(250));
    flow.sleep(1);
    flow.end(0);
    Drive drive(b);
    EXPECT_EQ(drive.status(), RunStatus::Waiting);
    EXPECT_EQ(drive.only(WantKind::Timer).due_ms, 1250);
    EXPECT_EQ(drive.body<TimerSetBody>(RecordKind::TimerSet).purpose, TimerPurpose::Sleep);
    drive.fire();
    EXPECT_EQ(drive.status(), RunStatus::Completed);
}

}  // namespace
}  // namespace weft::vm
