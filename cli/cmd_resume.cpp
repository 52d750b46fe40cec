// weft resume: takes up runs that are not ended, and drives them until all have ended or rest.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/progress.h"
#include "cli/summary.h"

namespace weft::cli {
namespace {

struct ResumeOptions {
    StoreCommand common;
    std::string run;
    std::string reason;
    std::string out;
    bool no_wait = false;
    bool no_verify = false;
    bool quiet = false;
};

Result<std::vector<std::string>> take_up(Session& session, const ResumeOptions& options,
                                         int& code) {
    Json params = Json::object();
    if (!options.run.empty()) params["run"] = options.run;
    if (!options.reason.empty()) params["reason"] = options.reason;
    auto answer = session.request("resume", std::move(params));
    if (!answer) return std::unexpected(answer.error());
    for (const auto& failed : answer->value("failed", Json::array())) {
        // A disk that fails is no damage of the log.
        const bool is_outside = failed.value("kind", "") == "environment";
        code = report({is_outside ? ErrorKind::Environment : ErrorKind::Corrupt,
                       fmt::format("run {} was not taken up: {}",
                                   short_run(failed.value("run", "")), plain(failed, "message")),
                       "the others go on"});
    }
    return answer->value("runs", std::vector<std::string>());
}

// One run ends as `weft run` does; of several, each gets a line.
Result<int> summarize_all(Session& session, const Followed& followed,
                          const ResumeOptions& options) {
    if (followed.status.size() == 1) {
        SummaryOptions summary;
        summary.out = options.out;
        summary.verify = !options.no_verify;
        summary.json = options.common.json;
        return summarize(session, followed.status.begin()->second, summary);
    }
    int code = kSuccess;
    Json list = Json::array();
    bool colour = terminal_of(stdout).colour;
    for (const auto& [run, status] : followed.status) {
        int one = exit_code_of(status);
        // A run that failed weighs more than one that rests.
        if (code == kSuccess || one == kRunNotCompleted) code = one == kSuccess ? code : one;
        list.push_back(status);
        if (options.common.json) continue;
        print(fmt::format("{}  {}  {}\n", short_run(run), status.value("workflow", ""),
                          status_word(status.value("status", ""), colour)));
        print_status_details(status, session.flags(), colour);
    }
    if (options.common.json) print_json({{"runs", std::move(list)}});
    return code;
}

Result<int> resume_runs(const ResumeOptions& options) {
    auto session = Session::open(options.common.store, Use::Drive);
    if (!session) return std::unexpected(session.error());
    int failures = kSuccess;
    auto runs = take_up(*session, options, failures);
    if (!runs) return std::unexpected(runs.error());
    if (runs->empty()) {
        if (options.common.json) print_json({{"runs", Json::array()}});
        if (!options.common.json && failures == kSuccess) print("no run is to be taken up\n");
        return failures;
    }
    FollowOptions follow_options;
    follow_options.quiet = options.quiet;
    follow_options.no_wait = options.no_wait;
    follow_options.to_stderr = options.common.json;
    auto followed = follow(*session, *runs, follow_options);
    if (!followed) return std::unexpected(followed.error());
    if (followed->interrupted) {
        say(stderr, "weft: the runs are kept; `weft resume{}{}` goes on\n",
            options.run.empty() ? "" : " " + options.run, session->flags());
        return kInterrupted;
    }
    auto code = summarize_all(*session, *followed, options);
    auto closed = session->close();
    if (!code) return code;
    if (!closed) return std::unexpected(closed.error());
    return failures != kSuccess ? failures : *code;
}

int resume(const ResumeOptions& options) {
    auto code = resume_runs(options);
    return code ? *code : report(code.error());
}

}  // namespace

void add_resume(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<ResumeOptions>();
    auto* command =
        app.add_subcommand("resume", "go on with runs that are not ended, until they end or rest");
    command->add_option("RUN", options->run, "one run; without it all of them");
    command->add_option("--out", options->out, "folder for the files of the result");
    command->add_option("--actor,--as", options->common.store.actor, "who resumes, if not you");
    command->add_option("--reason", options->reason,
                        "why a held run is released; it stands in the log");
    command->add_flag("--no-wait", options->no_wait, "leave when only people can go on");
    command->add_flag("--no-verify", options->no_verify, "skip the audit at the end");
    command->add_flag("-q,--quiet", options->quiet, "no progress");
    add_store_options(*command, options->common);
    choose(*command, chosen, options, resume);
}

}  // namespace weft::cli
