// weft serve: owns a store for as long as it is wanted. It drives every run that is not ended,
// begins those of the schedules of the programs that it is given, and answers other commands.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/interrupts.h"
#include "cli/serve_screen.h"
#include "cli/source.h"

namespace weft::cli {
namespace {

struct ServeOptions {
    StoreCommand common;
    std::vector<std::string> files;
    bool once = false;
    bool quiet = false;
};

struct Named {
    std::string name;
    std::shared_ptr<const Program> program;
};

struct TakenUp {
    std::vector<std::string> runs;
    std::size_t parked = 0;  // that wait in the store for their time
};

// Takes up what is not ended. One that can't be taken up is said and left.
Result<TakenUp> take_up_all(Session& session, const ServeScreen& screen) {
    auto answer = session.request("resume", {{"active", true}});
    if (!answer) return std::unexpected(answer.error());
    for (const auto& failed : answer->value("failed", Json::array())) {
        screen.complain(fmt::format("run {} was not taken up: {}",
                                    short_run(failed.value("run", "")), plain(failed, "message")));
    }
    return TakenUp{(*answer)["runs"].get<std::vector<std::string>>(),
                   (*answer)["parked"].get<std::size_t>()};
}

Result<void> serve_until_told(Session& session, ServeScreen& screen, bool once) {
    auto slice = std::chrono::milliseconds(once ? 5 : 250);
    for (int idle = 0; !is_interrupted();) {
        auto stepped = session.step(slice);
        if (!stepped) return stepped;
        auto shown = screen.show_news(session);
        if (!shown) return shown;
        idle = session.busy() ? 0 : idle + 1;
        // Twice, so that what the last turn has led to was looked at.
        if (once && idle > 1) return {};
    }
    return {};
}

Result<int> serve_programs(const ServeOptions& options) {
    std::vector<Named> programs;
    for (const auto& file : options.files) {
        int code = kSuccess;
        auto program = compile_or_report(file, code);
        if (!program) return code;
        programs.push_back({std::filesystem::path(file).stem().string(), std::move(program)});
    }
    auto session = Session::open(options.common.store, Use::Drive, true);
    if (!session) return std::unexpected(session.error());
    if (!session->owner()) {
        auto hello = session->request("hello");
        std::string store = hello ? hello->value("path", "the store") : "the store";
        return std::unexpected(Error{ErrorKind::Unavailable,
                                     fmt::format("another process serves {}", store),
                                     "commands reach it there; one process owns a store"});
    }
    const Interrupts interrupts;
    ServeScreen screen(options.quiet, options.common.json);
    auto begun = screen.begin(*session);
    if (!begun) return std::unexpected(begun.error());
    auto taken = take_up_all(*session, screen);
    if (!taken) return std::unexpected(taken.error());
    for (const auto& [name, program] : programs) {
        auto served = session->serve(*program, name);
        if (!served) return std::unexpected(served.error());
    }
    auto opened = screen.opened(*session, taken->runs, taken->parked);
    if (!opened) return std::unexpected(opened.error());
    auto done = serve_until_told(*session, screen, options.once);
    if (done && is_interrupted()) screen.stopping();
    auto closed = session->close();
    if (!done) return std::unexpected(done.error());
    if (!closed) return std::unexpected(closed.error());
    return kSuccess;
}

int serve(const ServeOptions& given) {
    ServeOptions options = given;
    if (options.common.store.config.empty()) {
        std::string folder;
        if (!options.files.empty()) {
            folder = std::filesystem::path(options.files.front()).parent_path().string();
        }
        options.common.store.config = default_config(folder);
    }
    auto code = serve_programs(options);
    return code ? *code : report(code.error());
}

}  // namespace

void add_serve(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<ServeOptions>();
    auto* command = app.add_subcommand(
        "serve", "own a store: drive its runs, answer other commands, begin scheduled runs");
    command->add_option("FILE", options->files, "programs (.wf) whose schedules begin runs");
    command->add_option("--store", options->common.store.store,
                        "the store (default: what weft.toml says, else weft.store)");
    command->add_option("--config", options->common.store.config,
                        "weft.toml to use (default: beside the first FILE, else in the working "
                        "directory)");
    command->add_flag("--once", options->once,
                      "leave when nothing is to be done before some later time");
    command->add_flag("-q,--quiet", options->quiet, "say nothing but mistakes");
    command->add_flag("--json", options->common.json, "print each change as a line of JSON");
    choose(*command, chosen, options, serve);
}

}  // namespace weft::cli
