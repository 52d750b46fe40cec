// Numbers of a program that have a bound, and how deep it may nest: the most, and one more.
#include <gtest/gtest.h>

#include "compiler/compile.h"
#include "grammar/parse.h"
#include "tests/unit/compiler/check_support.h"

namespace weft {
namespace {

std::string said_of(const std::string& text) {
    const auto compiled = compile_text(text);
    std::string out;
    for (const auto& one : compiled.diagnostics.items()) {
        out += std::string(info(one.code).name) + " ";
    }
    return out;
}

const std::string kWorker =
    "worker a.get(x: Int) -> Int\n  effect read\n  timeout 5s\n\n"
    "workflow flow(n: Int) -> Int\n  within 3650d\n{\n";

std::string with_retries(int times) {
    return said_of(kWorker + "  step v = a.get(n)\n    retry " + std::to_string(times) +
                   " times\n  return v\n}\n");
}

std::string with_passes(int times) {
    return said_of(kWorker + "  step v = repeat i = n, up to " + std::to_string(times) +
                   " times {\n    step x = a.get(i)\n    if x > 3 {\n      done x\n    }\n"
                   "    next x\n  } else {\n    0\n  }\n  return v\n}\n");
}

std::string with_approvals(int count) {
    return said_of(kWorker +
                   "  step x = a.get(n)\n  step v = review x by \"clerk\" within 1h\n    needing " +
                   std::to_string(count) + " approvals\n  return v.value\n}\n");
}

TEST(Limits, Retries) {
    EXPECT_EQ(with_retries(1000), "");
    EXPECT_EQ(with_retries(1001), "literal-out-of-range ");
}

TEST(Limits, Passes) {
    EXPECT_EQ(with_passes(100'000), "");
    EXPECT_EQ(with_passes(100'001), "literal-out-of-range ");
}

TEST(Limits, Approvals) {
    EXPECT_EQ(with_approvals(100), "");
    EXPECT_EQ(with_approvals(101), "literal-out-of-range ");
}

TEST(Limits, Nesting) {
    const auto with = [](std::uint32_t levels) {
        return said_of("fn f(n: Int) -> Int = " + std::string(levels, '(') + "n" +
                       std::string(levels, ')') + "\n");
    };
    std::uint32_t most = 1;
    while (most <= kMaxNesting && with(most + 1).empty()) ++most;
    // Some of the levels are the declaration's own.
    EXPECT_LE(most, kMaxNesting);
    EXPECT_GT(most, kMaxNesting - 8);
    EXPECT_EQ(with(most + 1), "nested-too-deep ");
    EXPECT_EQ(with(50'000), "nested-too-deep ");
}

}  // namespace
}  // namespace weft
