// weft signal: an event from outside, for a run that waits for it or will.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/progress.h"

namespace weft::cli {
namespace {

struct SignalOptions {
    StoreCommand common;
    std::string run;
    std::string signal;
    std::string value;
    std::string key;
};

Result<int> send_signal(const SignalOptions& options) {
    Json params = {{"run", options.run}, {"signal", options.signal}};
    if (!options.key.empty()) params["key"] = options.key;
    if (!options.value.empty()) {
        auto text = read_value(options.value);
        if (!text) return std::unexpected(text.error());
        params["value"] = std::move(*text);
    }
    auto sent = change(options.common.store, "signal", std::move(params));
    if (!sent) return std::unexpected(sent.error());
    const auto& answer = sent->answer;
    if (options.common.json) {
        print_json(answer);
        return kSuccess;
    }
    std::string run = short_run(answer.value("run", ""));
    bool repeat = answer.value("repeat", false);
    if (answer.value("seq", Json()).is_null()) {
        print(fmt::format("{}: {} is in the run's inbox; `weft resume {}{}` takes it\n", run,
                          options.signal, run, sent->flags));
    } else {
        print(fmt::format("{}: {} is record {} of the run{}\n", run, options.signal,
                          answer.value("seq", std::uint64_t{0}), repeat ? " already" : ""));
    }
    return kSuccess;
}

int signal(const SignalOptions& options) {
    auto code = send_signal(options);
    return code ? *code : report(code.error());
}

}  // namespace

void add_signal(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<SignalOptions>();
    auto* command = app.add_subcommand("signal", "send a signal to a run");
    command->add_option("RUN", options->run, "the run, or the first digits of its id")->required();
    command->add_option("NAME", options->signal, "the signal, as the workflow declares it")
        ->required();
    command->add_option("VALUE", options->value, "its value: JSON, a text as it is, or @FILE.json");
    command->add_option("--key", options->key,
                        "the sender's key: a second signal under it changes nothing");
    add_change_options(*command, options->common);
    add_store_options(*command, options->common);
    choose(*command, chosen, options, signal);
}

}  // namespace weft::cli
