// Sources named on the command line: read, compiled, their diagnostics shown.
#pragma once

#include <memory>
#include <string>

#include "cli/output.h"
#include "weft/program.h"

namespace weft::cli {

// That the path is a file that can be read; else the error to report.
Result<void> check_source_path(const std::string& path);

// The program; or null, with the diagnostics on standard error and the exit code set.
std::shared_ptr<const Program> compile_or_report(const std::string& path, int& code);

// "2 errors, 1 warning"
std::string count_text(const std::vector<SourceDiagnostic>& diagnostics);

}  // namespace weft::cli
