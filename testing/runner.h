// Runs the tests of one package, one after the other, and says what came of each. Where sources
// stand, and how results are shown, is the business of others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "compiler/ir/tests.h"

namespace weft::test {

struct Failure {
    Span span;
    std::string message;
    std::string left;  // sides of a comparison, when it is one
    std::string op;
    std::string right;
};

struct Result {
    std::string title;
    Span span;
    std::vector<Failure> failures;
    std::vector<std::string> notes;
    std::int64_t virtual_ms = 0;  // of all its runs together
    std::size_t facts = 0;        // that its runs were fed
};

// What no test has reached.
struct Gap {
    enum class Kind : std::uint8_t { Branch, Rung, Compensation };
    Kind kind = Kind::Branch;
    std::string what;
    Span span;
};

struct Coverage {
    std::vector<Gap> gaps;
    std::size_t total = 0;  // branches, rungs and compensations
};

struct RunOptions {
    std::string filter;  // only tests whose title holds it
    bool coverage = false;
    bool crashes = false;  // runs each test again with a crash at every record
};

struct Results {
    std::vector<Result> tests;
    Coverage coverage;
    Diagnostics diagnostics;  // a program that is too large for an image
};

Results run_tests(const ir::TestSuite& suite, const RunOptions& options);

}  // namespace weft::test
