// The files of a run's result, fetched from the store and written to a folder.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"

namespace weft::cli {

// Writes each File value inside `result`; nothing is made when there is none. Gives full paths.
Result<std::vector<std::string>> write_result_files(Session& session, const std::string& run,
                                                    const Json& result, const std::string& folder);

}  // namespace weft::cli
