// What the machine once did otherwise than the reference interpreter: small programs, fed by hand.
#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/compile.h"
#include "compiler/lower/lower.h"
#include "tests/differential/machine_run.h"
#include "tests/unit/compiler/check_support.h"

namespace weft {
namespace {

using reference::Ask;
using reference::Fact;

constexpr auto kWorkers = R"(
worker w.look(x: Int) -> Int
  effect  read
  timeout 30s

worker w.put(x: Int) -> Int
  effect  idempotent for 1d
  timeout 30s

worker w.undo(x: Int)
  effect  idempotent for 1d
  timeout 30s
  retry   3 times

)";

Fact fact(RecordKind kind, std::uint64_t number) {
    Fact out;
    out.kind = kind;
    out.number = number;
    return out;
}

class Fed {
  public:
    explicit Fed(const std::string& program, std::string_view name = "main",
                 std::vector<Value> input = {}) {
        auto compiled = compile_text(kWorkers + program);
        EXPECT_TRUE(compiled.ok);
        auto image = lower(compiled.module, compiled.diagnostics);
        EXPECT_TRUE(image && verify_image(*image));
        reference::Beginning beginning;
        beginning.run = to_array<16>("run of the tests");
        beginning.seed = to_array<32>("a seed of thirty-two bytes, yes.");
        beginning.input = std::move(input);
        const auto found = std::ranges::find(image->workflows, name, &WorkflowRow::name);
        beginning.workflow = static_cast<std::uint32_t>(found - image->workflows.begin());
        run_ = std::make_unique<differential::MachineRun>(
            std::make_shared<const Image>(std::move(*image)), beginning);
        keep(run_->start());
    }

    [[nodiscard]] std::optional<Ask> ask(Ask::Kind kind) const {
        for (auto& ask : run_->asks()) {
            if (ask.kind == kind) return ask;
        }
        return std::nullopt;
    }
    [[nodiscard]] std::size_t timers() const {
        return static_cast<std::size_t>(
            std::ranges::count(run_->asks(), Ask::Kind::Timer, &Ask::kind));
    }
    // The attempt that is asked for leaves, and is answered.
    void answer(std::int64_t value) {
        const auto call = start();
        auto outcome = fact(RecordKind::Outcome, call);
        outcome.value = Value::integer(value);
        give(outcome);
    }
    std::uint64_t start() {
        const auto asked = ask(Ask::Kind::Attempt);
        EXPECT_TRUE(asked);
        auto started = fact(RecordKind::Start, asked->number);
        started.attempt = asked->attempt;
        give(started);
        return asked->number;
    }
    void give(const Fact& fact) {
        EXPECT_TRUE(run_->accepts(fact));
        keep(run_->apply(fact, now_ms_));
    }
    // The timer that is due first.
    void fire() {
        std::optional<Ask> first;
        for (auto& ask : run_->asks()) {
            if (ask.kind == Ask::Kind::Timer && (!first || ask.due_ms < first->due_ms)) first = ask;
        }
        ASSERT_TRUE(first);
        now_ms_ = std::max(now_ms_, first->due_ms);
        give(fact(RecordKind::TimerFired, first->number));
    }
    [[nodiscard]] const reference::Executor* run() const { return run_.get(); }
    [[nodiscard]] std::size_t count(RecordKind kind) const {
        return static_cast<std::size_t>(std::ranges::count(records_, kind, &reference::Made::kind));
    }
    [[nodiscard]] std::vector<std::uint64_t> undone() const {
        std::vector<std::uint64_t> out;
        for (const auto& note : keys_) {
            if (note.what == reference::KeyNote::What::Undone) out.push_back(note.call);
        }
        return out;
    }

  private:
    void keep(reference::Out out) {
        std::ranges::move(out.records, std::back_inserter(records_));
        std::ranges::move(out.keys, std::back_inserter(keys_));
    }
    std::unique_ptr<differential::MachineRun> run_;
    std::vector<reference::Made> records_;
    std::vector<reference::KeyNote> keys_;
    std::int64_t now_ms_ = 0;
};

TEST(Regressions, TheTimeOfAStepThatReturnedDoesNotReachTheHooksAtTheEnd) {
    Fed run(R"(
workflow main() -> Int within 1d {
  step early {
    return 1
  }
    within 10s
  finally {
    step w.look(2)
  }
}
)");
    EXPECT_TRUE(run.ask(Ask::Kind::Attempt));
    EXPECT_EQ(run.timers(), 1U);  // that of the run
}

TEST(Regressions, AHitInAHookDoesNotTakeTheUndoOfTheStepAroundIt) {
    Fed run(R"(
workflow main() -> Int within 1d {
  after step (s, o) {
    step seen = w.look(1)
      cache 1h by s.name
    emit told("${o.ok} ${seen}")
  }
  step kept = w.put(1)
    compensate w.undo(kept)
  fail "no ${kept}"
}
)");
    run.answer(7);
    const auto looked = run.ask(Ask::Kind::Attempt);
    ASSERT_TRUE(looked);
    auto hit = fact(RecordKind::Hit, looked->number);
    hit.value = Value::integer(3);
    hit.source = HitSource::Cache;
    run.give(hit);
    EXPECT_EQ(run.count(RecordKind::UndoBegin), 1U);
}

TEST(Regressions, AnUndoCoversNothingOfARunBeforeItThatMayStand) {
    const std::string program = R"(
workflow child(n: Int) -> Int within 1h {
  step kept = w.put(n)
    compensate w.undo(kept)
  step seen = w.look(kept)
  return seen
}

workflow main() -> Int within 1d {
  step first = run child(1)
    compensate none "it may stand"
  step second = w.put(first)
    compensate w.undo(second)
  fail "no ${second}"
}
)";
    Fed run(program);
    const auto sub = run.ask(Ask::Kind::Sub);
    ASSERT_TRUE(sub);
    Fed child(program, "child", {Value::integer(1)});
    child.answer(2);
    child.answer(3);
    auto ended = fact(RecordKind::SubEnded, sub->number);
    ended.child = child.run();
    run.give(ended);
    run.answer(4);
    run.answer(0);  // the undo
    EXPECT_EQ(run.undone().size(), 1U);
}

TEST(Regressions, APassBeginsWithItsHookAlsoWhenTheOneBeforeRanOutOfTimeInIt) {
    Fed run(R"(
workflow main() -> Int within 1d {
  before step (s) {
    emit begins(s.name)
    step w.look(1)
  }
  step outer {
    step inner {
      step seen = w.look(2)
      seen
    }
      within 1m
    inner
  }
    retry 1 times on Timeout, backoff 1s to 1s
  return outer
}
)");
    EXPECT_EQ(run.count(RecordKind::Event), 1U);
    const auto looked = run.start();
    run.fire();  // the time of the inner step
    ASSERT_TRUE(run.ask(Ask::Kind::Cancel));
    auto cancelled = fact(RecordKind::Outcome, looked);
    cancelled.answer = reference::Answer::Cancelled;
    cancelled.error = "Cancelled";
    run.give(cancelled);
    EXPECT_EQ(run.count(RecordKind::Event), 1U);
    run.fire();  // the backoff before the next pass
    EXPECT_EQ(run.count(RecordKind::Event), 2U);
}

TEST(Regressions, AProbeThatFailsForGoodEndsAStepThatIsUndoneInDoubt) {
    Fed run(R"(
worker w.asked(key: Text) -> Int?
  effect  read
  timeout 30s

worker w.once(x: Int) -> Int
  effect  once
  probe   w.asked, settles in 5s
  timeout 30s

workflow main() -> Int within 1d {
  step sent = w.once(1)
    compensate even in doubt w.undo(sent ?? 0)
  return sent
}
)");
    auto lost = fact(RecordKind::Outcome, run.start());
    lost.answer = reference::Answer::Unknown;
    lost.error = "Timeout";
    run.give(lost);
    run.fire();  // it settles
    auto refused = fact(RecordKind::Outcome, run.start());
    refused.answer = reference::Answer::Failed;
    refused.error = "Rejected";
    run.give(refused);
    EXPECT_EQ(run.count(RecordKind::Hold), 0U);
    EXPECT_EQ(run.count(RecordKind::UndoBegin), 1U);
}

TEST(Regressions, WhatWasDoneAfterACallInABranchIsUndoneBeforeItHoweverManyBranchesThereAre) {
    constexpr std::int64_t kItems = 20;
    std::vector<Value> items;
    for (std::int64_t i = 1; i <= kItems; ++i) items.push_back(Value::integer(i));
    Fed run(R"(
workflow main(xs: List<Int> where length in 0..20, nothing: List<Int> where length in 0..4) -> Int
  within 1d
{
  step all = each x in xs, 20 at once {
    step kept = w.put(x)
      compensate w.undo(kept)
    step block = each y in nothing {
      y
    }
      compensate w.undo(0)
    count(block)
  }
  fail "no ${count(all)}"
}
)",
            "main", {Value::list(items), Value::list({})});
    for (std::int64_t i = 1; i <= kItems; ++i) run.answer(i);
    std::vector<std::int64_t> undone;
    while (const auto asked = run.ask(Ask::Kind::Attempt)) {
        undone.push_back(asked->arguments.front().as_int());
        run.answer(0);
    }
    std::vector<std::int64_t> expected;
    for (auto i = kItems; i >= 1; --i) {
        expected.push_back(0);
        expected.push_back(i);
    }
    EXPECT_EQ(undone, expected);
}

}  // namespace
}  // namespace weft
