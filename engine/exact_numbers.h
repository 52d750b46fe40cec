// Decimals have 34 digits, and nlohmann/json holds what is no 64-bit integer as a double. So before
// a text is parsed, each number that a double can't hold becomes a string under a mark that nobody
// can guess, and after the tree is written they become numbers again, digit by digit as they were.
// Knows JSON's tokens, and nothing of what a text says.
#pragma once

#include <string>
#include <string_view>

// Also declared in weft/tools.h, for clients.
namespace weft {

// For text that is well-formed JSON; any other stays as malformed as it is.
std::string hide_numbers(std::string_view json);
std::string reveal_numbers(std::string json);

}  // namespace weft
