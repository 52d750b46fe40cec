// Follows a run that a command has just begun to its end, and says what came of it: `run` and
// `fork` end alike.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/session.h"

namespace weft::cli {

struct DriveOptions {
    std::string out;  // folder for the files of the result
    bool no_wait = false;
    bool no_verify = false;
    bool quiet = false;
    bool json = false;
};
void add_drive_options(CLI::App& command, DriveOptions& options);

// The exit code that the run's status asks for.
Result<int> drive(Session& session, const std::string& run, const DriveOptions& options);

}  // namespace weft::cli
