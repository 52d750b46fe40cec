// Failures of the environment (a file, the store, a peer): std::expected with an Error. Mistakes in
// source are Diagnostics (diagnostic.h); faults of a workflow are records in its log.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace weft {

// What kind of thing went wrong decides the exit code of the command line (docs/exit-codes.md).
enum class ErrorKind {
    Usage,        // the caller asked for something that makes no sense
    NotFound,     // no such file, run, task
    Unavailable,  // the store is busy, a peer does not answer; trying again may help
    Environment,  // disk full, permission, I/O error
    Corrupt,      // bytes that are not what they were when written
    Unsupported,  // written by a newer version, or a feature this build does not have
    Refused,      // the state does not allow it: already decided, past the point of no return
};

struct Error {
    ErrorKind kind = ErrorKind::Environment;
    std::string message;  // one sentence, lower case, names the thing
    std::string hint;     // what to do next; may be empty
};

template <typename T>
using Result = std::expected<T, Error>;

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
