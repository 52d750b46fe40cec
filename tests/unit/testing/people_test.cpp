// The world outside of a test's runs: reviews with lines and forms, signals, locks.
#include "testing/runner.h"
#include "tests/unit/testing/support.h"

namespace weft::test {
namespace {

constexpr auto kReview = R"(
record Grade {
  points: Int where it in 0..10
}

workflow grading(text: Text) -> Int
  within 9d
{
  step graded = review text by "teacher" within 2d
    needing 2 approvals
    except "eve"
    overdue by "head" within 1d
    asking Grade
  return graded.value.points
}
)";

TEST(People, ReviewsHaveLinesAndForms) {
    EXPECT_EQ(run_one(kReview, R"(
  decide graded as "ann" in "teacher" after 3h: approve form = Grade(points: 3)
  decide graded as "bob" in "head" after 1h: approve form = Grade(points: 7) "generous"
  run grading("x")
  expect output == 7
  expect elapsed == 2d + 1h
)"),
              "ok");
    EXPECT_EQ(run_one(kReview, R"(
  decide graded as "eve" in "teacher" after 3h: approve form = Grade(points: 3)
  run grading("x")
  expect status == failed
  expect error.name == "Expired"
  expect elapsed == 3d
)"),
              "ok\n  note: a decision of \"eve\" came when its review was over, or did not fit it");
    EXPECT_EQ(run_one(kReview, R"(
  decide graded as "ann" in "teacher" after 3h: reject "it is empty"
  run grading("x")
  expect error.name == "Rejected"
  expect elapsed == 3h
)"),
              "ok");
}

constexpr auto kSignals = R"(
workflow paid(order: Text) -> Text
  within 9d
{
  signal money: Int
  signal note: Text
  step cents = wait money within 3d else { 0 }
  step said = wait note within 1d else { "nothing" }
  return "${order}: ${cents}, ${said}"
}
)";

constexpr auto kSameName = R"(
worker post.send(text: Text)
  effect  idempotent for 1h
  timeout 5s

worker post.revoke(text: Text)
  effect  idempotent for 1h
  timeout 5s
  retry   2 times

workflow clerk(amount: Int) -> Int
  within 2d
{
  step seen = review amount by "clerk" within 1d
  return seen.value
}

workflow boss(text: Text) -> Text
  within 9d
{
  step post.send(text)
    compensate post.revoke(text)
  step amount = run clerk(3)
  step seen = review text by "boss" within 1d
  return "${amount} ${seen.value}"
}
)";

TEST(People, ADecisionIsForTheReviewThatAsksItsRole) {
    EXPECT_EQ(run_one(kSameName, R"(
  mock post.send returns after 2s
  decide seen as "bob" in "boss" after 1h: revise text = "else"
  decide seen as "ann" in "clerk" after 1h: revise amount = 4
  decide seen as "ann" in "clerk" after 2h: approve
  decide seen as "bob" in "boss" after 2h: approve
  run boss("x")
  expect output == "4 else"
  expect calls == ["post.send"]
)"),
              "ok");
    // The calls of a run are there in their order, with what undoes.
    EXPECT_EQ(run_one(kSameName, R"(
  mock post.send   returns
  mock post.revoke fails Unavailable 1 times then returns after 1s
  decide seen as "ann" in "clerk" after 1h: reject
  run boss("x")
  expect status == compensated
  expect calls == ["post.send", "post.revoke", "post.revoke"]
)"),
              "ok");
}

TEST(People, SignalsComeInTheirOwnTime) {
    EXPECT_EQ(run_one(kSignals, R"(
  send money(5) after 2d
  send note("early") after 1h
  run paid("O-1")
  expect output == "O-1: 5, early"
  expect elapsed == 2d
)"),
              "ok");
    EXPECT_EQ(run_one(kSignals, R"(
  run paid("O-1")
  expect output == "O-1: 0, nothing"
  expect elapsed == 4d
)"),
              "ok");
    EXPECT_EQ(run_one(kSignals, R"(
  mock step cents returns 7
  crash after cents
  send note("x") after 2h
  run paid("O-1")
  expect output == "O-1: 7, x"
)"),
              "ok");
}

TEST(People, ARunGetsItsLock) {
    EXPECT_EQ(run_one(R"(
workflow alone(order: Text) -> Text
  within 1h
{
  lock order within 5m else {
    fail "busy"
  }
  return order
}
)",
                      R"(
  run alone("O-1")
  expect output == "O-1"
  run alone("O-1")
  expect status == completed
)"),
              "ok");
}

}  // namespace
}  // namespace weft::test
