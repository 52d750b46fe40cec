// Tests of tests: what mocks say, how time goes, who decides, and what expectations print.
#include "testing/runner.h"

#include "tests/unit/testing/support.h"

namespace weft::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kBank = R"(
error Declined {
  reason: Text
}

worker bank.rate(day: Text) -> Decimal
  effect read
  timeout 5s
  retry 3 times, backoff 1s to 10s

worker bank.charge(cents: Int) -> Text
  effect idempotent for 1d
  fails Declined
  timeout 30s

worker bank.refund(receipt: Text) -> Bool
  effect idempotent for 1d
  timeout 30s

worker post.letter(text: Text) -> Text
  effect once
  timeout 30s

workflow buying(cents: Int) -> Text
  within 2d
{
  step rate = bank.rate("today")
  step receipt = bank.charge(cents)
    compensate bank.refund(receipt)
  emit bought(receipt)
  if rate > 1.0 {
    fail "too dear"
  }
  return receipt
}
)";

constexpr auto kMocked = R"(
  mock bank.rate   returns 0.50
  mock bank.charge returns "r1"
  mock bank.refund return any
)";

TEST(Runner, ARunAndWhatCanBeReadOfIt) {
    EXPECT_EQ(run_one(kBank, std::string(kMocked) + R"(
  run buying(500)
  expect status == completed
  expect output == "r1"
  expect elapsed == 0s
  expect steps.rate.attempts == 1
  expect steps.receipt.generations == 1
  expect calls(bank) == 2
  expect calls(bank.refund) == 0
  expect events == ["bought"]
  expect events.bought == ["r1"]
)"),
              "ok");
}

TEST(Runner, BothSidesOfAnExpectationArePrinted) {
    EXPECT_EQ(run_one(kBank, std::string(kMocked) + R"(
  let wanted = "r2"
  run buying(500)
  expect output == wanted
  expect status != completed
  expect elapsed > 90m
  expect calls(bank) in [1, 3]
  expect not (output == "r1")
)"),
              R"(failed
  the expectation does not hold: "r1" == "r2"
  the expectation does not hold: completed != completed
  the expectation does not hold: 0s > 1h 30m
  the expectation does not hold: 2 in [1, 3]
  the expectation does not hold)");
}

TEST(Runner, WhatFailsIsUndoneAndSaysWhy) {
    EXPECT_EQ(run_one(kBank, R"(
  mock bank.rate   returns 1.50
  mock bank.charge returns "r1"
  mock bank.refund return any
  run buying(500)
  expect status == compensated
  expect error.name == "Failed"
  expect error.message == "too dear"
  expect calls(bank.refund) == 1
  expect output == "r1"
)"),
              "failed\n  the run has no output, it ended with Failed: too dear");
}

TEST(Runner, MocksFailTimeOutAndAreLate) {
    EXPECT_EQ(run_one(kBank, R"(
  mock bank return any
  mock bank.rate fails Unavailable("down") 2 times then times out then returns 0.1 after 2s
  run buying(1)
  expect steps.rate.attempts == 4
  expect elapsed >= 7s
  expect elapsed <= 7s + 1s + 2s + 4s
  expect status == completed
)"),
              "ok");
    EXPECT_EQ(run_one(kBank, R"(
  mock bank return any
  mock bank.rate returns 0.1 after 6s then returns 0.2
  run buying(1)
  expect steps.rate.attempts == 2
  expect status == completed
)"),
              "ok");
    EXPECT_EQ(run_one(kBank, R"(
  mock bank.rate return any
  mock bank.charge fails Declined(reason: "no money")
  run buying(1)
  expect status == failed
  expect error.name == "Declined"
  expect error.message == "no money"
)"),
              "ok");
}

TEST(Runner, AMockThatHasSaidAllLeavesItToTheNext) {
    EXPECT_EQ(run_one(kBank, R"(
  mock bank return any
  mock step receipt returns "first" then "second"
  run buying(1)
  expect output == "first"
  run buying(1)
  expect output == "second"
  run buying(1)
  expect output == "second"
  mock step receipt fails Declined 1 times
  run buying(1)
  expect status == failed
  run buying(1)
  expect status == completed
)"),
              "ok");
}

TEST(Runner, AnUnmockedEffectIsAnError) {
    const auto text = run_one(kBank, R"(
  mock bank.rate   returns 1.50
  mock bank.charge returns "r1"
  run buying(500)
  expect status == compensated
)");
    EXPECT_THAT(text, HasSubstr("test-hits-real-worker"));
    EXPECT_THAT(text, HasSubstr("`bank.refund`"));
}

TEST(Runner, AnEffectInDoubtWaitsForAPerson) {
    EXPECT_EQ(run_one(std::string(kBank) + R"(
workflow writing(text: Text) -> Text within 1h {
  step letter = post.letter(text)
    compensate none "it is only a letter"
  return letter
}
)",
                      R"(
  mock post.letter times out
  run writing("dear")
  expect status == held
  expect calls(post) == 1
)"),
              "ok");
}

constexpr auto kGate = R"(
record Note {
  text:  Text
  score: Int
}

worker pen.write(text: Text) -> Note
  effect read
  timeout 5s

workflow noted(text: Text) -> Note
  within 9d
{
  step note = pen.write(text)
  gate quality {
    require note.score >= 5

    otherwise retry from note up to 1 times
    otherwise review note by "editor" within 24h
    otherwise review note by "chief" within 2d
    otherwise fail "nobody wanted it"
  }
  return note
}
)";

TEST(Runner, PeopleDecideInTheirOwnTime) {
    const std::string weak = "  mock step note returns Note(text: \"x\", score: 1)\n";
    EXPECT_EQ(run_one(kGate, weak + R"(
  decide quality as "ann" in "editor" after 3h: approve "fine"
  run noted("x")
  expect status == completed
  expect elapsed == 3h
  expect steps.note.generations == 2
)"),
              "ok");
    EXPECT_EQ(run_one(kGate, weak + R"(
  decide quality as "ann" in "editor" after 1h: reject "no"
  decide quality as "bob" in "chief" after 2h: revise note = Note(text: "y", score: 9)
  run noted("x")
  expect elapsed == 3h
  expect output.text == "y"
)"),
              "ok");
    EXPECT_EQ(run_one(kGate, weak + R"(
  decide quality as "bob" in "chief" after 47h: approve
  run noted("x")
  expect status == completed
  expect elapsed == 71h
)"),
              "ok");
    EXPECT_EQ(run_one(kGate, weak + R"(
  decide quality as "ann" in "editor" after 25h: approve
  decide quality as "bob" in "chief" after 1h: reject
  decide quality as "bob" in "chief" after 1h: approve
  run noted("x")
  expect status == failed
)"),
              "ok\n  note: a decision of \"ann\" came when its review was over, or did not fit it\n"
              "  note: nobody asked \"chief\" to decide noted.quality");
}

constexpr auto kEach = R"(
worker crm.read(id: Text) -> Text
  effect read
  timeout 5s

worker crm.write(all: List<Text>) -> Int
  effect idempotent for 1d
  timeout 5s

worker crm.erase(count: Int) -> Bool
  effect idempotent for 1d
  timeout 5s

workflow copied(ids: List<Text> where length in 0..9) -> Int
  within 1h
{
  step names = each id in ids, 2 at once {
    step name = crm.read(id)
  }
  step group {
    step written = crm.write(names)
      compensate crm.erase(written)
  }
  if count(names) > 5 {
    fail "too many"
  }
  return count(names)
}
)";

TEST(Runner, ACompositeStepIsMockedAsAWhole) {
    EXPECT_EQ(run_one(kEach, R"(
  mock step names returns ["a", "b", "c"]
  mock step group returns 7
  run copied(ids: [])
  expect output == 3
  expect steps.names.attempts == 1
  expect calls(crm) == 0
)"),
              "ok");
    EXPECT_EQ(run_one(kEach, R"(
  mock crm return any
  mock step names.name returns "x"
  run copied(ids: ["1", "2", "3"])
  expect output == 3
  expect steps.names.attempts == 3
  expect steps.names.name.attempts == 3
)"),
              "ok");
}

TEST(Runner, ACrashChangesNothing) {
    for (const std::string crash : {"after name", "before name", "after names", "before written"}) {
        EXPECT_EQ(run_one(kEach, "  crash " + crash + R"(
  mock crm return any
  mock step name returns "x" after 1s
  run copied(ids: ["1", "2", "3"])
  expect output == 3
  expect calls(crm.write) in [1, 2]
)"),
                  "ok")
            << crash;
    }
}

TEST(Runner, ACrashAfterEachFactChangesNothing) {
    EXPECT_EQ(run_one(kEach, R"(
  mock crm.read    returns "x"
  mock crm.write   returns 1
  mock crm.erase   return any
  run copied(ids: ["1", "2", "3", "4", "5", "6"])
  expect status == compensated
)",
                      {.filter = {}, .coverage = false, .crashes = true}),
              "ok");
}

TEST(Runner, AFilterChoosesByTitle) {
    const auto results = run_text(std::string(kEach) + R"(
test "one" { expect 1 == 1 }
test "two" { expect 1 == 2 }
)",
                                  {.filter = "on", .coverage = false, .crashes = false});
    ASSERT_EQ(results.tests.size(), 1U);
    EXPECT_EQ(results.tests[0].title, "one");
}

TEST(Runner, CoverageNamesWhatNoTestReaches) {
    auto gaps = [](const std::string& text) {
        std::string out;
        for (const auto& gap :
             run_text(text, {.filter = {}, .coverage = true, .crashes = false}).coverage.gaps) {
            out += gap.what + "\n";
        }
        return out;
    };
    const std::string short_test = R"(
test "a few" {
  mock crm return any
  run copied(ids: [])
}
)";
    const std::string long_test = R"(
test "too many" {
  mock crm return any
  run copied(ids: ["1", "2", "3", "4", "5", "6"])
}
)";
    EXPECT_EQ(gaps(std::string(kEach) + short_test),
              "`copied.group.written` is never undone\n`if count(names) > 5` is never true\n");
    EXPECT_EQ(gaps(std::string(kEach) + short_test + long_test), "");
    EXPECT_THAT(gaps(std::string(kGate) + R"(
test "good" {
  mock step note returns Note(text: "x", score: 9)
  run noted("x")
}
)"),
                StartsWith("the gate `noted.quality` never takes `retry from note up to 1 times`"));
}

TEST(Runner, TestsAreNoPartOfTheProgram) {
    const Compiled bare = compile_text(kBank);
    const Compiled tested = compile_text(std::string(kBank) + R"(
test "it" {
  mock bank return any
  run buying(1)
  expect status == completed and count([1, 2, 3]) == 3
}
)");
    ASSERT_TRUE(tested.tests);
    EXPECT_EQ(ir::program_hash(bare.module), ir::program_hash(tested.module));
    EXPECT_FALSE(bare.tests);
}

}  // namespace
}  // namespace weft::test
