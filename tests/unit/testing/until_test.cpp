// `until` where `within` may stand: on a workflow, on a run, around inner steps; and named choices.
#include "tests/unit/testing/support.h"

namespace weft::test {
namespace {

constexpr auto kUntil = R"(
worker crm.read(id: Text) -> Text
  effect read
  timeout 10h

workflow child(id: Text) -> Text
  within 10h
{
  step got = crm.read(id)
  return got
}

workflow flow(id: Text, last: Time, pause: Duration) -> Text
  until last + 1d
{
  step inner {
    step got = crm.read(id)
    got
  }
    until last
    on Timeout {
      "late"
    }
  step sub = run child(id)
    until last + 1h
    on Timeout (e) {
      "${e.name} of ${e.step}"
    }
  sleep pause
  return "${inner}, ${sub}"
}
)";

TEST(Until, BoundsABlockARunAndAWorkflow) {
    EXPECT_EQ(run_one(kUntil, R"(
  mock crm.read returns "x" after 2h
  run flow("1", 2026-01-01T03:00:00Z, 1h)
  expect output == "x, x"
  expect elapsed == 5h
  run flow("1", 2026-01-01T01:00:00Z, 1h)
  expect output == "late, Timeout of flow.sub"
  expect elapsed == 3h
  run flow("1", 2026-01-01T03:00:00Z, 3d)
  expect status == failed
  expect error.name == "Timeout"
  expect elapsed == 27h
)"),
              "ok");
}

constexpr auto kChoice = R"(
worker crm.read(id: Text) -> Text
  effect read
  timeout 5s

worker crm.write(text: Text) -> Text
  effect idempotent for 1d
  timeout 5s

worker crm.erase(text: Text) -> Bool
  effect idempotent for 1d
  timeout 5s
  retry   3 times

workflow flow(is_new: Bool) -> Text
  within 1d
{
  tune depth: Int = 1
  step text = if is_new {
    step made = crm.write("new ${depth}")
      compensate crm.erase(made)
    made
  } else {
    step found = crm.read("old ${depth}")
    found
  }
  gate long_enough {
    require length(text) > 3
    otherwise retry from text with depth = 2, up to 2 times
    otherwise fail "too short"
  }
  return text
}
)";

TEST(Until, AGateGoesBackToANamedChoice) {
    EXPECT_EQ(run_one(kChoice, R"(
  mock crm.write returns "a" then "abcd"
  mock crm.read  returns "a" then "b" then "bcde"
  mock crm.erase returns true
  run flow(true)
  expect output == "abcd"
  expect steps.text.generations == 2
  expect calls(crm.erase) == 1
  run flow(false)
  expect output == "bcde"
  expect steps.text.attempts == 3
)"),
              "ok");
}

}  // namespace
}  // namespace weft::test
