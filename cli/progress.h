// Follows runs until they end or rest, and shows how they get on: on a terminal a calm live display
// under the lines of what is done, in a pipe plain lines.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/session.h"

namespace weft::cli {

struct FollowOptions {
    bool quiet = false;
    bool no_wait = false;    // a run that waits for a person counts as resting
    bool to_stderr = false;  // keep standard output for the result
    bool take_up = false;    // the runs are taken up by the one who owns the store now
};

struct Followed {
    std::map<std::string, Json> status;  // by run: its last answer to `status`
    bool interrupted = false;
};

Result<Followed> follow(Session& session, const std::vector<std::string>& runs,
                        const FollowOptions& options);

bool is_ended(const std::string& status);
bool rests_for_person(const Json& status);
// One line for each thing that the run waits for, with the command that unblocks it.
std::vector<std::string> wait_lines(const Json& status, const std::string& flags);

}  // namespace weft::cli
