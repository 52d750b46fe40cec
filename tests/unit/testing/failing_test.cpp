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

TEST(Failing, InACrashTestTheWorldKnowsWhatWasDone) {
    EXPECT_EQ(run_one(kOnce, R"(
  mock mail.send fails Transient 1 times then returns "sent"
  mock fax.send  returns "faxed"
  run flow()
  expect output == "sent faxed"
)",
                      {.filter = {}, .coverage = false, .crashes = true}),
              "ok");
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
