// weft completion: prints the script by which a shell completes the words of weft.
#include <algorithm>

#include "cli/command.h"
#include "cli/completion.h"
#include "cli/exit_codes.h"

namespace weft::cli {
namespace {

struct CompletionOptions {
    const CLI::App* app = nullptr;
    std::string shell;
};

std::string first_line(std::string text) {
    text.resize(std::min(text.find('\n'), text.size()));
    return text;
}

// IsMember says "TEXT:{human,json}" in the name of the option's type.
std::vector<std::string> values_of(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    const std::size_t open = type.find('{');
    const std::size_t close = type.rfind('}');
    if (open == std::string::npos || close == std::string::npos) return {};
    return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

void collect(const CLI::App& app, const std::string& path, std::vector<CompletionCommand>& out) {
    CompletionCommand command{path, {}, {}};
    const auto below = app.get_subcommands([](const CLI::App*) { return true; });
    for (const auto* sub : below) {
        command.commands.push_back(
            {sub->get_name(), first_line(sub->get_description()), false, {}});
    }
    for (const auto* option : app.get_options()) {
        const bool takes_value = option->get_items_expected_max() > 0;
        for (const auto& name : option->get_lnames()) {
            command.options.push_back({"--" + name, first_line(option->get_description()),
                                       takes_value, values_of(*option)});
        }
        for (const auto& name : option->get_snames()) {
            command.options.push_back({"-" + name, first_line(option->get_description()),
                                       takes_value, values_of(*option)});
        }
    }
    out.push_back(std::move(command));
    for (const auto* sub : below) {
        collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), out);
    }
}

int completion(const CompletionOptions& options) {
    std::vector<CompletionCommand> commands;
    collect(*options.app, "", commands);
    if (options.shell == "bash") {
        print(bash_completion(commands));
    } else if (options.shell == "zsh") {
        print(zsh_completion(commands));
    } else {
        print(fish_completion(commands));
    }
    return kSuccess;
}

}  // namespace

void add_completion(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<CompletionOptions>();
    options->app = &app;
    auto* command = app.add_subcommand("completion", "a script that completes words in a shell");
    command->add_option("SHELL", options->shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    choose(*command, chosen, options, completion);
}

}  // namespace weft::cli
