// Always-on checks for our own bugs. No input of any kind may reach one: bad source is a
// Diagnostic, a bad environment is an Error, a bad workflow is a record.
#pragma once

#include <string_view>

namespace weft {

[[noreturn]] void check_failed(std::string_view condition, std::string_view file, int line);

}  // namespace weft

#define WEFT_CHECK(condition)                                     \
    do {                                                          \
        if (!(condition)) [[unlikely]]                            \
            ::weft::check_failed(#condition, __FILE__, __LINE__); \
    } while (false)
