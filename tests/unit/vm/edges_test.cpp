// The machine's limits at their very edges: the most that passes, and one more, which does not.
#include <gmock/gmock.h>

#include <functional>

#include "tests/unit/vm/harness.h"
#include "vm/limits.h"

namespace weft::vm {
namespace {

using ::testing::HasSubstr;
using testing::ImageBuilder;

struct Ended {
    bool completed = false;
    std::string message;  // of the failure
    std::uint64_t fuel = 0;
};

// A run that comes to its end by itself, on one machine alone: what it holds is large.
Ended run(const ImageBuilder& b, std::vector<Value> input) {
    const auto image = std::make_shared<const Image>(b.image);
    const auto verified = verify_image(*image);
    EXPECT_TRUE(verified) << verified.error().message;
    Machine machine(image, testing::make_begin(std::move(input)));
    const auto commands = machine.start().commands;
    Ended out;
    out.completed = machine.status() == RunStatus::Completed;
    if (!out.completed) out.message = machine.result().items()[1].as_text();
    out.fuel = commands.back().fuel;
    return out;
}

// The largest number for which it passes: somewhere in the 4,096 before `about` and after it.
std::uint64_t edge(std::uint64_t about, const std::function<bool(std::uint64_t)>& passes) {
    std::uint64_t low = about - 4096;
    std::uint64_t end = about + 4096;
    EXPECT_TRUE(passes(low));
    EXPECT_FALSE(passes(end));
    while (low + 1 < end) {
        const auto middle = low + (end - low) / 2;
        (passes(middle) ? low : end) = middle;
    }
    return low;
}

Value text_of(std::uint64_t letters) {
    return Value::text(std::string(letters, 'x'));
}

// Compares two large texts again and again, which is paid for by their size.
TEST(Edges, Fuel) {
    ImageBuilder b;
    auto flow = b.workflow(2, 3, 3);
    for (int i = 0; i < 110; ++i) flow.op(Opcode::Equal, 2, 0, 1);
    flow.end(0);
    const auto with = [&](std::uint64_t letters) {
        return run(b, {text_of(letters), Value::text(std::string(letters, 'y'))});
    };
    const auto most = edge(kFuelBetweenRecordsMax / 110 * 16,
                           [&](auto letters) { return with(letters).completed; });
    const auto below = with(most);
    EXPECT_LE(below.fuel, kFuelBetweenRecordsMax);
    EXPECT_GT(below.fuel, kFuelBetweenRecordsMax - 200);  // a letter more in each comparison
    const auto above = with(most + 1);
    EXPECT_FALSE(above.completed);
    EXPECT_THAT(above.message, HasSubstr("computes too long"));
    EXPECT_GT(above.fuel, kFuelBetweenRecordsMax);
}

TEST(Edges, WhatARunHoldsAtRest) {
    ImageBuilder b;
    auto flow = b.workflow(1, 5, 5);
    for (std::uint32_t i = 1; i < 5; ++i) flow.op(Opcode::Move, i, 0);
    flow.end(1);
    const auto with = [&](std::uint64_t letters) { return run(b, {text_of(letters)}); };
    const auto most = edge(kRunBytesMax / 5, [&](auto letters) { return with(letters).completed; });
    EXPECT_LE(5 * most, kRunBytesMax);
    EXPECT_GT(5 * most, kRunBytesMax - 1024);
    EXPECT_THAT(with(most + 1).message, HasSubstr("holds too much"));
}

TEST(Edges, WhatARunHoldsWhileItComputes) {
    ImageBuilder b;
    auto flow = b.workflow(1, 1, 20);
    for (std::uint32_t i = 1; i < 20; ++i) flow.op(Opcode::Move, i, 0);
    flow.end(0);
    const auto with = [&](std::uint64_t letters) { return run(b, {text_of(letters)}); };
    const auto most =
        edge(kWorkingBytesMax / 20, [&](auto letters) { return with(letters).completed; });
    EXPECT_LE(20 * most, kWorkingBytesMax);
    EXPECT_GT(20 * most, kWorkingBytesMax - 4096);
    EXPECT_THAT(with(most + 1).message, HasSubstr("holds too much"));
}

TEST(Edges, TheSizeOfAValue) {
    ImageBuilder b;
    auto flow = b.workflow(2, 2, 3);
    flow.op(Opcode::Move, 2, 1);
    flow.op(Opcode::Move, 1, 0);
    flow.op(Opcode::Concat, 1, 1, 2);
    flow.end(0);
    const auto half = kValueSizeMax / 2;
    // A tag and the length stand before the text.
    EXPECT_TRUE(run(b, {text_of(half), text_of(half - 5)}).completed);
    EXPECT_THAT(run(b, {text_of(half), text_of(half - 4)}).message, HasSubstr("16 MiB"));
}

TEST(Edges, TheDepthOfAValue) {
    const auto nested = [](std::uint32_t levels) {
        ImageBuilder b;
        auto flow = b.workflow(1, 2, 2);
        flow.op(Opcode::Move, 1, 0);
        for (std::uint32_t i = 1; i < levels; ++i) flow.op(Opcode::MakeList, 1, 1, 1);
        flow.end(0);
        return run(b, {Value::integer(7)});
    };
    EXPECT_TRUE(nested(kValueDepthMax).completed);
    EXPECT_THAT(nested(kValueDepthMax + 1).message, HasSubstr("deeper than 64"));
}

// Each item of a list of lists, put end to end.
TEST(Edges, TheLengthOfAList) {
    ImageBuilder b;
    auto same = b.function("same", FunctionKind::Pure, 1, 1, 1);
    same.op(Opcode::Return, 0);
    auto flow = b.workflow(1, 1, 2);
    flow.op(Opcode::FlatMap, 1, 0, 0, same.number());
    flow.end(0);
    const auto with = [&](std::uint64_t length) {
        const auto half = length / 2;
        const auto list = [](std::uint64_t count) {
            return Value::list(std::vector<Value>(count, Value::boolean(true)));
        };
        return run(b, {Value::list({list(half), list(length - half)})});
    };
    EXPECT_TRUE(with(kListLengthMax).completed);
    EXPECT_FALSE(with(kListLengthMax + 1).completed);
}

TEST(Edges, BranchesInsideBranches) {
    const auto nested = [](std::uint32_t levels) {
        ImageBuilder b;
        auto last = b.function("b", FunctionKind::Branch, 1, 1, 1);
        last.op(Opcode::Return, 0);
        std::uint32_t next = last.number();
        for (std::uint32_t i = 1; i < levels; ++i) {
            auto outer = b.function("b", FunctionKind::Branch, 1, 2, 2);
            outer.op(Opcode::MakeList, 1, 0, 1);
            outer.fork(0, 1, 0, b.fork(next, 1));
            outer.constant(0, Value::integer(1));
            outer.op(Opcode::Return, 0);
            next = outer.number();
        }
        auto flow = b.workflow(1, 2, 2);
        flow.op(Opcode::MakeList, 1, 0, 1);
        flow.fork(0, 1, 0, b.fork(next, 1));
        flow.constant(0, Value::integer(1));
        flow.end(0);
        return run(b, {Value::integer(7)});
    };
    EXPECT_TRUE(nested(kBranchDepthMax).completed);
    EXPECT_THAT(nested(kBranchDepthMax + 1).message, HasSubstr("too deep"));
}

}  // namespace
}  // namespace weft::vm
