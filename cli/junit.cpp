// JUnit's XML: a suite a file, a case a test or a check of an eval. Readers differ in what they
// take; these elements and attributes are what all of them know.
#include <fmt/format.h>

#include "weft/markup.h"

#include "cli/evals.h"
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

struct SuiteCounts {
    std::size_t cases = 0;
    std::size_t failed = 0;
    bool is_broken = false;
    std::int64_t took_us = 0;
};

void open_suite(const std::string& name, const SuiteCounts& counts, std::string& out) {
    out += fmt::format(
        R"(  <testsuite name="{}" tests="{}" failures="{}" errors="{}" skipped="0" time="{}">)"
        "\n",
        attribute(name), counts.cases + (counts.is_broken ? 1 : 0), counts.failed,
        counts.is_broken ? 1 : 0, seconds(counts.took_us));
}

void add_broken(const std::string& path, const char* message, const std::string& why,
                std::string& out) {
    out += fmt::format(
        "    <testcase name=\"compiles\" classname=\"{}\" time=\"0\">\n"
        "      <error message=\"{}\" type=\"diagnostics\">{}</error>\n"
        "    </testcase>\n",
        attribute(path), message, escape_markup(why));
}

std::string document(std::size_t passed, std::size_t failed, std::size_t broken,
                     std::int64_t took_us, const std::string& suites) {
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    out += fmt::format(R"(<testsuites name="weft" tests="{}" failures="{}" errors="{}" time="{}">)"
                       "\n",
                       passed + failed + broken, failed, broken, seconds(took_us));
    return out + suites + "</testsuites>\n";
}

void add_suite(const TestedFile& file, std::string& out) {
    std::size_t failed = 0;
    for (const auto& test : file.report.tests) failed += test.failures.empty() ? 0U : 1U;
    const bool compiled = file.report.compiled;
    open_suite(file.path,
               {compiled ? file.report.tests.size() : 0, failed, !compiled, file.report.took_us},
               out);
    for (const auto& test : file.report.tests) add_case(file, test, out);
    if (!compiled) add_broken(file.path, "the file has errors", file.report.diagnostics, out);
    out += "  </testsuite>\n";
}

void add_eval_check(const EvaluatedFile& file, const EvalOutcome& eval, const EvaluatedCheck& check,
                    std::string& out) {
    out += fmt::format(R"(    <testcase name="{}" classname="{}" time="0">)", attribute(check.what),
                       attribute(file.path + " " + eval.name));
    if (check.problem.empty()) {
        out += "</testcase>\n";
        return;
    }
    std::string detail =
        fmt::format("{}:{}: {}\n", check.place.file, check.place.line, check.place.source);
    if (!check.op.empty()) detail += fmt::format("left:  {}\nright: {}\n", check.left, check.right);
    out += fmt::format("\n      <failure message=\"{}\" type=\"{}\">{}</failure>\n",
                       attribute(check.problem), check.kind, escape_markup(detail));
    out += "    </testcase>\n";
}

}  // namespace

std::string junit_text(const std::vector<TestedFile>& files) {
    const auto totals = totals_of(files);
    std::string suites;
    for (const auto& file : files) {
        if (!file.report.compiled || !file.report.tests.empty()) add_suite(file, suites);
    }
    return document(totals.passed, totals.failed, totals.broken_files, totals.took_us, suites);
}

std::string junit_text(const std::vector<EvaluatedFile>& files) {
    const auto totals = totals_of(files);
    std::string suites;
    for (const auto& file : files) {
        if (file.report.evals.empty() && !is_broken(file)) continue;
        SuiteCounts counts;
        counts.is_broken = is_broken(file);
        counts.took_us = file.report.took_us;
        for (const auto& eval : file.report.evals) {
            counts.cases += eval.checks.size();
            for (const auto& check : eval.checks) counts.failed += check.problem.empty() ? 0U : 1U;
        }
        open_suite(file.path, counts, suites);
        for (const auto& eval : file.report.evals) {
            for (const auto& check : eval.checks) add_eval_check(file, eval, check, suites);
        }
        if (is_broken(file))
            add_broken(file.path, "it can't be evaluated", why_broken(file), suites);
        suites += "  </testsuite>\n";
    }
    return document(totals.checks_held, totals.checks_failed, totals.broken_files, totals.took_us,
                    suites);
}

}  // namespace weft::cli
