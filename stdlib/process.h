// Runs one child process to its end: bytes in, bytes out, every bound stated by the caller. It
// knows nothing of documents or mail, and it never goes through a shell or the search path.
//
// The child gets a process group of its own, so that a stop reaches all it started. Its standard
// input is a sealed in-memory file, complete before the child begins: a child that is meant to
// outlive us (dies_with_parent off) still has all of its request when we are killed. Such a child
// must expect that nobody reads its output any more (SIGPIPE is back to its default).
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weft::stdlib {

// Zero leaves a limit as it is. There is never a core file.
struct ProcessLimits {
    std::uint64_t memory_bytes = 0;  // address space
    std::uint64_t cpu_seconds = 0;   // SIGXCPU, one second later SIGKILL
    std::uint64_t file_bytes = 0;    // largest file that the child may write
};

struct ProcessRequest {
    std::vector<std::string> argv;  // argv[0] is the path of the program
    std::string_view input;         // standard input
    // "NAME=value", the whole environment of the child; empty: ours.
    std::vector<std::string> environment;
    std::string directory;  // working directory; empty: ours
    // Descriptors that the child gets under the same numbers. All others are closed to it.
    std::vector<int> inherited;
    std::size_t output_max = std::size_t{64} << 20U;  // more is ProcessEnd::OutputTooLarge
    std::size_t errors_max = std::size_t{64} << 10U;  // the rest is dropped
    ProcessLimits limits;
    bool dies_with_parent = true;
    std::chrono::milliseconds timeout{0};     // zero: none
    std::chrono::milliseconds grace{10'000};  // between SIGTERM and SIGKILL
    const std::atomic<bool>* cancelled = nullptr;
    // As WorkerCall::children_lock: held shared by the child and all that it starts. Empty: none.
    std::string_view children_lock;
};

enum class ProcessEnd {
    Exited,     // by itself: `code` is its exit code
    Signalled,  // by itself: `code` is the signal
    TimedOut,   // the rest: stopped by us
    Cancelled,
    OutputTooLarge,
};

struct ProcessResult {
    ProcessEnd end = ProcessEnd::Exited;
    int code = 0;
    std::string output;
    std::string errors;
    std::uint64_t peak_memory_bytes = 0;
    std::chrono::milliseconds cpu{0};
};

// Blocks until the child has ended. An Error means that no child ran: the program can't be started,
// or the children lock is held by another owner.
Result<ProcessResult> run_process(const ProcessRequest& request);

// What the end was, for a message: "exit code 3", "signal 11 (Segmentation fault)", "timeout".
std::string describe(const ProcessResult& result);

// The program weft-helper: $WEFT_HELPER if set, else beside the running program, else in the
// installation's libexec/weft beside its bin.
Result<std::string> find_helper();

}  // namespace weft::stdlib
