// What only a run of the tests can show: rungs of gates and compensations that none of them
// reached. The programs are those of `weft explain`.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/explain.h"
#include "tests/support/mutants.h"
#include "weft/testing.h"

namespace weft {
namespace {

std::vector<UntestedPart> untested(std::string text) {
    const auto path = std::filesystem::path(testing::TempDir()) / "untested.wf";
    std::ofstream(path) << text;
    const auto report = test_file(path.string(), {.filter = "", .coverage = true});
    EXPECT_TRUE(report.compiled) << report.diagnostics;
    for (const auto& test : report.tests) EXPECT_TRUE(test.failures.empty()) << test.title;
    return report.untested;
}

const Explanation& explanation(DiagnosticCode code) {
    for (const auto& one : all_explanations()) {
        if (one.code == code) return one;
    }
    throw std::out_of_range("no explanation");
}

class Untested : public testing::TestWithParam<DiagnosticCode> {};

TEST_P(Untested, TheBadProgramOfTheExplanationHasOneAndTheGoodOneNone) {
    const auto& text = explanation(GetParam());
    const auto bad = untested(std::string(text.bad));
    ASSERT_EQ(bad.size(), 1U);
    EXPECT_EQ(bad[0].check, info(GetParam()).name);
    EXPECT_GT(bad[0].place.line, 1U);
    EXPECT_TRUE(untested(std::string(text.good)).empty());
}

// In front of the line that is reported.
std::string with_comment(std::string text, const UntestedPart& part) {
    std::size_t at = 0;
    for (unsigned line = 1; line < part.place.line; ++line) at = text.find('\n', at) + 1;
    return text.insert(at, "// weft:allow " + part.check + ", \"seen by hand\"\n");
}

TEST_P(Untested, ACommentSilencesItAndIsReportedWhereItSilencesNothing) {
    const auto& text = explanation(GetParam());
    const auto bad = untested(std::string(text.bad));
    ASSERT_EQ(bad.size(), 1U);
    EXPECT_TRUE(untested(with_comment(std::string(text.bad), bad[0])).empty());
    const auto unused = untested(with_comment(std::string(text.good), bad[0]));
    ASSERT_EQ(unused.size(), 1U);
    EXPECT_EQ(unused[0].check, "unused-suppression");
}

// Examples from which one test is taken.
TEST(UntestedMutants, EachHasTheOneThatItIsToHave) {
    int count = 0;
    for (const auto& mutant : mutants::all()) {
        const auto& rows = all_diagnostics();
        const auto row = std::ranges::find(rows, mutant.check, &DiagnosticInfo::name);
        if (row == rows.end() || found_in(row->code) != FoundIn::Tests) continue;
        SCOPED_TRACE(mutant.number);
        std::string found;
        for (const auto& part : untested(mutants::mutated(mutant))) {
            if (!part.check.empty()) found += part.check + "\n";  // a branch has none
        }
        EXPECT_EQ(found, mutant.check + "\n");
        ++count;
    }
    EXPECT_GE(count, 2);
}

INSTANTIATE_TEST_SUITE_P(Checks, Untested,
                         testing::Values(DiagnosticCode::GateRungUntested,
                                         DiagnosticCode::CompensationUntested));

}  // namespace
}  // namespace weft
