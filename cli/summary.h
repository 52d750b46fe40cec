// What is said of a run at its end: status, result, files, cost, verification.
#pragma once

#include <string>

#include "cli/session.h"

namespace weft::cli {

struct SummaryOptions {
    std::string out;  // folder for the files of the result; empty: ./WORKFLOW-RUN
    bool files = true;
    bool verify = true;
    bool json = false;
};

// Prints it (or one JSON object) and gives the exit code that the run's status asks for.
Result<int> summarize(Session& session, const Json& status, const SummaryOptions& options);

std::string status_word(const std::string& status, bool colour);  // with its sign
// Its error, a divergence, signals that nobody took.
void print_errors(const Json& status);
// The parts of `weft show` and of the summary: error, waits.
void print_status_details(const Json& status, const std::string& flags, bool colour);
int exit_code_of(const Json& status);

}  // namespace weft::cli
