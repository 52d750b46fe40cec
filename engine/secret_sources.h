// Where weft.toml says that a secret is: an environment variable, a file, or what a program says
// (a keeper of secrets). It is read when it is needed, each time, and kept nowhere.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::engine {

// "env:NAME", "file:PATH" or "command:PATH ARGUMENTS", the arguments between blanks. Else why not.
Result<void> check_secret_source(std::string_view source);
// Paths are relative to `directory`, that of weft.toml. The error never says what was read.
Result<std::string> read_secret_source(const std::string& source, const std::string& directory);

}  // namespace weft::engine
