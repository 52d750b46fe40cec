// Tests that need a tool which `scripts/setup test` installs. A build by hand may lack it and skips
// the test; scripts/test sets WEFT_NO_SKIPS, and there the test fails, so that nothing is skipped
// unseen.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

#define WEFT_TEST_NEEDS(present, what)                                                \
    do {                                                                              \
        if (present) break;                                                           \
        if (std::getenv("WEFT_NO_SKIPS") != nullptr) FAIL() << what << " is missing"; \
        GTEST_SKIP() << what << " is missing: `scripts/setup test` installs it";      \
    } while (false)
