// How large an image may be: the most that the verifier takes, and one more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bytecode/verify.h"
#include "tests/support/image_builder.h"

namespace weft {
namespace {

using testing::ImageBuilder;

std::string problem(const ImageBuilder& b) {
    const auto verified = verify_image(b.image);
    return verified ? "" : verified.error().message;
}

TEST(VerifierEdges, Functions) {
    const auto with = [](std::size_t count) {
        ImageBuilder b;
        auto flow = b.workflow(1, 1, 1);
        flow.end(0);
        while (b.image.functions.size() < count) {
            auto one = b.function("f", FunctionKind::Pure, 1, 1, 1);
            one.op(Opcode::Return, 0);
        }
        return problem(b);
    };
    EXPECT_EQ(with(verify::kFunctionsMax), "");
    EXPECT_THAT(with(verify::kFunctionsMax + 1), ::testing::HasSubstr("too many functions"));
}

TEST(VerifierEdges, InstructionsOfAFunction) {
    const auto with = [](std::size_t count) {
        ImageBuilder b;
        auto flow = b.workflow(1, 2, 2);
        while (flow.here() + 1 < count) flow.op(Opcode::Move, 1, 0);
        flow.end(0);
        return problem(b);
    };
    EXPECT_EQ(with(verify::kInstructionsMax), "");
    EXPECT_NE(with(verify::kInstructionsMax + 1), "");
}

TEST(VerifierEdges, RegistersOfAFunction) {
    const auto with = [](std::uint32_t count) {
        ImageBuilder b;
        auto flow = b.workflow(1, 1, static_cast<std::uint16_t>(count));
        flow.op(Opcode::Move, count - 1, 0);
        flow.end(0);
        return problem(b);
    };
    EXPECT_EQ(with(verify::kRegistersMax), "");
    EXPECT_NE(with(verify::kRegistersMax + 1), "");
}

TEST(VerifierEdges, ScopesInsideEachOther) {
    const auto with = [](std::uint32_t count) {
        ImageBuilder b;
        auto flow = b.workflow(1, 2, 2);
        const auto target = 2 * count;
        for (std::uint32_t i = 0; i < count; ++i) flow.op(Opcode::ScopeEnter, 1, 0, 0, target);
        for (std::uint32_t i = 0; i < count; ++i) flow.op(Opcode::ScopeLeave);
        flow.end(0);
        // Each handler stands where no scope is open: one a scope, behind the end.
        for (std::uint32_t i = 0; i < count; ++i) {
            flow.function().code[i].d = flow.here();
            for (std::uint32_t open = 0; open < i; ++open) flow.op(Opcode::ScopeLeave);
            flow.end(0);
        }
        return problem(b);
    };
    EXPECT_EQ(with(verify::kScopesMax), "");
    EXPECT_THAT(with(verify::kScopesMax + 1), ::testing::HasSubstr("too many scopes"));
}

TEST(VerifierEdges, BranchesOfAParallel) {
    const auto with = [](std::size_t count) {
        ImageBuilder b;
        auto branch = b.function("b", FunctionKind::Branch, 0, 1, 1);
        branch.constant(0, Value::integer(1));
        branch.op(Opcode::Return, 0);
        std::vector<BranchRow> rows(count, BranchRow{"flow.b", branch.number(), {}});
        for (std::size_t i = 0; i < count; ++i) rows[i].path += std::to_string(i);
        auto flow = b.workflow(1, 2, 2);
        flow.fork_all(1, 2, b.parallel(std::move(rows), JoinRule::All));
        flow.end(0);
        return problem(b);
    };
    EXPECT_EQ(with(verify::kBranchesMax), "");
    EXPECT_THAT(with(verify::kBranchesMax + 1), ::testing::HasSubstr("too many branches"));
}

}  // namespace
}  // namespace weft
