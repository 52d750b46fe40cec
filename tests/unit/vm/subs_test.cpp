// Sub-runs as the machine sees them.
#include "tests/unit/vm/harness.h"

namespace weft::vm::testing {
namespace {

// flow(a): a sub-run of "other", then a call. The image has an undo function to take over.
struct WithSub : ImageBuilder {
    std::uint32_t undo_function = 0;
    explicit WithSub(bool detached = false, std::int64_t within_ms = 0, bool irreversible = false) {
        const auto ask = worker("ask", EffectClass::Read);
        const auto pay = worker("pay", EffectClass::Once);
        image.workers[pay].irreversible = irreversible;
        const auto after = step("flow.after", ask);
        const auto back = step("other.back", ask);
        const auto inside = step("other.pay", pay);
        auto undo = function("other.undo", FunctionKind::Undo, 1, 1, 2);
        undo.call(1, 0, 1, back);
        undo.op(Opcode::Return, 1);
        undo_function = undo.number();
        auto flow = workflow(1, 2, 2);
        image.subs.push_back({"flow.s", 1, detached, within_ms});
        flow.site(Opcode::RunSub, SiteKind::Sub, 0, 1, 0, 1);
        flow.call(1, 0, 1, after);
        flow.end(1);
        auto other = workflow(1, 2, 2);
        other.call(1, 0, 1, inside);
        other.site(Opcode::End, SiteKind::End, 1, 1);
    }
};

SubEndedFact ended(const Want& want, RunStatus status, Value value) {
    SubEndedFact out;
    out.call = want.call;
    out.status = static_cast<std::uint8_t>(status);
    out.value = std::move(value);
    return out;
}

Value error(const std::string& name) {
    return Value::record({Value::text(name), Value::text("because"), Value::text("other.pay"),
                          Value::integer(2), Value::none()});
}

TEST(Subs, It_rests_until_the_sub_run_has_ended) {
    Drive run{WithSub()};
    EXPECT_EQ(run.last(), "sub-start");
    EXPECT_EQ(run.status(), RunStatus::Waiting);
    const auto want = run.only(WantKind::Sub);
    EXPECT_EQ(want.key, run.body<SubStartBody>(RecordKind::SubStart).child);
    EXPECT_TRUE(run.feed(ended(want, RunStatus::Completed, Value::integer(9))));
    EXPECT_FALSE(run.feed(ended(want, RunStatus::Completed, Value::integer(9))));
    run.answer(Value::integer(1));
    EXPECT_EQ(run.status(), RunStatus::Completed);
}

TEST(Subs, Its_undos_are_taken_over) {
    WithSub image;
    Drive run{image};
    auto fact = ended(run.only(WantKind::Sub), RunStatus::Completed, Value::integer(9));
    fact.undos = {{image.undo_function, 2, {Value::integer(40)}, {{{}, 3}}},
                  {image.undo_function, 2, {Value::integer(41)}, {{{}, 5}}}};
    EXPECT_TRUE(run.feed(fact));
    run.refuse("Rejected");
    EXPECT_EQ(run.only(WantKind::Attempt).arguments.at(0), Value::integer(41));
    run.answer(Value::integer(0));
    EXPECT_EQ(run.only(WantKind::Attempt).arguments.at(0), Value::integer(40));
    run.answer(Value::integer(0));
    EXPECT_EQ(run.status(), RunStatus::Compensated);
}

TEST(Subs, An_end_that_does_not_fit_the_image_changes_nothing) {
    WithSub image;
    Drive run{image};
    auto fact = ended(run.only(WantKind::Sub), RunStatus::Completed, Value::integer(9));
    fact.undos = {{99, 0, {}, {}}};
    EXPECT_FALSE(run.feed(fact));
    fact.undos = {{image.undo_function, 0, {}, {}}};
    EXPECT_FALSE(run.feed(fact));
    fact.undos.clear();
    fact.status = static_cast<std::uint8_t>(RunStatus::Waiting);
    EXPECT_FALSE(run.feed(fact));
    EXPECT_EQ(run.count(WantKind::Sub), 1U);
}

TEST(Subs, Its_error_is_raised) {
    Drive run{WithSub()};
    run.feed(ended(run.only(WantKind::Sub), RunStatus::Compensated, error("Late")));
    EXPECT_EQ(run.status(), RunStatus::Failed);
    EXPECT_EQ(run.error(), "Late");
}

TEST(Subs, Detached_it_goes_on_at_once) {
    Drive run{WithSub(true)};
    EXPECT_EQ(run.count(WantKind::Sub), 0U);
    run.answer(Value::integer(1));
    EXPECT_EQ(run.status(), RunStatus::Completed);
}

TEST(Subs, Its_time_and_a_cancel_want_it_cancelled) {
    Drive late{WithSub(false, 500)};
    late.fire();
    auto want = late.only(WantKind::CancelSub);
    late.feed(ended(want, RunStatus::Cancelled, error("Cancelled")));
    EXPECT_EQ(late.error(), "Timeout");

    Drive cancelled{WithSub()};
    EXPECT_TRUE(cancelled.feed(CancelFact{"ann", ""}));
    want = cancelled.only(WantKind::CancelSub);
    cancelled.feed(ended(want, RunStatus::Cancelled, error("Cancelled")));
    EXPECT_EQ(cancelled.status(), RunStatus::Cancelled);

    Drive lost{WithSub()};
    lost.feed(CancelFact{"ann", ""});
    lost.feed(ended(lost.only(WantKind::CancelSub), RunStatus::Completed, Value::integer(1)));
    EXPECT_EQ(lost.status(), RunStatus::Cancelled);
}

TEST(Subs, What_it_can_not_undo_counts_here) {
    Drive run{WithSub(false, 0, true)};
    EXPECT_TRUE(run.machine().past_no_return());
    EXPECT_FALSE(run.feed(CancelFact{"ann", ""}));
    auto fact = ended(run.only(WantKind::Sub), RunStatus::Completed, Value::integer(1));
    fact.past_no_return = true;
    run.feed(fact);
    run.refuse("Rejected");
    EXPECT_EQ(run.status(), RunStatus::Held);
    run.feed(ReleasedFact{"ann"});
    run.answer(Value::integer(1));

    Drive failed{WithSub(false, 0, true)};
    failed.feed(ended(failed.only(WantKind::Sub), RunStatus::Failed, error("Late")));
    EXPECT_EQ(failed.status(), RunStatus::Failed);
}

TEST(Subs, A_workflow_that_runs_itself_is_refused) {
    WithSub image;
    image.image.subs[0].workflow = 0;
    const auto verified = verify_image(image.image);
    ASSERT_FALSE(verified);
    EXPECT_NE(verified.error().message.find("can call itself"), std::string::npos);
}

}  // namespace
}  // namespace weft::vm::testing
