// Limits at the engine's borders, on both of their sides: what a worker, a signal, a start may
// bring in, what a row of the store holds, and that the log can be read again whatever it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/api/world.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;

// `depth` levels of JSON; the innermost is a number.
std::string nested(std::uint32_t depth) {
    return std::string(depth - 1, '[') + "1" + std::string(depth - 1, ']');
}

// A text whose canonical bytes are so many.
std::string text_of(std::uint64_t bytes) {
    return Json(std::string(bytes - 5, 'x')).dump();
}

constexpr const char* kReads = R"wf(
worker big.read() -> Json
  effect read
  timeout 1m
  retry 3 times

workflow flow() -> Text
  within 1h
{
  step one = big.read()
  sleep 1s
  step two = big.read()
  return "read"
}
)wf";

constexpr const char* kWrites = R"wf(
worker big.write() -> Text
  effect idempotent for 1d
  timeout 1m
  retry 3 times

workflow flow() -> Int
  within 1h
{
  step one = big.write()
    compensate none "it is a test"
  sleep 1s
  return length(one)
}
)wf";

class Limits : public ::testing::Test {
  protected:
    // Runs `flow` with an engine that is killed while it sleeps; its status.
    std::string run_through_a_kill(World& world) {
        run_ = world.start("flow");
        for (int i = 0; i < 20; ++i) EXPECT_TRUE(world.core().turn(std::chrono::milliseconds(0)));
        world.crash();
        const auto status = world.finish(run_);
        world.expect_sound();
        return status;
    }
    std::string run_;
};

TEST_F(Limits, A_result_may_be_as_deep_as_a_value) {
    World world(kReads);
    world.gives("big.read", nested(kValueDepthMax));
    EXPECT_EQ(run_through_a_kill(world), "completed");
}

TEST_F(Limits, One_that_is_deeper_is_too_large_and_not_asked_for_again) {
    World world(kReads);
    world.gives("big.read", nested(kValueDepthMax + 1));
    EXPECT_EQ(run_through_a_kill(world), "failed");
    EXPECT_EQ(world.status(run_)["error"]["name"], "TooLarge");
    EXPECT_EQ(world.effects().size(), 1U);
}

TEST_F(Limits, A_result_may_be_as_large_as_a_value) {
    World world(kWrites);
    world.gives("big.write", text_of(kValueSizeMax));
    EXPECT_EQ(run_through_a_kill(world), "completed");
}

TEST_F(Limits, One_that_is_larger_waits_for_a_person_when_it_changed_the_world) {
    World world(kWrites);
    world.gives("big.write", text_of(kValueSizeMax + 1));
    EXPECT_EQ(run_through_a_kill(world), "held");
    EXPECT_EQ(world.effects().size(), 1U);
}

TEST_F(Limits, A_list_has_a_million_elements) {
    for (const bool is_over : {false, true}) {
        World world(kReads);
        std::string list = "[1";
        for (std::uint64_t i = 1; i < kListLengthMax + (is_over ? 1 : 0); ++i) list += ",1";
        world.gives("big.read", list + "]");
        EXPECT_EQ(run_through_a_kill(world), is_over ? "failed" : "completed");
    }
}

// Whatever a worker says of its failure, the run can be read again.
TEST_F(Limits, What_a_worker_says_of_a_failure_becomes_a_text) {
    for (const auto& said :
         {std::string("caf\xE9, \xC0\x80 and \xED\xA0\x80"), std::string(40 << 20, 'm'),
          std::string("\0 inside", 8), std::string("\xF0\x9F")}) {
        World world(kReads);
        world.worker("big.read", [said](const WorkerCall&) -> WorkerOutcome {
            WorkerError error{"Rejected", said, true, {}, {}};
            error.cost = {-5, "\xFFX"};
            return std::unexpected(std::move(error));
        });
        EXPECT_EQ(run_through_a_kill(world), "failed");
        const auto status = world.status(run_);
        EXPECT_EQ(status["error"]["name"], "Rejected");
        EXPECT_LE(status["error"]["message"].get<std::string>().size(), 17U << 10U);
        EXPECT_EQ(status["spent_micros"], 0);
    }
}

TEST_F(Limits, Signals_and_starts_may_be_as_deep_as_a_value) {
    constexpr const char* kProgram = R"wf(
workflow flow(first: Json) -> Text
  within 1h
{
  signal told: Json
  step heard = wait told within 10m
  sleep 1s
  return "heard"
}
)wf";
    World world(kProgram);
    const auto deep = nested(kValueDepthMax);
    EXPECT_FALSE(world.try_start("flow", R"({"first":)" + nested(kValueDepthMax + 1) + "}"));
    const auto started = world.try_start("flow", R"({"first":)" + nested(kValueDepthMax - 4) + "}");
    ASSERT_TRUE(started) << started.error().message;
    const auto run = to_hex(view(*started));
    world.refuses("signal",
                  {{"run", run}, {"signal", "told"}, {"value", nested(kValueDepthMax + 1)}});
    world.ask("signal", {{"run", run}, {"signal", "told"}, {"value", deep}});
    world.crash();
    EXPECT_EQ(world.finish(run), "completed");
    world.expect_sound();
}

// Up to here a payload stands in its row, behind it in a file of its own.
TEST_F(Limits, A_row_holds_64_KiB) {
    // Of an outcome around its value: the head, error, message, no delay, a currency.
    constexpr std::size_t kOwnBytes = 5 + 5 + 5 + 1 + 5 + 3;
    for (const bool is_over : {false, true}) {
        World world(kWrites);
        world.gives("big.write", text_of((64 << 10) - kOwnBytes + (is_over ? 1 : 0)));
        EXPECT_EQ(run_through_a_kill(world), "completed");
        const auto files = world.core().store().files(run_id(run_));
        ASSERT_TRUE(files);
        EXPECT_EQ(files->size(), is_over ? 1U : 0U) << (files->empty() ? 0 : files->front().size);
    }
}

}  // namespace
}  // namespace weft::testing
