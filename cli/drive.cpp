#include "cli/drive.h"

#include <fmt/format.h>

#include "cli/exit_codes.h"
#include "cli/progress.h"
#include "cli/summary.h"

namespace weft::cli {

void add_drive_options(CLI::App& command, DriveOptions& options) {
    command.add_option("--out", options.out, "folder for the files of the result");
    command.add_flag("--no-wait", options.no_wait, "leave when the run waits for a person");
    command.add_flag("--no-verify", options.no_verify, "skip the audit at the end");
    command.add_flag("-q,--quiet", options.quiet, "no progress");
}

Result<int> drive(Session& session, const std::string& run, const DriveOptions& options) {
    FollowOptions follow_options;
    follow_options.quiet = options.quiet;
    follow_options.no_wait = options.no_wait;
    follow_options.to_stderr = options.json;
    auto followed = follow(session, {run}, follow_options);
    if (!followed) return std::unexpected(followed.error());
    if (followed->interrupted) {
        say(stderr, "weft: run {} is kept; `weft resume {}{}` goes on\n", short_run(run),
            short_run(run), session.flags());
        return kInterrupted;
    }
    SummaryOptions summary;
    summary.out = options.out;
    summary.verify = !options.no_verify;
    summary.json = options.json;
    return summarize(session, followed->status[run], summary);
}

}  // namespace weft::cli
