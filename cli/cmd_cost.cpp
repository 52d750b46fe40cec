// weft cost: what a run has spent, by step.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"

namespace weft::cli {
namespace {

struct CostOptions {
    StoreCommand common;
    std::string run;
};

int cost(const CostOptions& options) {
    auto answer = ask(options.common.store, "cost", {{"run", options.run}});
    if (!answer) return report(answer.error());
    if (options.common.json) {
        print_json(*answer);
        return kSuccess;
    }
    std::vector<std::vector<std::string>> rows = {{"step", "worker", "calls", "attempts", "cost"}};
    for (const auto& step : (*answer)["steps"]) {
        rows.push_back({step.value("step", ""), step.value("worker", ""),
                        std::to_string(step.value("calls", 0)),
                        std::to_string(step.value("attempts", 0)), step.value("cost", "")});
    }
    rows.push_back(
        {"total", "", "", "", answer->value("total", "") + " " + answer->value("currency", "")});
    print(table(rows));
    return kSuccess;
}

}  // namespace

void add_cost(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<CostOptions>();
    auto* command = app.add_subcommand("cost", "what a run has spent, by step");
    command->add_option("RUN", options->run, "the run, or the first digits of its id")->required();
    add_store_options(*command, options->common);
    choose(*command, chosen, options, cost);
}

}  // namespace weft::cli
