// Runs beside the run of a test: sub-workflows under the same clock, keys and caches that hold over
// runs; and blocks that are mocked as a whole.
#include "testing/runner.h"
#include "tests/unit/testing/support.h"

namespace weft::test {
namespace {

constexpr auto kParent = R"(
worker crm.read(id: Text) -> Text
  effect read
  timeout 5s

worker crm.write(text: Text) -> Text
  effect idempotent for 1d
  timeout 5s

worker crm.erase(text: Text) -> Bool
  effect idempotent for 1d
  timeout 5s

workflow child(id: Text) -> Text
  within 1h
{
  step got = crm.read(id)
  step written = crm.write(got)
    compensate crm.erase(written)
  emit inner(written)
  return written
}

workflow parent(id: Text, limit: Int) -> Text
  within 2h
{
  step sub = run child(id)
  emit outer(sub)
  if length(sub) > limit {
    fail "too long"
  }
  return "${sub}!"
}
)";

TEST(Runs, ASubRunSharesClockMocksAndCounts) {
    const std::string mocks = R"(
  mock crm return any
  mock crm.read  returns "in" after 2s
  mock crm.write returns "out" after 3s
)";
    EXPECT_EQ(run_one(kParent, mocks + R"(
  run parent("1", 5)
  expect output == "out!"
  expect elapsed == 5s
  expect events == ["outer"]
  expect calls(crm) == 2
  expect steps.got.attempts == 1
)"),
              "ok");
    EXPECT_EQ(run_one(kParent, mocks + R"(
  run parent("1", 1)
  expect status == compensated
  expect calls(crm.erase) == 1
)"),
              "ok");
    EXPECT_EQ(run_one(kParent, R"(
  mock crm.read fails Rejected("nobody")
  run parent("1", 1)
  expect status == failed
  expect error.message == "nobody"
)"),
              "ok");
}

TEST(Runs, ASubRunIsMockedAsAWhole) {
    EXPECT_EQ(run_one(kParent, R"(
  mock step sub returns "x"
  run parent("1", 5)
  expect output == "x!"
  expect calls(crm) == 0
  expect steps.sub.attempts == 1
)"),
              "ok");
}

TEST(Runs, ACrashLeavesSubRunsAsTheyAre) {
    EXPECT_EQ(run_one(kParent, R"(
  mock crm return any
  mock crm.write returns "out"
  run parent("1", 1)
  expect status == compensated
)",
                      {.filter = {}, .coverage = false, .crashes = true}),
              "ok");
}

constexpr auto kKeyed = R"(
worker bank.pay(order: Text, cents: Int) -> Text
  effect idempotent for 1d
  timeout 5s

worker bank.rate(day: Text) -> Decimal
  effect read
  timeout 5s

workflow paying(order: Text, cents: Int) -> Text
  within 1h
{
  step rate = bank.rate("today")
    cache 10m by "today"
  step paid = bank.pay(order, cents)
    key order
    compensate none "it was due"
  emit at(rate)
  return paid
}
)";

TEST(Runs, KeysAndCachesHoldOverTheRunsOfATest) {
    EXPECT_EQ(run_one(kKeyed, R"(
  mock bank.pay  returns "P-1" then "P-2"
  mock bank.rate returns 0.5 then 0.6
  run paying("O-1", 5)
  expect output == "P-1"
  run paying("O-1", 5)
  expect output == "P-1"
  expect calls(bank) == 0
  expect events.at == [0.5]
  run paying("O-1", 6)
  expect error.name == "Trap"
  run paying("O-2", 6)
  expect output == "P-2"
)"),
              "ok");
}

constexpr auto kBlocks = R"(
worker web.get(page: Int) -> Text
  effect read
  timeout 5s

workflow fetched(first: Int) -> Text
  within 1h
{
  step text = repeat page = first, up to 3 times {
    step got = web.get(page)
    if length(got) > 0 {
      done got
    }
    next page + 1
  } else {
    fail "nothing there"
  }
  step fast = parallel first ok {
    step left = web.get(1)
    step right = web.get(2)
  }
  return "${text} ${fast}"
}
)";

TEST(Runs, RepeatAndParallelRunAndAreMocked) {
    EXPECT_EQ(run_one(kBlocks, R"(
  mock web.get         returns ""
  mock step text.got   returns "" then "found"
  mock step fast.left  returns "l" after 2s
  mock step fast.right returns "r" after 1s
  run fetched(1)
  expect output == "found r"
  expect elapsed == 1s
  expect steps.text.generations == 2
)"),
              "ok");
    EXPECT_EQ(run_one(kBlocks, R"(
  mock step text returns "a"
  mock step fast returns "b"
  run fetched(1)
  expect output == "a b"
  expect calls(web) == 0
)"),
              "ok");
}

}  // namespace
}  // namespace weft::test
