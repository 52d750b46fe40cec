// JUnit's XML: a suite a file, a case a test. Readers differ in what they take; these elements and
// attributes are what all of them know.
#include <fmt/format.h>

#include "weft/markup.h"

#include "cli/tests.h"

namespace weft::cli {
namespace {

std::string attribute(std::string_view text) {
    return escape_markup(text, MarkupPlace::Attribute);
}

std::string seconds(std::int64_t micros) {
    return fmt::format("{}.{:06}", micros / 1'000'000, micros % 1'000'000);
}

void add_case(const TestedFile& file, const TestOutcome& test, std::string& out) {
    out += fmt::format(R"(    <testcase name="{}" classname="{}" time="0">)", attribute(test.title),
                       attribute(file.path));
    if (test.failures.empty()) {
        out += "</testcase>\n";
        return;
    }
    out += '\n';
    for (const auto& failure : test.failures) {
        std::string detail = fmt::format("{}:{}: {}\n", failure.place.file, failure.place.line,
                                         failure.place.source);
        if (!failure.op.empty()) {
            detail += fmt::format("left:  {}\nright: {}\n", failure.left, failure.right);
        }
        out += fmt::format("      <failure message=\"{}\" type=\"expectation\">{}</failure>\n",
                           attribute(failure.message), escape_markup(detail));
    }
    out += "    </testcase>\n";
}

void add_suite(const TestedFile& file, std::string& out) {
    std::size_t failed = 0;
    for (const auto& test : file.report.tests) failed += test.failures.empty() ? 0U : 1U;
    const bool compiled = file.report.compiled;
    out += fmt::format(
        R"(  <testsuite name="{}" tests="{}" failures="{}" errors="{}" skipped="0" time="{}">)"
        "\n",
        attribute(file.path), compiled ? file.report.tests.size() : 1, failed, compiled ? 0 : 1,
        seconds(file.report.took_us));
    for (const auto& test : file.report.tests) add_case(file, test, out);
    if (!compiled) {
        out += fmt::format(
            "    <testcase name=\"compiles\" classname=\"{}\" time=\"0\">\n"
            "      <error message=\"the file has errors\" type=\"diagnostics\">{}</error>\n"
            "    </testcase>\n",
            attribute(file.path), escape_markup(file.report.diagnostics));
    }
    out += "  </testsuite>\n";
}

}  // namespace

std::string junit_text(const std::vector<TestedFile>& files) {
    const auto totals = totals_of(files);
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    out += fmt::format(R"(<testsuites name="weft" tests="{}" failures="{}" errors="{}" time="{}">)"
                       "\n",
                       totals.passed + totals.failed + totals.broken_files, totals.failed,
                       totals.broken_files, seconds(totals.took_us));
    for (const auto& file : files) {
        if (!file.report.compiled || !file.report.tests.empty()) add_suite(file, out);
    }
    return out + "</testsuites>\n";
}

}  // namespace weft::cli
