// `weft`: parses the command line, runs one command, gives its exit code (docs/exit-codes.md).
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <filesystem>
#include <new>
#include <string_view>

#include "cli/command.h"
#include "cli/exit_codes.h"

namespace weft::cli {
namespace {

constexpr auto kAbout =
    "Weft runs durable workflows: every step, decision and cost is in a log that can be verified.";

void add_commands(CLI::App& app, Chosen& chosen) {
    using Add = void (*)(CLI::App&, Chosen&);
    for (Add add :
         {add_run,    add_resume,  add_runs,      add_show,       add_log,       add_timeline,
          add_cost,   add_review,  add_cancel,    add_kill,       add_hold,      add_release,
          add_settle, add_signal,  add_check,     add_test,       add_crashtest, add_eval,
          add_fmt,    add_explain, add_schema,    add_dump,       add_replay,    add_audit,
          add_store,  add_serve,   add_schedules, add_why,        add_diff,      add_plan,
          add_compat, add_migrate, add_fork,      add_completion, add_version}) {
        add(app, chosen);
    }
}

// The command that was being parsed, for the hint.
std::string command_path(const CLI::App& app) {
    std::string path = "weft";
    const CLI::App* at = &app;
    while (!at->get_subcommands().empty()) {
        at = at->get_subcommands().front();
        path += " " + at->get_name();
    }
    return path;
}

// A script's variable that was not set, as a rule: what is empty would pass for what was not said,
// and less would be checked, or more be erased, than was asked for.
Result<void> refuse_empty(const CLI::App& app) {
    for (const auto* option : app.get_options()) {
        const auto& results = option->results();
        if (std::ranges::find(results, "") == results.end()) continue;
        return std::unexpected(Error{
            ErrorKind::Usage, fmt::format("`{}` is given as an empty text", option->get_name()),
            "leave it out, or say what it is"});
    }
    for (const auto* chosen : app.get_subcommands()) {
        auto allowed = refuse_empty(*chosen);
        if (!allowed) return allowed;
    }
    return {};
}

int parse_and_run(int count, char** words) {
    CLI::App app{kAbout, "weft"};
    app.require_subcommand(1);
    app.option_defaults()->always_capture_default(false);
    app.get_formatter()->column_width(34);
    app.failure_message([](const CLI::App*, const CLI::Error&) { return std::string(); });
    Chosen chosen;
    add_commands(app, chosen);
    app.set_version_flag("--version", "weft " WEFT_VERSION);
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);
        std::string message = error.what();
        if (count < 2) message = "say what to do";
        if (count >= 2 && app.get_subcommands().empty() && words[1][0] != '-') {
            message = std::string("there is no command `") + words[1] + "`";
        }
        return report({ErrorKind::Usage, message, "see `" + command_path(app) + " --help`"});
    }
    if (auto allowed = refuse_empty(app); !allowed) return report(allowed.error());
    return chosen.action ? chosen.action() : kUsage;
}

// Whoever has no memory can't put things in order either, and need not: it is as with a kill, and
// what was confirmed is on the disk. Nothing here allocates.
[[noreturn]] void end_without_memory() {
    constexpr std::string_view kMessage =
        "weft: out of memory; nothing that was confirmed is lost\n"
        "      free some memory, then go on: `weft resume` takes up what had begun\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kMessage.data(), kMessage.size());
    ::_exit(kEnvironment);
}

// Before the first object of any other file is made.
[[gnu::constructor(101)]] void watch_memory() {
    std::set_new_handler(end_without_memory);
}

// A stream that nobody reads any more, or a file that may not grow, is an error of the write then,
// as a full disk is. By a handler: programs that are started would be left with what is ignored.
void watch_writes() {
    for (const int number : {SIGPIPE, SIGXFSZ}) std::signal(number, [](int) {});
}

}  // namespace

std::string default_config(const std::string& directory) {
    std::string path = directory.empty() ? "weft.toml" : directory + "/weft.toml";
    std::error_code code;
    return std::filesystem::exists(path, code) ? path : "";
}

CLI::Validator record_number() {
    const auto look = [](const std::string& word) -> std::string {
        constexpr std::size_t kDigitsMax = 18;
        const bool is_one = !word.empty() && word.size() <= kDigitsMax &&
                            std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
        if (is_one) return "";
        return fmt::format("`{}` is no number of a record: 0, 1, 2, … as `weft log` shows them",
                           word);
    };
    return {look, ""};
}

void add_change_options(CLI::App& command, StoreCommand& options) {
    command.add_option("--as", options.store.actor, "who says so, if not you");
    command.add_option("--request-id", options.store.request_id,
                       "names this request: given again, it gets the same answer");
}

void add_store_options(CLI::App& command, StoreCommand& options) {
    command.add_option("--store", options.store.store,
                       "the store (default: what weft.toml says, else weft.store)");
    command.add_option("--config", options.store.config,
                       "weft.toml to use (default: the one in the working directory)");
    command.add_flag("--json", options.json, "print JSON");
    command.parse_complete_callback([&options] {
        if (options.store.config.empty()) options.store.config = default_config("");
    });
}

}  // namespace weft::cli

int main(int count, char** words) {
    weft::cli::hold_streams();
    weft::cli::watch_writes();
    try {
        return weft::cli::end_output(weft::cli::parse_and_run(count, words));
    } catch (const std::exception& error) {
        return weft::cli::report({weft::ErrorKind::Environment, error.what(), ""});
    }
}
