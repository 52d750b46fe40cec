// The inbox: a request that is sent again is answered by the first, and a row that nobody took yet
// is taken at the next opening.
#include "engine/inbox.h"

#include "engine/requests.h"
#include "store/key_file.h"
#include "tests/unit/engine/core_support.h"

namespace weft::engine {
namespace {

using weft::testing::ImageBuilder;

// A workflow that shows 7 in a review and ends with what the review gave.
ImageBuilder reviewed() {
    ImageBuilder b;
    ReviewRow row;
    row.path = "flow.check";
    row.title = "check: review p0";
    row.roles = {"editor"};
    row.within_ms = 3'600'000;
    row.names = {"p0"};
    row.types = {b.integer};
    b.image.reviews.push_back(row);
    auto flow = b.workflow(1, 2, 2);
    flow.site(Opcode::Review, SiteKind::Review, 0, 1, 0, 1);
    flow.op(Opcode::Field, 1, 1, 0);
    flow.end(1);
    return b;
}

class InboxTest : public testing::CoreTest {
  protected:
    void SetUp() override {
        CoreTest::SetUp();
        run_ = start(reviewed());
    }
    [[nodiscard]] Incoming decision(const std::string& request) {
        Incoming out;
        vm::DecisionFact fact;
        const auto open = wants(run_, vm::WantKind::Decision);
        fact.task = open.empty() ? 0 : open.front().task;
        fact.by = "ann";
        fact.role = "editor";
        out.facts = {fact};
        out.actor = "ann";
        out.tag = core_->request_tag(request);
        return out;
    }

    store::RunId run_{};
};

TEST_F(InboxTest, ARequestSentAgainIsAnsweredByTheFirst) {
    const auto incoming = decision("request 1");
    auto first = core_->take(run_, incoming);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_FALSE(first->is_repeat);
    ASSERT_TRUE(first->seq);
    auto again = core_->take(run_, incoming);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(again->is_repeat);
    EXPECT_EQ(again->seq, first->seq);
    EXPECT_EQ(again->run, run_);
    // The engine may have been killed in between, and the run have ended.
    open_again();
    again = core_->take(run_, incoming);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->seq, first->seq);
}

TEST_F(InboxTest, AnotherRequestMayNotUseItsId) {
    ASSERT_TRUE(core_->take(run_, decision("request 1")));
    Incoming other;
    other.kind = InboxKind::Kill;
    other.facts = {vm::KillFact{"ann", "no"}};
    other.actor = "ann";
    other.tag = core_->request_tag("request 1");
    auto refused = core_->take(run_, other);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Refused);
}

TEST_F(InboxTest, ARowThatWasNotTakenIsTakenAtTheNextOpening) {
    const auto incoming = decision("request 1");
    auto header = read_run_header(core_->store(), run_);
    ASSERT_TRUE(header);
    auto left = core_->leave(*header, incoming);
    ASSERT_TRUE(left) << left.error().message;
    EXPECT_FALSE(left->seq);
    EXPECT_EQ(core_->store().inbox_of(run_, 9)->size(), 1U);
    EXPECT_TRUE(core_->leave(*header, incoming)->is_repeat);
    EXPECT_EQ(status(run_), vm::RunStatus::Waiting);
    open_again();
    EXPECT_EQ(status(run_), vm::RunStatus::Completed);
    EXPECT_EQ(core_->store().inbox_of(run_, 9)->size(), 0U);
    auto again = core_->take(run_, incoming);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(again->is_repeat);
    EXPECT_TRUE(again->seq);
    const auto report = core_->store().verify({});
    ASSERT_TRUE(report);
    for (const auto& finding : report->findings) {
        if (finding.table == "program") continue;  // that of this test has no text
        ADD_FAILURE() << finding.table << " " << finding.row << ": " << finding.what;
    }
}

TEST_F(InboxTest, OneThatTheRunDoesNotTakeAnyMoreHasNoRecord) {
    auto header = read_run_header(core_->store(), run_);
    ASSERT_TRUE(core_->leave(*header, decision("request 1")));
    ASSERT_TRUE(core_->leave(*header, decision("request 2")));
    open_again();
    EXPECT_TRUE((*core_->store().inbox_by_tag(core_->request_tag("request 1")))->seq);
    EXPECT_FALSE((*core_->store().inbox_by_tag(core_->request_tag("request 2")))->seq);
    EXPECT_EQ(core_->store().inbox_of(run_, 9)->size(), 0U);
}

TEST_F(InboxTest, RowsGoWithTheirRun) {
    auto header = read_run_header(core_->store(), run_);
    ASSERT_TRUE(core_->leave(*header, decision("request 1")));
    ASSERT_TRUE(core_->store().destroy_keys({run_}));
    ASSERT_TRUE(core_->store().delete_payloads({run_}));
    EXPECT_FALSE(*core_->store().inbox_by_tag(core_->request_tag("request 1")));
}

TEST(Incomings, TheirBoxHasOneShape) {
    vm::CancelFact fact{"ann", "why"};
    const std::string bytes = encode_incoming({{fact, encode_fact(fact, {})}});
    auto back = decode_incoming(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(std::get<vm::CancelFact>(back->front().fact).reason, "why");
    EXPECT_TRUE(back->front().record.by_operator);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        EXPECT_FALSE(decode_incoming(bytes.substr(0, cut))) << cut;
    }
    EXPECT_FALSE(decode_incoming(bytes + "x"));
    EXPECT_FALSE(decode_incoming("\x02" + bytes.substr(1)));
}

// A person settles what nobody else can, and says why.
class SettleTest : public testing::CoreTest {
  protected:
    void SetUp() override {
        CoreTest::SetUp();
        core_->add_worker("w", [](const WorkerCall&) -> WorkerOutcome {
            return std::unexpected(WorkerError{"Unavailable", "no answer", false, {}, {}});
        });
        ImageBuilder b;
        const auto worker = b.worker("w", EffectClass::Once);
        auto flow = b.workflow(1, 2, 2);
        flow.call(1, 0, 1, b.step("flow.pay", worker));
        flow.end(1);
        run_ = start(b);
        for (int i = 0; i < 500 && wants(run_, vm::WantKind::Settle).empty(); ++i) {
            ASSERT_TRUE(core_->turn(std::chrono::milliseconds(10)));
        }
    }
    Result<std::string> settle(const std::string& rest) {
        Requests requests(*core_);
        Uploads uploads;
        return requests.answer("settle", R"({"run": ")" + to_hex(view(run_)) + "\", " + rest + "}",
                               "op", uploads);
    }
    store::RunId run_{};
};

TEST_F(SettleTest, DoneWithAValueThatFits) {
    EXPECT_EQ(status(run_), vm::RunStatus::Held);
    auto refused = settle(R"("site": "flow.pay", "verdict": "done", "value": "3")");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "a settlement needs a reason");
    const std::string why = R"(, "reason": "I called them", "request": "r1")";
    EXPECT_FALSE(settle(R"("site": "flow.pay", "verdict": "done", "value": "\"x\"")" + why));
    EXPECT_FALSE(settle(R"("site": "flow.other", "verdict": "done", "value": "3")" + why));
    auto done = settle(R"("site": "flow.pay", "verdict": "done", "value": "3")" + why);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_NE(done->find("completed"), std::string::npos) << *done;
    auto again = settle(R"("site": "flow.pay", "verdict": "done", "value": "3")" + why);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_NE(again->find("\"repeat\":true"), std::string::npos) << *again;
}

TEST_F(SettleTest, NotDone) {
    auto done = settle(R"("site": "2", "verdict": "not-done", "reason": "they never got it")");
    ASSERT_FALSE(done);  // the call is record 1
    done = settle(R"("site": "1", "verdict": "not-done", "reason": "they never got it")");
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_NE(done->find("failed"), std::string::npos) << *done;
}

}  // namespace
}  // namespace weft::engine
