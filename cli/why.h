// What a run waits for, in whole sentences: since when, what comes next and when, who can act and
// by which command. Made from the answer of `why` (docs/protocol.md).
#pragma once

#include <string>
#include <vector>

#include "cli/output.h"

namespace weft::cli {

struct WhyOptions {
    std::string flags;        // of the commands that are told
    std::int64_t now_ms = 0;  // times are told from there
    bool is_past = false;     // of a run as it was: nobody can act on it
};

// Groups of lines: what is waited for first, indented lines about it behind.
std::vector<std::string> why_lines(const Json& status, const WhyOptions& options);
// Of a run that has ended: by whom, and what was undone.
std::vector<std::string> end_lines(const Json& status);
// "forked from run 0123abcd before its record 14"; empty for a run that was begun by itself.
std::string origin_text(const Json& status);

}  // namespace weft::cli
