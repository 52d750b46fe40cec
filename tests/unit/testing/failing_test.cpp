// Mocks that fail with the fields of an error, and what a probe says after a crash.
#include "tests/unit/testing/support.h"

namespace weft::test {
namespace {

constexpr auto kErrors = R"(
error Declined {
  reason: Text
  code:   Int
}

worker bank.pay(amount: Int) -> Text
  effect  read
  fails   Declined
  timeout 5s

workflow flow() -> Text
  within 1h
{
  step payment = bank.pay(1)
    on Declined (e) {
      if e.code == 7 {
        fail e
      }
      "${e.reason} ${e.code}"
    }
  return payment
}
)";

TEST(Failing, MocksFailWithFields) {
    EXPECT_EQ(run_one(kErrors, R"(
  mock bank.pay fails Declined(reason: "no cover", code: 51)
  run flow()
  expect output == "no cover 51"
)"),
              "ok");
    EXPECT_EQ(run_one(kErrors, R"(
  mock bank.pay fails Declined
  run flow()
  expect output == " 0"
)"),
              "ok");
    EXPECT_EQ(run_one(kErrors, R"(
  mock bank.pay fails Declined(reason: "no cover", code: 7)
  run flow()
  expect status == failed
  expect error.name == "Declined"
  expect Declined.from(error) != none
  expect match Declined.from(error) {
    none => false
    e => e.code == 7 and e.reason == "no cover"
  }
)"),
              "ok");
}

constexpr auto kOnce = R"(
worker mail.send(to: Text) -> Text
  effect  once
  probe   mail.status
  timeout 5s
  retry   3 times, backoff 1s to 1s

worker mail.status(key: Text) -> Text?
  effect  read
  timeout 5s

worker fax.send(to: Text) -> Text
  effect  once
  timeout 5s

workflow flow() -> Text
  within 1h
{
  step sent = mail.send("ann")
    compensate none "it is sent"
  step faxed = fax.send("bob")
    compensate none "it is sent"
  return "${sent} ${faxed}"
}
)";

constexpr auto kCounted = R"(
worker post.send() -> Text
  effect  idempotent for 1h
  timeout 5s

workflow flow() -> Text
  within 2d
{
  step send = post.send()
    on Unavailable (e) {
      "after ${e.attempts}"
    }
    compensate none "it is sent"
  return send
}
)";

constexpr auto kSentAgain = R"(
worker post.send() -> Text
  effect  idempotent for 1h
  timeout 5s

worker post.note()
  effect  idempotent for 1h
  timeout 5s

workflow flow() -> Text
  within 2d
{
  step send = post.send()
    compensate none "it is sent"
  return send
}
)";

TEST(Failing, InACrashTestTheWorldKnowsWhatWasDone) {
    EXPECT_EQ(run_one(kOnce, R"(
  mock mail.send fails Transient 1 times then returns "sent"
  mock fax.send  returns "faxed"
  run flow()
  expect output == "sent faxed"
)",
                      {.filter = {}, .coverage = false, .crashes = true}),
              "ok");
    // Sent again it fails as before, which says nothing of the first; so the person is asked who
    // knows what the world knows, and the run ends as it does without a crash.
    EXPECT_EQ(run_one(kSentAgain, R"(
  mock post.send fails Unavailable
  mock post.note returns
  run flow()
  expect status == failed
  expect calls(post.send) >= 1
)",
                      {.filter = {}, .coverage = false, .crashes = true}),
              "ok");
    // What is not the same is said.
    EXPECT_THAT(run_one(kCounted, R"(
  mock post.send fails Unavailable
  run flow()
  expect status == completed
)",
                        {.filter = {}, .coverage = false, .crashes = true}),
                ::testing::HasSubstr("the run ends otherwise: its output is not the same"));
    // Where an attempt timed out nobody knows: the probe must be mocked.
    EXPECT_THAT(run_one(kOnce, R"(
  mock mail.send times out
  mock fax.send  returns "faxed"
  run flow()
  expect output == "sent faxed"
)"),
                ::testing::HasSubstr("test-hits-real-worker"));
}

}  // namespace
}  // namespace weft::test
