// weft replay: runs the program again over a log and compares every record.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/moves.h"
#include "cli/source.h"
#include "weft/tools.h"

namespace weft::cli {
namespace {

struct ReplayOptions {
    StoreCommand common;
    std::string run;
    bool all = false;
    std::string with;      // another program
    std::string workflow;  // of all runs, those of this one
    std::int64_t to = -1;
};

// The one that was named, or all, the oldest first.
Result<std::vector<std::string>> ids_of(Session& session, const ReplayOptions& options) {
    if (!options.all) return std::vector<std::string>{options.run};
    constexpr std::size_t kRunsMax = 100'000;
    Json params = {{"limit", kRunsMax}};
    if (!options.workflow.empty()) params["workflow"] = options.workflow;
    auto runs = session.request("runs", std::move(params));
    if (!runs) return std::unexpected(runs.error());
    std::vector<std::string> ids;
    for (const auto& run : (*runs)["runs"]) ids.push_back(run.value("run", ""));
    std::ranges::reverse(ids);
    if (ids.size() == kRunsMax) {
        say(stderr, "weft: only the {} runs that began last are looked at\n", kRunsMax);
    }
    return ids;
}

Result<Json> replay_each(const ReplayOptions& options) {
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    auto ids = ids_of(*session, options);
    if (!ids) return std::unexpected(ids.error());
    Json list = Json::array();
    for (const auto& id : *ids) {
        Json params = {{"run", id}};
        if (options.to >= 0) params["to"] = options.to;
        auto replayed = session->request("replay", std::move(params));
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

// What would have gone otherwise under another program, run by run and by class.
Result<Json> follow_each(const ReplayOptions& options, const Program& program) {
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    // One whose workflow the program does not have would have gone otherwise, too.
    auto ids = ids_of(*session, options);
    if (!ids) return std::unexpected(ids.error());
    Json list = Json::array();
    Json params = Json::parse(program_parameters(program));
    for (const auto& id : *ids) {
        params["run"] = id;
        auto followed = session->request("follow", params);
        if (!followed && !options.all) return followed;
        if (followed) {
            list.push_back(std::move(*followed));
        } else {
            // Erased on purpose is no difference: nobody can say.
            list.push_back({{"run", id},
                            {"error", followed.error().message},
                            {"refused", followed.error().kind == ErrorKind::Refused}});
        }
    }
    auto closed = session->close();
    if (!closed) return std::unexpected(closed.error());
    return list;
}

int replay_with(const ReplayOptions& options) {
    int code = kSuccess;
    auto program = compile_or_report(options.with, code);
    if (!program) return code;
    auto list = follow_each(options, *program);
    if (!list) return report(list.error());
    std::map<std::string, std::size_t> classes;
    std::string text;
    for (const auto& run : *list) {
        const auto id = short_run(run.value("run", ""));
        if (run.value("same", false)) {
            ++classes["same"];
            text += fmt::format("{}  the same, {} records\n", id,
                                run.value("records", std::uint64_t{0}));
            continue;
        }
        if (run.value("refused", false)) {
            ++classes["erased"];
            text += fmt::format("{}  {}\n", id, plain(run, "error"));
            continue;
        }
        code = kSourceErrors;
        if (run.contains("difference")) {
            const auto& difference = run["difference"];
            ++classes[difference.value("class", "")];
            text += fmt::format("{}  {}\n", id, difference_text(difference));
        } else {
            ++classes["error"];
            text += fmt::format("{}  {}\n", id, plain(run, "error"));
        }
    }
    if (options.common.json) {
        print_json(Json{{"runs", *list}, {"classes", classes}});
        return code;
    }
    print(text);
    for (const auto& [name, count] : classes) print(fmt::format("{}: {}\n", name, count));
    return code;
}

int replay(const ReplayOptions& options) {
    if (options.all != options.run.empty()) {
        return report({ErrorKind::Usage, "name a run, or say --all", "`weft runs` lists them"});
    }
    if (!options.workflow.empty() && !options.all) {
        return report({ErrorKind::Usage, "--workflow goes with --all", ""});
    }
    if (!options.with.empty()) return replay_with(options);
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
            print(fmt::format("{}  {}\n", id, plain(run, "error")));
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
    command->add_option("--workflow", options->workflow, "with --all: the runs of this one");
    command->add_option("--with", options->with,
                        "another program (.wf): what would have gone otherwise under it");
    command->add_option("--to", options->to, "only up to this record")->check(record_number());
    add_store_options(*command, options->common);
    choose(*command, chosen, options, replay);
}

}  // namespace weft::cli
