// Failures of the environment as values: a file, the store, a peer, a request that makes no sense.
// (Mistakes in source are diagnostics, see program.h; faults of a workflow are records in its log.)
#pragma once

#include <expected>
#include <string>

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

}  // namespace weft
