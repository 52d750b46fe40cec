// weft cancel, weft kill: end a run early, with or without undoing what it did.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/progress.h"

namespace weft::cli {
namespace {

struct EndOptions {
    StoreCommand common;
    std::string method;
    std::string run;
    std::string reason;
};

Result<int> end_run(const EndOptions& options) {
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    auto answer =
        session->request(options.method, {{"run", options.run}, {"reason", options.reason}});
    if (!answer) return std::unexpected(answer.error());
    bool owner = session->owner();
    auto closed = session->close();
    if (!closed) return std::unexpected(closed.error());
    if (options.common.json) {
        print_json(*answer);
        return kSuccess;
    }
    std::string run = short_run(answer->value("run", ""));
    std::string status = answer->value("status", "");
    print(fmt::format("run {}: {}\n", run, status));
    // What was done is undone by an engine; this short command was none.
    if (!is_ended(status) && owner) {
        print(fmt::format("it is recorded; `weft resume {}{}` undoes what the run did\n", run,
                          session->flags()));
    }
    return kSuccess;
}

int end(const EndOptions& options) {
    auto code = end_run(options);
    return code ? *code : report(code.error());
}

void add_end(CLI::App& app, Chosen& chosen, const char* method, const char* about,
             bool needs_reason) {
    auto options = std::make_shared<EndOptions>();
    options->method = method;
    auto* command = app.add_subcommand(method, about);
    command->add_option("RUN", options->run, "the run, or the first digits of its id")->required();
    command->add_option("--reason", options->reason, "why; it stands in the log")
        ->required(needs_reason);
    command->add_option("--as", options->common.store.actor, "who says so, if not you");
    add_store_options(*command, options->common);
    choose(*command, chosen, options, end);
}

}  // namespace

void add_cancel(CLI::App& app, Chosen& chosen) {
    add_end(app, chosen, "cancel", "end a run and undo what it did", false);
}

void add_kill(CLI::App& app, Chosen& chosen) {
    add_end(app, chosen, "kill", "end a run at once, undoing nothing", true);
}

}  // namespace weft::cli
