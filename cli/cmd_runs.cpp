// weft runs: the runs of a store, newest first.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/summary.h"

namespace weft::cli {
namespace {

struct RunsOptions {
    StoreCommand common;
    int limit = 100;
    std::string status;
    std::string workflow;
};

int runs(const RunsOptions& options) {
    Json params = {{"limit", options.limit}};
    if (!options.status.empty()) params["status"] = options.status;
    if (!options.workflow.empty()) params["workflow"] = options.workflow;
    auto answer = ask(options.common.store, "runs", std::move(params));
    if (!answer) return report(answer.error());
    if (options.common.json) {
        print_json(*answer);
        return kSuccess;
    }
    bool colour = terminal_of(stdout).colour;
    std::vector<std::vector<std::string>> rows;
    for (const auto& run : (*answer)["runs"]) {
        auto begun = run.value("begun", std::int64_t{0});
        rows.push_back(
            {short_run(run.value("run", "")), run.value("workflow", "(erased)"), time_text(begun),
             run.contains("ended") ? duration_text(run["ended"].get<std::int64_t>() - begun) : "",
             status_word(run.value("status", ""), colour)});
    }
    print(rows.empty() ? "no runs\n" : table(rows));
    return kSuccess;
}

}  // namespace

void add_runs(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<RunsOptions>();
    auto* command = app.add_subcommand("runs", "list runs, newest first");
    command->add_option("--limit", options->limit, "at most so many")->check(CLI::Range(1, 100000));
    command->add_option("--status", options->status, "only those with this status");
    command->add_option("--workflow", options->workflow, "only those of this workflow");
    add_store_options(*command, options->common);
    choose(*command, chosen, options, runs);
}

}  // namespace weft::cli
