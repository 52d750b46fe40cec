// weft plan: the flow of a program's workflows, for people who know the process.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/output_file.h"
#include "cli/source.h"
#include "weft/tools.h"

namespace weft::cli {
namespace {

struct PlanOptions {
    std::string file;
    std::string workflow;
    std::string format = "text";
    std::string out;
};

int plan(const PlanOptions& options) {
    auto readable = check_source_path(options.file);
    if (!readable) return report(readable.error());
    const auto format = options.format == "svg"       ? PlanFormat::Svg
                        : options.format == "mermaid" ? PlanFormat::Mermaid
                                                      : PlanFormat::Text;
    auto text = plan_file(options.file, format, options.workflow);
    if (!text) return report(text.error());
    return show_text(options.out, *text);
}

}  // namespace

void add_plan(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<PlanOptions>();
    auto* command = app.add_subcommand("plan", "show the flow of a program, in words or drawn");
    command->add_option("FILE", options->file, "the program (.wf)")->required();
    command->add_option("WORKFLOW", options->workflow, "one of its workflows (default: all)");
    command->add_option("--format", options->format, "text, mermaid or svg")
        ->check(CLI::IsMember({"text", "mermaid", "svg"}));
    command->add_option("-o,--out", options->out, "write to this file");
    choose(*command, chosen, options, plan);
}

}  // namespace weft::cli
