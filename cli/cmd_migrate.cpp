// weft migrate: gives runs in flight another program.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/moves.h"
#include "cli/source.h"
#include "weft/tools.h"

namespace weft::cli {
namespace {

struct MigrateOptions {
    StoreCommand common;
    std::string file;
    std::vector<std::string> runs;
    std::string reason;
    std::string by = "either";
    bool all = false;
    bool look = false;
};

Result<Json> move_each(const MigrateOptions& options, const Program& program) {
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    auto ids = options.runs;
    if (options.all) {
        auto found = runs_of_program(*session, program);
        if (!found) return std::unexpected(found.error());
        ids = std::move(*found);
    }
    Json list = Json::array();
    Json params = Json::parse(program_parameters(program));
    params["by"] = options.by;
    params["look"] = options.look;
    params["reason"] = options.reason;
    for (const auto& id : ids) {
        params["run"] = id;
        auto moved =
            options.look ? session->request("migrate", params) : session->change("migrate", params);
        if (moved) {
            list.push_back(std::move(*moved));
        } else if (!options.all) {
            return moved;
        } else {
            list.push_back(
                {{"run", id}, {"way", "none"}, {"reasons", Json::array({moved.error().message})}});
        }
    }
    const bool owner = session->owner();
    auto closed = session->close();
    if (!closed) return std::unexpected(closed.error());
    return Json{{"runs", std::move(list)}, {"owner", owner}};
}

int migrate(const MigrateOptions& options) {
    if (options.all != options.runs.empty()) {
        return report({ErrorKind::Usage, "name runs, or say --all", "`weft runs` lists them"});
    }
    if (!options.look && options.reason.empty()) {
        return report({ErrorKind::Usage, "another program needs a reason",
                       "say --reason, or --look to see what would come of it"});
    }
    int code = kSuccess;
    auto program = compile_or_report(options.file, code);
    if (!program) return code;
    auto answer = move_each(options, *program);
    if (!answer) return report(answer.error());
    const bool owner = (*answer)["owner"];
    answer->erase("owner");
    bool moved = false;
    for (const auto& run : (*answer)["runs"]) {
        if (!is_moved(run)) code = kRefused;
        moved = moved || run.contains("seq");
        if (!options.common.json) print(move_text(run, !options.look));
    }
    if (options.common.json) {
        print_json(*answer);
        return code;
    }
    if ((*answer)["runs"].empty()) print("no runs of it in flight\n");
    if (moved && owner) print("`weft resume` lets them go on\n");
    return code;
}

}  // namespace

void add_migrate(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<MigrateOptions>();
    auto* command = app.add_subcommand("migrate", "give runs in flight another program");
    command->add_option("FILE", options->file, "the program (.wf)")->required();
    command->add_option("RUN", options->runs, "runs, or the first digits of their ids");
    command->add_flag("--all", options->all, "every run of its workflows that has not ended");
    command->add_option("--reason", options->reason, "why; it stands in the log");
    command
        ->add_option("--by", options->by,
                     "adopt: only if the same decisions were taken; migrate: only by its "
                     "migrate block; either (the default)")
        ->check(CLI::IsMember({"either", "adopt", "migrate"}));
    command->add_flag("--look", options->look, "say what would come of it, and change nothing");
    add_change_options(*command, options->common);
    add_store_options(*command, options->common);
    choose(*command, chosen, options, migrate);
}

}  // namespace weft::cli
