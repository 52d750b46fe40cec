// Reviews with lines of people, one after the other, with several approvals, people who may not
// decide, forms, and revisions that go on.
#include "tests/unit/vm/harness.h"

namespace weft::vm {
namespace {

using testing::Drive;
using testing::ImageBuilder;

Value integer(std::int64_t v) {
    return Value::integer(v);
}

struct Asked {
    std::vector<std::vector<std::string>> lines = {{"clerk"}};
    std::uint16_t needed = 1;
    ReviewEnd end = ReviewEnd::Expire;
    std::vector<Value> except = {};
    bool form = false;
    bool goes_on = true;
};

// Shows 7; each line has 500 ms; the result is what `ask` gave.
ImageBuilder asking(const Asked& asked) {
    ImageBuilder b;
    ReviewRow row;
    row.path = "flow.seen";
    row.title = "p0";
    row.roles = asked.lines.front();
    for (const auto& roles : asked.lines) row.lines.push_back({roles});
    row.approvals_needed = asked.needed;
    row.end = asked.end;
    row.goes_on = asked.goes_on;
    row.names = {"p0"};
    row.types = {b.integer};
    if (asked.form) row.form = b.text;
    b.image.reviews.push_back(row);
    const auto lines = static_cast<std::uint32_t>(asked.lines.size());
    auto flow = b.workflow(1, 2, 8);
    flow.op(Opcode::Move, 2, 0);
    for (std::uint32_t i = 0; i < lines; ++i) flow.constant(3 + i, Value::duration(500));
    flow.constant(3 + lines, Value::list(asked.except));
    flow.site(Opcode::Ask, SiteKind::Review, 0, 1, 2, lines + 2);
    flow.end(1);
    return b;
}

DecisionFact decides(Decision what, const std::string& by, const std::string& role,
                     std::vector<Value> values = {}) {
    return {1, what, by, "because", std::move(values), role};
}

Value part(Drive& drive, std::size_t i) {
    return drive.machine().result().items()[i];
}

TEST(Ask, AnApprovalSaysWhoWhyAndWhen) {
    Drive drive(asking({}));
    EXPECT_EQ(drive.last(), "review-open timer-set");
    drive.now_ms = 1200;
    EXPECT_TRUE(drive.feed(decides(Decision::Approve, "ann", "clerk")));
    EXPECT_EQ(drive.machine().result(),
              Value::record({integer(0), Value::list({integer(7)}), Value::text("ann"),
                             Value::text("because"), Value::time(1200)}));
}

TEST(Ask, OnlyTheRolesOfTheCurrentLineDecide) {
    Asked asked;
    asked.lines = {{"clerk"}, {"director", "owner"}};
    Drive drive(asking(asked));
    EXPECT_FALSE(drive.feed(decides(Decision::Approve, "dee", "director")));
    EXPECT_EQ(drive.only(WantKind::Decision).line, 0U);
    drive.fire();
    EXPECT_EQ(drive.last(), "review-open timer-set");
    const auto body = drive.body<ReviewOpenBody>(RecordKind::ReviewOpen);
    EXPECT_EQ(body.task, 1U);
    EXPECT_EQ(body.rung, 1U);
    EXPECT_EQ(body.roles, 2);
    EXPECT_EQ(body.due_ms, 2000);
    EXPECT_EQ(drive.only(WantKind::Decision).line, 1U);
    EXPECT_FALSE(drive.feed(decides(Decision::Approve, "cy", "clerk")));
    EXPECT_TRUE(drive.feed(decides(Decision::Approve, "dee", "owner")));
    EXPECT_EQ(part(drive, 2), Value::text("dee"));
}

TEST(Ask, SilenceOfTheLastLineEndsItAsItSays) {
    for (const auto& [end, decision] :
         {std::pair(ReviewEnd::Expire, 2), std::pair(ReviewEnd::Approve, 0),
          std::pair(ReviewEnd::Reject, 1)}) {
        Asked asked;
        asked.end = end;
        Drive drive(asking(asked));
        drive.fire();
        EXPECT_EQ(part(drive, 0), integer(decision));
        EXPECT_EQ(part(drive, 1), Value::list({integer(7)}));
    }
}

TEST(Ask, SomePeopleMayNotDecide) {
    Asked asked;
    asked.except = {Value::text("ann")};
    Drive drive(asking(asked));
    EXPECT_FALSE(drive.feed(decides(Decision::Approve, "ann", "clerk")));
    EXPECT_FALSE(drive.feed(decides(Decision::Reject, "ann", "clerk")));
    EXPECT_TRUE(drive.feed(decides(Decision::Reject, "bob", "clerk")));
    EXPECT_EQ(part(drive, 0), integer(1));
}

TEST(Ask, ARevisionClearsApprovalsAndGoesOn) {
    Asked asked;
    asked.needed = 2;
    Drive drive(asking(asked));
    EXPECT_TRUE(drive.feed(decides(Decision::Approve, "ann", "clerk")));
    EXPECT_EQ(drive.only(WantKind::Decision).approved_by, std::vector<std::string>{"ann"});
    EXPECT_TRUE(drive.feed(decides(Decision::Revise, "bob", "clerk", {integer(8)})));
    EXPECT_EQ(drive.last(), "review-open");
    EXPECT_EQ(drive.payload(RecordKind::ReviewOpen).items()[2], Value::list({integer(8)}));
    EXPECT_TRUE(drive.only(WantKind::Decision).approved_by.empty());
    EXPECT_EQ(drive.only(WantKind::Decision).shown, std::vector<Value>{integer(8)});
    EXPECT_TRUE(drive.feed(decides(Decision::Approve, "ann", "clerk")));
    EXPECT_TRUE(drive.feed(decides(Decision::Approve, "bob", "clerk")));
    EXPECT_EQ(part(drive, 1), Value::list({integer(8)}));
    EXPECT_EQ(part(drive, 2), Value::text("ann, bob"));
}

TEST(Ask, InAGateARevisionDecides) {
    Asked asked;
    asked.goes_on = false;
    Drive drive(asking(asked));
    EXPECT_TRUE(drive.feed(decides(Decision::Revise, "bob", "clerk", {integer(8)})));
    EXPECT_EQ(part(drive, 0), integer(3));
}

TEST(Ask, AFormMustBeGivenAndFit) {
    Asked asked;
    asked.form = true;
    Drive drive(asking(asked));
    EXPECT_FALSE(drive.feed(decides(Decision::Approve, "ann", "clerk")));
    EXPECT_FALSE(drive.feed(decides(Decision::Approve, "ann", "clerk", {integer(1)})));
    EXPECT_TRUE(drive.feed(decides(Decision::Approve, "ann", "clerk", {Value::text("go")})));
    EXPECT_EQ(part(drive, 1), Value::list({Value::text("go")}));
}

TEST(Ask, AKilledRunClosesItsTask) {
    Drive drive(asking({}));
    EXPECT_TRUE(drive.feed(KillFact{"op", "no"}));
    EXPECT_TRUE(drive.machine().wants().empty());
}

TEST(Ask, PeopleMustBeTexts) {
    Asked asked;
    asked.except = {integer(1)};
    Drive drive(asking(asked));
    EXPECT_EQ(drive.error(), "Trap");
}

}  // namespace
}  // namespace weft::vm
