// The tests that stand in `.wf` files: run under virtual time with mocked workers, on the machine
// that runs in production, without a store. Nothing here reaches the world.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weft/program.h"

namespace weft {

struct TestOptions {
    std::string filter;     // only tests whose title holds it
    bool coverage = false;  // also finds what no test has reached
    bool crashes = false;   // runs each test again with a crash after every fact
    bool colour = false;    // of the diagnostics' text
};

struct TestPlace {
    std::string file;
    unsigned line = 0;    // from 1; 0: nowhere
    unsigned column = 0;  // from 1, in code points
    std::string source;   // the line
};

struct TestFailure {
    TestPlace place;
    std::string message;
    std::string left;  // both sides of a comparison that does not hold; else empty
    std::string op;    // "=="
    std::string right;
};

struct TestOutcome {
    std::string title;
    TestPlace place;
    std::vector<TestFailure> failures;  // empty: it passed
    std::vector<std::string> notes;     // what was scripted and never came to pass
    std::int64_t virtual_ms = 0;        // how long its runs took, in their own time
    std::int64_t facts = 0;             // that its runs were told
};

struct UntestedPart {
    std::string kind;  // "branch", "rung", "compensation"
    std::string what;
    TestPlace place;
    // The check that says so, which a `weft:allow` on the line silences; a branch has none.
    std::string check;
};

struct TestReport {
    bool compiled = false;               // otherwise there are no outcomes
    std::string diagnostics;             // for people, with source excerpts
    std::vector<std::string> files;      // all that were read, but for the standard library
    std::vector<TestOutcome> tests;      // in the order of the file
    std::vector<UntestedPart> untested;  // with `coverage`
    std::int64_t parts = 0;              // branches, rungs and compensations that there are
    std::int64_t took_us = 0;            // compilation included, by the clock
};

// The tests of one file; those of the modules that it uses belong to their own files.
TestReport test_file(const std::string& path, const TestOptions& options);

}  // namespace weft
