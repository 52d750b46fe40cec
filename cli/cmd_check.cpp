// weft check: the diagnostics of programs, for people or as JSON.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/source.h"

namespace weft::cli {
namespace {

struct CheckOptions {
    std::vector<std::string> files;
    std::string format = "human";
    bool json = false;
};

int check(const CheckOptions& options) {
    bool json = options.json || options.format == "json";
    Json all = Json::array();
    int code = kSuccess;
    for (const auto& file : options.files) {
        auto readable = check_source_path(file);
        if (!readable) {
            code = std::max(code, report(readable.error()));
            continue;
        }
        auto compiled = compile_file(file, !json && terminal_of(stdout).colour);
        if (!compiled.program) code = std::max(code, kSourceErrors);
        if (json) {
            for (auto& item : Json::parse(compiled.json, nullptr, false)) all.push_back(item);
        } else if (compiled.diagnostics.empty() && compiled.program) {
            print(fmt::format("{}: no mistakes found\n", file));
        } else {
            print(compiled.text);
            print(fmt::format("{}: {}\n", file, count_text(compiled.diagnostics)));
        }
    }
    if (json) print_json(all);
    return code;
}

}  // namespace

void add_check(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<CheckOptions>();
    auto* command = app.add_subcommand("check", "find mistakes in programs");
    command->add_option("FILE", options->files, "programs (.wf)")->required();
    command->add_option("--format", options->format, "human or json")
        ->check(CLI::IsMember({"human", "json"}));
    command->add_flag("--json", options->json, "the same as --format json");
    choose(*command, chosen, options, check);
}

}  // namespace weft::cli
