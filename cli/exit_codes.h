// The exit codes of `weft`: stable, told in docs/exit-codes.md, compared by a test.
#pragma once

#include "weft/error.h"

namespace weft::cli {

inline constexpr int kSuccess = 0;
inline constexpr int kSourceErrors = 1;
inline constexpr int kUsage = 2;
inline constexpr int kNotFound = 3;
inline constexpr int kUnavailable = 4;
inline constexpr int kEnvironment = 5;
inline constexpr int kCorrupt = 6;
inline constexpr int kUnsupported = 7;
inline constexpr int kRefused = 8;
inline constexpr int kRunNotCompleted = 10;
inline constexpr int kRunRests = 11;
inline constexpr int kInterrupted = 130;

constexpr int exit_code(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Usage:
            return kUsage;
        case ErrorKind::NotFound:
            return kNotFound;
        case ErrorKind::Unavailable:
            return kUnavailable;
        case ErrorKind::Environment:
            return kEnvironment;
        case ErrorKind::Corrupt:
            return kCorrupt;
        case ErrorKind::Unsupported:
            return kUnsupported;
        case ErrorKind::Refused:
            return kRefused;
    }
    return kEnvironment;
}

}  // namespace weft::cli
