// The tests of several files: found, run, and shown: as lines for people, as JSON, as JUnit XML.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/output.h"
#include "weft/testing.h"

namespace weft::cli {

struct TestedFile {
    std::string path;
    TestReport report;
};

struct TestTotals {
    std::size_t passed = 0;
    std::size_t failed = 0;
    std::size_t broken_files = 0;
    std::int64_t took_us = 0;
};

// Files as they are named; of folders all `.wf` files below them, hidden ones left out.
Result<std::vector<std::string>> find_sources(const std::vector<std::string>& paths);

// "a.wf:3:5"; empty for nowhere.
std::string place_text(const TestPlace& place);
Json place_json(const TestPlace& place);
std::string trimmed(std::string_view line);
std::string count(std::size_t n, const char* noun);

TestTotals totals_of(const std::vector<TestedFile>& files);
std::string tests_text(const TestedFile& file, bool colour);
std::string summary_text(const TestTotals& totals, bool colour);
std::string coverage_text(const std::vector<TestedFile>& files, bool colour);
Json tests_json(const std::vector<TestedFile>& files);

// One document for all files, as JUnit's readers take it (junit.cpp).
std::string junit_text(const std::vector<TestedFile>& files);

// Waits until one of the files, or something beside them, has changed; false when it can't be
// watched (watch.cpp).
Result<void> wait_for_change(const std::vector<std::string>& files);

}  // namespace weft::cli
