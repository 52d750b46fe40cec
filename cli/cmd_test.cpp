// weft test: runs the tests of programs. weft crashtest: the same with a crash after every fact.
#include <fmt/format.h>

#include <algorithm>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/output_file.h"
#include "cli/tests.h"

namespace weft::cli {
namespace {

struct RunTestsOptions {
    std::vector<std::string> paths;
    std::string filter;
    std::string junit;
    bool coverage = false;
    bool watch = false;
    bool json = false;
    bool crashes = false;
};

std::vector<TestedFile> run_all(const std::vector<std::string>& sources,
                                const RunTestsOptions& options) {
    const bool colour = !options.json && terminal_of(stdout).colour;
    std::vector<TestedFile> out;
    for (const auto& source : sources) {
        out.push_back({source, test_file(source, {options.filter, options.coverage, options.crashes,
                                                  colour})});
        if (!options.json) print(tests_text(out.back(), colour));
    }
    return out;
}

int nothing_to_do(const RunTestsOptions& options) {
    if (options.filter.empty()) {
        return report({ErrorKind::NotFound, "there are no tests here",
                       "a test is a declaration: `test \"what it shows\" { … }`"});
    }
    return report(
        {ErrorKind::NotFound, fmt::format("no test has \"{}\" in its title", options.filter), ""});
}

int show(const std::vector<TestedFile>& files, const RunTestsOptions& options) {
    const auto totals = totals_of(files);
    const bool colour = terminal_of(stdout).colour;
    if (options.json) {
        print_json(tests_json(files));
    } else {
        if (options.coverage) print(coverage_text(files, colour));
        print(summary_text(totals, colour));
    }
    if (!options.junit.empty()) {
        if (auto written = write_file(options.junit, junit_text(files)); !written) {
            return report(written.error());
        }
    }
    if (totals.failed + totals.broken_files > 0) return kSourceErrors;
    return totals.passed == 0 ? nothing_to_do(options) : kSuccess;
}

// Until it is interrupted.
int watch(const RunTestsOptions& options) {
    while (true) {
        auto sources = find_sources(options.paths);
        if (!sources) return report(sources.error());
        const auto files = run_all(*sources, options);
        show(files, options);
        std::vector<std::string> read = *sources;
        for (const auto& file : files) {
            read.insert(read.end(), file.report.files.begin(), file.report.files.end());
        }
        if (is_output_lost()) return kSuccess;
        if (auto changed = wait_for_change(read); !changed) return report(changed.error());
        if (!options.json) print("\n");
    }
}

int run_tests(const RunTestsOptions& given) {
    RunTestsOptions options = given;
    if (options.paths.empty()) options.paths = {"."};
    if (options.watch) return watch(options);
    auto sources = find_sources(options.paths);
    if (!sources) return report(sources.error());
    return show(run_all(*sources, options), options);
}

void add_common(CLI::App& command, RunTestsOptions& options) {
    command.add_option("FILE", options.paths,
                       "programs, or folders of them (default: the working directory)");
    command.add_option("--filter", options.filter, "only tests whose title holds this text");
    command.add_option("--junit", options.junit, "also write the results as JUnit XML");
    command.add_flag("--json", options.json, "print JSON");
}

}  // namespace

void add_test(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<RunTestsOptions>();
    auto* command = app.add_subcommand("test", "run the tests of programs");
    add_common(*command, *options);
    command->add_flag("--coverage", options->coverage,
                      "name the branches, rungs and compensations that no test has reached");
    command->add_flag("--watch", options->watch, "run them again whenever a program changes");
    choose(*command, chosen, options, run_tests);
}

void add_crashtest(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<RunTestsOptions>();
    options->crashes = true;
    auto* command =
        app.add_subcommand("crashtest", "run the tests again with a crash after every fact");
    add_common(*command, *options);
    choose(*command, chosen, options, run_tests);
}

}  // namespace weft::cli
