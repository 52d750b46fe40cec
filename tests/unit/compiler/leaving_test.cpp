// What stands behind a block that always leaves: no run comes there, and the compiler and the
// verifier must both count nothing of it.
#include <gtest/gtest.h>

#include <algorithm>

#include "bytecode/verify.h"
#include "compiler/lower/lower.h"
#include "tests/unit/compiler/check_support.h"

namespace weft {
namespace {

constexpr std::string_view kProgram = R"wf(worker shop.take(item: Int) -> Int
  effect  idempotent for 1d
  timeout 5s

worker shop.give(item: Int)
  effect  idempotent for 1d
  timeout 5s
  retry   4 times

workflow main(n: Int) -> Int within 1d {
  step rounds = repeat i = n, up to 3 times {
    step pair {
      step taken = shop.take(i)
        compensate shop.give(taken)
      next i + taken
    }
      retry 2 times
      compensate shop.give(i)
  } else {
    fail "it has no end"
  }
  return rounds ?? 0
}
)wf";

TEST(Leaving, NobodyRegistersWhatUndoesTheBlock) {
    Compiled compiled = compile_text(kProgram);
    auto image = lower(compiled.module, compiled.diagnostics);
    ASSERT_TRUE(image);
    const auto verified = verify_image(*image);
    EXPECT_TRUE(verified) << verified.error().message;
    const auto& calls = image->certificate.calls;  // `shop.take`, and what undoes it
    ASSERT_EQ(calls.size(), 2);
    EXPECT_EQ(std::max(calls[0].times, calls[1].times), 9);
}

}  // namespace
}  // namespace weft
