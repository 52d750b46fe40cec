// Fixes of diagnostics, applied to the files.
#pragma once

#include <string>
#include <vector>

#include "weft/program.h"

namespace weft::cli {

// Compiles the program and applies the safe fixes of its diagnostics to its files, until there is
// none left. Gives what was changed, one line each: "a.wf:3:5: write `and`".
Result<std::vector<std::string>> apply_safe_fixes(const std::string& path);

}  // namespace weft::cli
