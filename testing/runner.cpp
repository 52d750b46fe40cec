#include "testing/runner.h"

#include <fmt/format.h>

#include <map>

#include "testing/coverage.h"
#include "testing/run_test.h"

namespace weft::test {
namespace {

using Group = std::pair<const std::set<std::string>, std::vector<std::size_t>>;

Result broken_result(const ir::Test& test, const std::string& why) {
    Result out;
    out.title = test.title;
    out.span = test.span;
    out.failures.push_back({test.span, why, {}, {}, {}});
    return out;
}

void run_group(const ir::TestSuite& suite, const RunOptions& options, const Group& group,
               CoverageOfSuite* coverage, Results& out) {
    const auto image = lower_tests(suite, group.second, group.first, out.diagnostics);
    if (!image) return;
    if (const auto verified = verify_image(*image->image); !verified) {
        for (auto number : group.second) {
            out.tests[number] = broken_result(
                suite.tests[number],
                fmt::format("internal error: the test's program does not verify: {}; please "
                            "report this",
                            verified.error().message));
        }
        return;
    }
    vm::Visits visits(*image->image);
    for (auto number : group.second) {
        TestRunner runner(suite.module, suite.tests[number], *image,
                          coverage == nullptr ? nullptr : &visits);
        out.tests[number] = options.crashes ? runner.run_with_crashes() : runner.run();
    }
    if (coverage != nullptr) coverage->add(*image, visits);
}

}  // namespace

Results run_tests(const ir::TestSuite& suite, const RunOptions& options) {
    Results out;
    out.tests.resize(suite.tests.size());
    std::vector<bool> is_chosen(suite.tests.size());
    // Tests that mock the same composite steps share an image.
    std::map<std::set<std::string>, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < suite.tests.size(); ++i) {
        if (suite.tests[i].title.find(options.filter) == std::string::npos) continue;
        is_chosen[i] = true;
        groups[mocked_composites(suite.module, suite.tests[i])].push_back(i);
    }
    CoverageOfSuite coverage(suite.module);
    for (const auto& group : groups) {
        run_group(suite, options, group, options.coverage ? &coverage : nullptr, out);
    }
    if (options.coverage) out.coverage = coverage.result(out.diagnostics);
    std::vector<Result> chosen;
    for (std::size_t i = 0; i < out.tests.size(); ++i) {
        if (is_chosen[i]) chosen.push_back(std::move(out.tests[i]));
    }
    out.tests = std::move(chosen);
    return out;
}

}  // namespace weft::test
