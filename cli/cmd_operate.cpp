// weft cancel, kill, hold, release, settle: what an operator does to a run. Who and why stand in
// its log.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/progress.h"

namespace weft::cli {
namespace {

struct ActOptions {
    StoreCommand common;
    std::string method;
    std::string then;  // what an engine does next, when none is running
    std::string run;
    std::string reason;
    std::string site;  // settle
    std::string verdict;
    std::string value;
};

Result<Json> parameters(const ActOptions& options) {
    Json params = {{"run", options.run}, {"reason", options.reason}};
    if (options.method != "settle") return params;
    params["site"] = options.site;
    params["verdict"] = options.verdict;
    if (options.value.empty()) return params;
    if (options.verdict != "done") {
        return std::unexpected(Error{ErrorKind::Usage,
                                     fmt::format("`{}` takes no value", options.verdict),
                                     "only what was done has one"});
    }
    // Travels as the text that was written, so that no number changes on the way.
    auto text = read_value(options.value);
    if (!text) return std::unexpected(text.error());
    if (!is_json(*text)) {
        return std::unexpected(
            Error{ErrorKind::Usage, "the value is not JSON", "write it as JSON, or @FILE.json"});
    }
    params["value"] = std::move(*text);
    return params;
}

Result<int> act_on_run(const ActOptions& options) {
    auto params = parameters(options);
    if (!params) return std::unexpected(params.error());
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    auto answer = session->change(options.method, std::move(*params));
    // What it waits for now is what whoever acted wants to know next.
    Json status;
    if (answer && !options.common.json && !is_ended(answer->value("status", ""))) {
        auto looked = session->request("status", {{"run", answer->value("run", "")}});
        if (looked) status = std::move(*looked);
    }
    auto done = close_with(*session, std::move(answer));
    if (!done) return std::unexpected(done.error());
    if (options.common.json) {
        print_json(done->answer);
        return kSuccess;
    }
    const auto run = short_run(done->answer.value("run", ""));
    print(fmt::format("run {}: {}\n", run, done->answer.value("status", "")));
    if (status.is_null()) return kSuccess;
    const bool rests = options.method != "hold" && rests_for_person(status);
    if (rests) {
        for (const auto& line : wait_lines(status, done->flags)) print(line + "\n");
    } else if (done->owner && !options.then.empty()) {
        // What follows is done by an engine; this short command was none.
        print(
            fmt::format("it is recorded; `weft resume {}{}` {}\n", run, done->flags, options.then));
    }
    return kSuccess;
}

int act(const ActOptions& options) {
    auto code = act_on_run(options);
    return code ? *code : report(code.error());
}

void add_act(CLI::App& app, Chosen& chosen, const std::shared_ptr<ActOptions>& options,
             const char* about, bool needs_reason) {
    auto* command = app.add_subcommand(options->method, about);
    command->add_option("RUN", options->run, "the run, or the first digits of its id")->required();
    if (options->method == "settle") {
        command
            ->add_option("SITE", options->site,
                         "the step in doubt, or whose compensation is stuck, as `weft show` names "
                         "it, or the number of its call")
            ->required();
        command
            ->add_option("VERDICT", options->verdict,
                         "done or not-done; of a compensation: undone (by other means) or left")
            ->required()
            ->check(CLI::IsMember({"done", "not-done", "undone", "left"}));
        command->add_option("VALUE", options->value,
                            "of a step that is done: JSON, or @FILE.json (default: null)");
    }
    command->add_option("--reason", options->reason, "why; it stands in the log")
        ->required(needs_reason);
    add_change_options(*command, options->common);
    add_store_options(*command, options->common);
    choose(*command, chosen, options, act);
}

std::shared_ptr<ActOptions> options_of(const char* method, const char* then) {
    auto options = std::make_shared<ActOptions>();
    options->method = method;
    options->then = then;
    return options;
}

}  // namespace

void add_cancel(CLI::App& app, Chosen& chosen) {
    add_act(app, chosen, options_of("cancel", "undoes what the run did"),
            "end a run and undo what it did", false);
}

void add_kill(CLI::App& app, Chosen& chosen) {
    add_act(app, chosen, options_of("kill", ""), "end a run at once, undoing nothing", true);
}

void add_hold(CLI::App& app, Chosen& chosen) {
    add_act(app, chosen, options_of("hold", ""), "start nothing more of a run until it is released",
            true);
}

void add_release(CLI::App& app, Chosen& chosen) {
    add_act(app, chosen, options_of("release", "goes on"), "let a held or stuck run go on", false);
}

void add_settle(CLI::App& app, Chosen& chosen) {
    add_act(app, chosen, options_of("settle", "goes on"),
            "say whether a step in doubt had its effect, or what became of a compensation", true);
}

}  // namespace weft::cli
