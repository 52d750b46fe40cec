// weft replay: runs the program again over a log and compares every record.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"

namespace weft::cli {
namespace {

struct ReplayOptions {
    StoreCommand common;
    std::string run;
    bool all = false;
};

Result<Json> replay_each(const ReplayOptions& options) {
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    std::vector<std::string> ids = {options.run};
    if (options.all) {
        auto runs = session->request("runs", {{"limit", 100'000}});
        if (!runs) return runs;
        ids.clear();
        for (const auto& run : (*runs)["runs"]) ids.push_back(run.value("run", ""));
    }
    Json list = Json::array();
    for (const auto& id : ids) {
        auto replayed = session->request("replay", {{"run", id}});
        if (replayed) {
            list.push_back(std::move(*replayed));
        } else if (!options.all) {
            return replayed;
        } else {
            list.push_back({{"run", id},
                            {"identical", false},
                            {"error", replayed.error().message},
                            // Erased on purpose is no damage.
                            {"refused", replayed.error().kind == ErrorKind::Refused}});
        }
    }
    auto closed = session->close();
    if (!closed) return std::unexpected(closed.error());
    return Json{{"runs", std::move(list)}};
}

int replay(const ReplayOptions& options) {
    if (options.all != options.run.empty()) {
        return report({ErrorKind::Usage, "name a run, or say --all", "`weft runs` lists them"});
    }
    auto answer = replay_each(options);
    if (!answer) return report(answer.error());
    int code = kSuccess;
    for (const auto& run : (*answer)["runs"]) {
        bool same = run.value("identical", false);
        if (!same && !run.value("refused", false)) code = kCorrupt;
        if (options.common.json) continue;
        std::string id = short_run(run.value("run", ""));
        if (same) {
            print(fmt::format("{}  identical, {} records\n", id,
                              run.value("records", std::uint64_t{0})));
        } else if (run.contains("divergence")) {
            const auto& at = run["divergence"];
            std::string place = at.value("place", "");
            print(fmt::format("{}  diverges at record {}{}: {}\n", id,
                              at.value("seq", std::uint64_t{0}),
                              place.empty() ? "" : " (" + place + ")", at.value("what", "")));
        } else {
            print(fmt::format("{}  {}\n", id, run.value("error", "")));
        }
    }
    if (options.common.json) print_json(options.all ? *answer : (*answer)["runs"][0]);
    return code;
}

}  // namespace

void add_replay(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<ReplayOptions>();
    auto* command =
        app.add_subcommand("replay", "run the program again over the log and compare every record");
    command->add_option("RUN", options->run, "the run, or the first digits of its id");
    command->add_flag("--all", options->all, "every run of the store");
    add_store_options(*command, options->common);
    choose(*command, chosen, options, replay);
}

}  // namespace weft::cli
