// Runs and another program: asking the store of each run whether it can have it, and telling
// people.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"
#include "weft/program.h"

namespace weft::cli {

// Ids of the runs of the program's workflows that have not ended.
Result<std::vector<std::string>> runs_of_program(Session& session, const Program& program);

// One line, and below it why, of an answer to `migrate`; of one that only looked when `done` is
// false.
std::string move_text(const Json& answer, bool done);
// The run has, or can have, the program.
bool is_moved(const Json& answer);

// "step pay (old.wf:12, new.wf:14): the new program calls …"
std::string difference_text(const Json& difference);

}  // namespace weft::cli
