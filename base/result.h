// Failures of the environment (a file, the store, a peer): std::expected with an Error. Mistakes in
// source are Diagnostics (diagnostic.h); faults of a workflow are records in its log.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "weft/error.h"

namespace weft {

inline std::unexpected<Error> fail(ErrorKind kind, std::string message, std::string hint = {}) {
    return std::unexpected(Error{kind, std::move(message), std::move(hint)});
}

}  // namespace weft

#define WEFT_CONCAT_(a, b) a##b
#define WEFT_CONCAT(a, b) WEFT_CONCAT_(a, b)

// WEFT_TRY(name, expression): `name` is the value, or the error is returned from the function.
#define WEFT_TRY(name, expression)                                                      \
    auto WEFT_CONCAT(weft_result_, __LINE__) = (expression);                            \
    if (!WEFT_CONCAT(weft_result_, __LINE__))                                           \
        return std::unexpected(std::move(WEFT_CONCAT(weft_result_, __LINE__)).error()); \
    auto name = std::move(*WEFT_CONCAT(weft_result_, __LINE__))

// WEFT_TRY_VOID(expression): the same for a Result<void>.
#define WEFT_TRY_VOID(expression)                                                 \
    do {                                                                          \
        auto weft_result = (expression);                                          \
        if (!weft_result) return std::unexpected(std::move(weft_result).error()); \
    } while (false)
