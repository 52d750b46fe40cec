// Keys and caches as the machine sees them: a hit takes the place of an attempt, and what became of
// a keyed call is told.
#include "tests/unit/vm/harness.h"
#include "vm/error_value.h"

namespace weft::vm::testing {
namespace {

// flow(a): one keyed call with an undo, then a second call that may fail.
struct Keyed : ImageBuilder {
    explicit Keyed(bool strict = false) {
        auto pay = worker("pay", EffectClass::Idempotent);
        image.workers[pay].window_ms = 1000;
        const auto ask = worker("ask", EffectClass::Read);
        const auto first = step("flow.pay", pay);
        image.steps[first].has_key = true;
        const auto second = step("flow.ask", ask);
        const auto refund = step("flow.refund", pay);
        auto undo = function("flow.pay.undo", FunctionKind::Undo, 1, 1, 2);
        undo.call(1, 0, 1, refund);
        undo.op(Opcode::Return, 1);
        auto flow = workflow(1, 2, 4);
        flow.op(Opcode::Move, 2, 0);
        flow.constant(3, Value::text("order 7"));
        flow.call(1, 2, 1, first);
        flow.op(Opcode::Move, 2, 1);
        flow.op(Opcode::UndoPush, 0, 2, 1, undo.number());
        flow.call(1, 0, 1, second);
        flow.end(1);
        image.workflows[0].strict_order = strict;
    }
};

HitFact hit(std::uint64_t call, Value value, std::string refused = "") {
    HitFact out;
    out.call = call;
    out.source = 1;
    out.value = std::move(value);
    out.refused = std::move(refused);
    return out;
}

TEST(Keys, A_want_carries_the_key_and_a_hit_answers_it) {
    Drive run{Keyed()};
    const auto want = run.only(WantKind::Attempt);
    ASSERT_TRUE(want.author_key.has_value());
    EXPECT_EQ(*want.author_key, Value::text("order 7"));
    EXPECT_FALSE(want.cache_key.has_value());
    EXPECT_TRUE(run.feed(hit(want.call, Value::integer(40))));
    EXPECT_EQ(run.only(WantKind::Attempt).arguments.at(0), Value::integer(7));
    run.answer(Value::integer(41));
    EXPECT_EQ(run.status(), RunStatus::Completed);
}

TEST(Keys, What_was_had_before_is_not_undone_here) {
    Drive run{Keyed()};
    run.feed(hit(run.only(WantKind::Attempt).call, Value::integer(40)));
    run.refuse("Rejected");
    EXPECT_EQ(run.status(), RunStatus::Failed);
    EXPECT_EQ(run.count(RecordKind::UndoBegin), 0U);
}

TEST(Keys, A_refused_hit_is_a_trap) {
    Drive run{Keyed()};
    run.feed(hit(run.only(WantKind::Attempt).call, {}, "other arguments"));
    EXPECT_EQ(run.status(), RunStatus::Failed);
    EXPECT_EQ(run.error(), "Trap");
    EXPECT_EQ(run.error_message(), "other arguments");
}

HitFact taken_over(std::uint64_t call, Value value, std::string failed = "") {
    auto out = hit(call, std::move(value), std::move(failed));
    out.source = static_cast<std::uint8_t>(HitSource::Migration);
    return out;
}

TEST(Keys, What_a_migration_takes_over_is_undone_here) {
    Drive run{Keyed()};
    EXPECT_TRUE(run.feed(taken_over(run.only(WantKind::Attempt).call, Value::integer(40))));
    run.refuse("Rejected");
    EXPECT_EQ(run.count(RecordKind::UndoBegin), 1U);
    run.answer(Value::integer(0));
    EXPECT_EQ(run.status(), RunStatus::Compensated);
}

TEST(Keys, A_migration_takes_over_calls_without_a_key_and_failures) {
    Drive run{Keyed()};
    run.answer(Value::integer(40));
    const auto call = run.only(WantKind::Attempt).call;
    EXPECT_FALSE(run.feed(hit(call, Value::integer(1))));
    const auto error = make_error({.name = "Rejected", .message = "no", .step = "flow.ask"});
    EXPECT_TRUE(run.feed(taken_over(call, error, "Rejected")));
    EXPECT_EQ(run.count(RecordKind::UndoBegin), 1U);
    run.answer(Value::integer(0));
    EXPECT_EQ(run.error(), "Rejected");
}

TEST(Keys, A_machine_that_begins_again_counts_on) {
    const auto image = std::make_shared<const Image>(Keyed().image);
    Machine before(image, make_begin({Value::integer(7)}));
    before.start();
    auto counters = before.counters();
    counters.next_seq += 5;
    counters.spent_micros = 12;
    Machine after(image, make_begin({Value::integer(7)}));
    const auto progress = after.start_again(counters, 9000);
    ASSERT_FALSE(progress.commands.empty());
    EXPECT_EQ(after.next_seq(), counters.next_seq + progress.commands.size());
    EXPECT_EQ(after.spent_micros(), 12);
    EXPECT_GE(after.fuel(), counters.fuel);
    EXPECT_EQ(after.open_calls(), std::vector<std::uint64_t>{after.wants().front().call});
    EXPECT_NE(after.wants().front().key, before.wants().front().key);
    EXPECT_FALSE(after.is_ending());
    ASSERT_FALSE(after.named_values().empty());
    EXPECT_EQ(after.named_values().front().value, Value::integer(7));
}

TEST(Keys, A_call_that_was_started_takes_no_hit) {
    Drive run{Keyed()};
    const auto want = run.only(WantKind::Attempt);
    run.begin_attempt(want.call);
    EXPECT_FALSE(run.feed(hit(want.call, Value::integer(40))));
    run.outcome(want.call, 1, OutcomeStatus::Ok, Value::integer(4));
    run.answer(Value::integer(5));
    EXPECT_EQ(run.status(), RunStatus::Completed);
}

std::vector<KeyedCall::What> told(Machine& machine, const std::vector<Fact>& facts) {
    std::vector<KeyedCall::What> out;
    const auto keep = [&](const Progress& progress) {
        for (const auto& call : progress.keyed) out.push_back(call.what);
    };
    keep(machine.start());
    for (const auto& fact : facts) keep(machine.apply(fact, 2000));
    return out;
}

OutcomeFact outcome(std::uint64_t call, OutcomeStatus status, const std::string& error = "") {
    OutcomeFact out;
    out.call = call;
    out.status = status;
    out.value = Value::integer(1);
    out.error = error;
    return out;
}

TEST(Keys, What_became_of_a_keyed_call_is_told) {
    using What = KeyedCall::What;
    const auto image = std::make_shared<const Image>(Keyed().image);
    Machine failed(image, make_begin({Value::integer(7)}));
    EXPECT_EQ(told(failed, {StartFact{1, 1}, outcome(1, OutcomeStatus::Failed, "Rejected")}),
              std::vector{What::NotDone});
    Machine undone(image, make_begin({Value::integer(7)}));
    // 1 call, 2 start, 3 outcome, 4 call, 5 start, 6 outcome, 7 undo-begin, 8 call
    EXPECT_EQ(told(undone, {StartFact{1, 1}, outcome(1, OutcomeStatus::Ok), StartFact{4, 1},
                            outcome(4, OutcomeStatus::Failed, "Rejected"), StartFact{8, 1},
                            outcome(8, OutcomeStatus::Ok)}),
              (std::vector{What::Done, What::Undone}));
    EXPECT_EQ(undone.status(), RunStatus::Compensated);
}

// Two calls with undos, then a failure; the undo of the second fails for good.
struct TwoUndos : ImageBuilder {
    explicit TwoUndos(bool strict) {
        const auto pay = worker("pay", EffectClass::Idempotent);
        image.workers[pay].window_ms = 1000;
        const auto first = step("flow.first", pay);
        const auto second = step("flow.second", pay);
        const auto third = step("flow.third", pay);
        const auto back = step("flow.back", pay);
        auto undo = function("flow.undo", FunctionKind::Undo, 1, 1, 2);
        undo.call(1, 0, 1, back);
        undo.op(Opcode::Return, 1);
        auto flow = workflow(1, 2, 3);
        for (const auto step : {first, second}) {
            flow.call(1, 0, 1, step);
            flow.op(Opcode::Move, 2, 0);
            flow.op(Opcode::UndoPush, 0, 2, 1, undo.number());
        }
        flow.call(1, 0, 1, third);
        flow.end(1);
        image.workflows[0].strict_order = strict;
    }
};

TEST(Keys, In_strict_order_those_before_a_failed_undo_wait) {
    for (const bool strict : {false, true}) {
        Drive run{TwoUndos(strict)};
        run.answer(Value::integer(1));
        run.answer(Value::integer(2));
        run.refuse("Rejected");
        run.refuse("Rejected");  // the undo of the second
        if (!strict) run.answer(Value::integer(0));
        EXPECT_EQ(run.status(), RunStatus::Stuck);
        EXPECT_EQ(run.count(RecordKind::UndoBegin), strict ? 1U : 2U);
        run.feed(ReleasedFact{"ann"});
        run.answer(Value::integer(0));
        if (strict) run.answer(Value::integer(0));
        EXPECT_EQ(run.status(), RunStatus::Compensated);
    }
}

}  // namespace
}  // namespace weft::vm::testing
