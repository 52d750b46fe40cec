// weft eval: runs the evals of programs, the regression pack of what models write.
#include <fmt/format.h>

#include <algorithm>

#include "cli/command.h"
#include "cli/evals.h"
#include "cli/exit_codes.h"
#include "cli/output_file.h"
#include "cli/tests.h"

namespace weft::cli {
namespace {

struct RunEvalsOptions {
    std::vector<std::string> paths;
    std::string filter;
    std::string config;
    std::string junit;
    bool update = false;
    bool json = false;
};

int nothing_to_evaluate(const RunEvalsOptions& options) {
    if (options.filter.empty()) {
        return report({ErrorKind::NotFound, "there are no evals here",
                       "an eval is a declaration: `eval NAME on \"cases.jsonl\" { … }`"});
    }
    return report(
        {ErrorKind::NotFound, fmt::format("no eval has \"{}\" in its name", options.filter), ""});
}

// What could not be read or written goes before what did not hold.
int show_evals(const std::vector<EvaluatedFile>& files, const RunEvalsOptions& options) {
    const auto totals = totals_of(files);
    if (options.json) {
        print_json(evals_json(files));
    } else {
        print(summary_text(totals, terminal_of(stdout).colour));
    }
    if (!options.junit.empty()) {
        if (auto written = write_file(options.junit, junit_text(files)); !written) {
            return report(written.error());
        }
    }
    int code = totals.failed + totals.broken_files > 0 ? kSourceErrors : kSuccess;
    for (const auto& file : files) {
        if (file.report.error) code = std::max(code, report(*file.report.error));
    }
    if (code != kSuccess) return code;
    return totals.passed == 0 ? nothing_to_evaluate(options) : kSuccess;
}

int run_evals(const RunEvalsOptions& given) {
    RunEvalsOptions options = given;
    if (options.paths.empty()) options.paths = {"."};
    auto sources = find_sources(options.paths);
    if (!sources) return report(sources.error());
    const bool colour = !options.json && terminal_of(stdout).colour;
    std::vector<EvaluatedFile> files;
    for (const auto& source : *sources) {
        files.push_back({source, evaluate_file(source, {options.filter, options.config,
                                                        options.update, colour})});
        if (!options.json) print(evals_text(files.back(), colour));
    }
    return show_evals(files, options);
}

}  // namespace

void add_eval(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<RunEvalsOptions>();
    auto* command = app.add_subcommand("eval", "run the evals of programs");
    command->add_option("FILE", options->paths,
                        "programs, or folders of them (default: the working directory)");
    command->add_option("--filter", options->filter, "only evals whose name holds this text");
    command->add_option("--config", options->config,
                        "the weft.toml to use (default: the one beside the program)");
    command->add_flag("--update", options->update, "write the baselines");
    command->add_option("--junit", options->junit, "also write the results as JUnit XML");
    command->add_flag("--json", options->json, "print JSON");
    choose(*command, chosen, options, run_evals);
}

}  // namespace weft::cli
