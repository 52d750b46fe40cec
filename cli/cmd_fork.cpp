// weft fork: a new run that takes over what another was told before one of its steps.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/drive.h"
#include "cli/exit_codes.h"
#include "cli/source.h"
#include "weft/tools.h"

namespace weft::cli {
namespace {

struct ForkOptions {
    StoreCommand common;
    std::string run;
    std::string from;
    std::string with;
    std::string reason;
    bool look = false;
    DriveOptions drive;
};

std::string listed(const Json& names) {
    std::string out;
    for (const auto& name : names) out += (out.empty() ? "" : ", ") + name.get<std::string>();
    return out;
}

std::string fork_text(const Json& forked) {
    const auto origin = short_run(forked.value("origin", ""));
    std::string out = forked.contains("run") ? fmt::format("run {}  forked from {}",
                                                           forked["run"].get<std::string>(), origin)
                                             : fmt::format("{} can be forked", origin);
    if (forked.contains("at")) {
        out += fmt::format(" at record {}", forked["at"].get<std::uint64_t>());
    }
    out += "\n";
    const auto taken = listed(forked.value("taken", Json::array()));
    const auto dropped = listed(forked.value("dropped", Json::array()));
    if (!taken.empty()) out += fmt::format("  takes over {}\n", taken);
    if (!dropped.empty()) out += fmt::format("  leaves out {}\n", dropped);
    return out;
}

Result<Json> fork_run(Session& session, const ForkOptions& options, const Program* program) {
    Json params = program != nullptr ? Json::parse(program_parameters(*program)) : Json::object();
    params["run"] = options.run;
    params["from"] = options.from;
    params["reason"] = options.reason;
    params["look"] = options.look;
    return options.look ? session.request("fork", std::move(params))
                        : session.change("fork", std::move(params));
}

Result<int> fork_and_drive(const ForkOptions& options) {
    std::shared_ptr<const Program> program;
    if (!options.with.empty()) {
        int code = kSuccess;
        program = compile_or_report(options.with, code);
        if (!program) return code;
    }
    auto session = Session::open(options.common.store, options.look ? Use::Look : Use::Drive);
    if (!session) return std::unexpected(session.error());
    auto forked = fork_run(*session, options, program.get());
    if (!forked) return std::unexpected(forked.error());
    if (options.look && options.common.json) print_json(*forked);
    if (!options.common.json && !(options.drive.quiet && !options.look)) print(fork_text(*forked));
    if (!options.look && options.common.json && !options.drive.quiet) {
        say(stderr, "{}", fork_text(*forked));
    }
    Result<int> done = kSuccess;
    if (!options.look) {
        done = drive(*session, (*forked)["run"].get<std::string>(), options.drive);
    }
    auto closed = session->close();
    if (done && !closed) return std::unexpected(closed.error());
    return done;
}

int fork(const ForkOptions& given) {
    ForkOptions options = given;
    options.drive.json = options.common.json;
    if (!options.look && options.reason.empty()) {
        return report({ErrorKind::Usage, "a fork needs a reason",
                       "say --reason, or --look to see what it would take over"});
    }
    auto code = fork_and_drive(options);
    return code ? *code : report(code.error());
}

}  // namespace

void add_fork(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<ForkOptions>();
    auto* command = app.add_subcommand(
        "fork", "begin a new run that takes over what another did before one of its steps");
    command->add_option("RUN", options->run, "the run, or the first digits of its id")->required();
    command
        ->add_option("--from", options->from,
                     "the step (its path) or record (its number) from which it goes on by itself")
        ->required();
    command->add_option("--with", options->with, "another program (.wf) for the new run");
    command->add_option("--reason", options->reason, "why; it stands in the log");
    command->add_flag("--look", options->look, "say what it would take over, and begin nothing");
    add_drive_options(*command, options->drive);
    add_change_options(*command, options->common);
    add_store_options(*command, options->common);
    choose(*command, chosen, options, fork);
}

}  // namespace weft::cli
