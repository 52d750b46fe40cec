// Programs with tests, in memory: compiled, run, and what came of each test as one line.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "testing/runner.h"
#include "tests/unit/compiler/check_support.h"

namespace weft::test {

inline std::string lines_of(const Result& result) {
    std::string out = result.failures.empty() ? "ok" : "failed";
    for (const auto& failure : result.failures) {
        out += "\n  " + failure.message;
        if (!failure.op.empty())
            out += ": " + failure.left + " " + failure.op + " " + failure.right;
    }
    for (const auto& note : result.notes) out += "\n  note: " + note;
    return out;
}

inline Results run_text(const std::string& text, const RunOptions& options = {}) {
    Compiled compiled = compile_text(text);
    std::string messages;
    for (const auto& d : compiled.diagnostics.items()) messages += d.message + "\n";
    EXPECT_TRUE(compiled.ok) << messages;
    if (!compiled.ok || !compiled.tests) return {};
    return run_tests(*compiled.tests, options);
}

// What came of the only test that stands behind `program`.
inline std::string run_one(const std::string& program, const std::string& body,
                           const RunOptions& options = {}) {
    const auto results = run_text(program + "\ntest \"it\" {\n" + body + "}\n", options);
    if (results.tests.size() != 1) return "no test";
    return lines_of(results.tests.front());
}

}  // namespace weft::test
