// What `weft check --bounds` computes.
#include <gtest/gtest.h>

#include <limits>

#include "compiler/lint/bounds.h"
#include "tests/unit/compiler/check_support.h"

namespace weft::lint {
namespace {

const std::string kWorkers = R"wf(
worker crm.read(id: Text) -> Text
  effect read
  timeout 10s
  retry 2 times, backoff 1s to 1s
  costs 0.01 USD

worker crm.judge(text: Text) -> Decimal
  effect read
  timeout 10s

worker crm.create(id: Text) -> Text
  effect idempotent for 1d
  timeout 20s

worker crm.remove(key: Text) -> Bool
  effect idempotent for 1d
  timeout 5s
  retry 1 times, backoff 1s to 1s

)wf";

WorkflowBounds bounds(const std::string& parameters, const std::string& lines) {
    Compiled compiled =
        compile_text(kWorkers + "workflow flow(" + parameters +
                     ")\n  within 30d\n  costing at most 9.00 USD\n{\n" + lines + "\n}\n");
    std::string messages;
    for (const auto& d : compiled.diagnostics.items()) messages += d.message + "\n";
    EXPECT_TRUE(compiled.ok) << messages;
    if (!compiled.ok) return {};
    return compiled.bounds.front();
}

TEST(Bounds, ItemsRunSideBySideAndAttemptsOneAfterTheOther) {
    auto b = bounds("ids: List<Text> where length in 1..10",
                    "  each id in ids, 4 at once {\n    step crm.read(id)\n  }");
    EXPECT_EQ(count_text(b.happy.attempts), "10");
    EXPECT_EQ(count_text(b.worst.attempts), "30");
    EXPECT_EQ(time_text(b.happy.time_ms), "30s");
    EXPECT_EQ(time_text(b.worst.time_ms), "1m 36s");
    EXPECT_EQ(money_text(b.happy.micros), "0.10 USD");
    EXPECT_EQ(money_text(b.worst.micros), "0.30 USD");
    EXPECT_EQ(count_text(b.worst.effects), "0");
}

TEST(Bounds, WhatNothingBoundsStaysASymbol) {
    auto b =
        bounds("ids: List<Text>",
               "  step one = crm.read(\"a\")\n  emit seen(one)\n  each id in ids, 2 at once {\n"
               "    step crm.read(id)\n  }");
    EXPECT_EQ(count_text(b.worst.attempts), "3 + 3 × length(ids)");
    EXPECT_EQ(count_text(b.happy.attempts), "1 + length(ids)");
    EXPECT_EQ(time_text(b.worst.time_ms), "32s + 32s × ⌈length(ids)/2⌉");
    EXPECT_EQ(money_text(b.worst.micros), "0.03 USD + 0.03 USD × length(ids)");
}

TEST(Bounds, AGateCountsEveryRung) {
    auto b = bounds("id: Text", R"wf(  step name = crm.read(id)
    retry 0 times
  gate fine {
    require crm.judge(name) >= 0.5
    otherwise retry from name up to 2 times
    otherwise review name by "editor" within 1d
    otherwise fail "not fine"
  })wf");
    EXPECT_EQ(count_text(b.happy.attempts), "2");
    // Three rounds of both, and the revised name is judged once more.
    EXPECT_EQ(count_text(b.worst.attempts), "7");
    EXPECT_EQ(time_text(b.worst.time_ms), "1d 1m 10s");
}

TEST(Bounds, TheLongerBranchCounts) {
    auto b = bounds("id: Text, known: Bool", R"wf(  if known {
    step crm.read(id)
  } else {
    step crm.judge(id)
    step again = crm.judge(id)
    emit seen(again)
  })wf");
    EXPECT_EQ(count_text(b.happy.attempts), "2");
    EXPECT_EQ(count_text(b.worst.attempts), "3");
}

TEST(Bounds, ARetriedBlockRunsAsAWhole) {
    auto b = bounds("id: Text", R"wf(  step both {
    step crm.judge(id)
    step again = crm.judge(id)
    emit seen(again)
  }
    retry 2 times, backoff 1s to 1s)wf");
    EXPECT_EQ(count_text(b.worst.attempts), "6");
    EXPECT_EQ(time_text(b.worst.time_ms), "1m 2s");
}

TEST(Bounds, CompensationIsCountedApart) {
    auto b = bounds("ids: List<Text> where length in 0..5", R"wf(  each id in ids {
    step made = crm.create(id)
      compensate crm.remove(made)
  }
  step crm.read("x"))wf");
    EXPECT_EQ(count_text(b.worst.effects), "5");
    EXPECT_EQ(count_text(b.undo.attempts), "10");
    EXPECT_EQ(count_text(b.undo.effects), "5");
    EXPECT_EQ(time_text(b.undo.time_ms), "55s");
}

TEST(Bounds, TablesAndJson) {
    auto b = bounds("id: Text", "  sleep 90m\n  step crm.read(id)");
    EXPECT_EQ(bounds_text({b}),
              "flow\n"
              "             happy path  worst case  compensation  allowed\n"
              "  attempts   1           3           0\n"
              "  effects    0           0           0\n"
              "  wall time  1h 30m 10s  1h 30m 32s  0s            30d\n"
              "  spend      0.01 USD    0.03 USD    nothing       9.00 USD\n");
    EXPECT_NE(bounds_json({b}).find(R"("worst":{"attempts":{"number":3})"), std::string::npos);
}

TEST(Quantities, StopAtALimitInsteadOfOverflowing) {
    Quantity big = Quantity(1'000'000'000'000).times(1'000'000'000'000);
    big += big;
    EXPECT_EQ(big.number(), std::numeric_limits<std::int64_t>::max());
    EXPECT_TRUE(Quantity(5).times(0).is_zero());
    EXPECT_EQ(count_text(Quantity(2).times("b").times("a").max(Quantity(3))), "3 + 2 × a × b");
    EXPECT_EQ(count_text(Quantity(2).times("a").min(Quantity(3))), "0");
}

}  // namespace
}  // namespace weft::lint
