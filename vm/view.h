// The state of a run for people to look at: where each branch stands, what is under way, which
// times run, what could be undone. A copy that goes stale with the next fact; nothing is decided by
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vm/branch.h"
#include "vm/waiting.h"

namespace weft::vm {

struct FrameView {
    const Function* function = nullptr;  // of the machine's image
    std::uint32_t pc = 0;
};

struct BranchView {
    BranchId id = kRoot;
    BranchId parent = kRoot;
    Rest rest = Rest::Ready;
    std::uint64_t waits_for = 0;    // call, sub-run, task or timer, by `rest`
    std::uint32_t site = kNoSite;   // at which it rests; none where it does not rest at a site
    std::vector<FrameView> frames;  // the innermost last
    bool is_stopping = false;       // it leaves off at its next logged instruction
    bool is_undoing = false;
    std::string error;  // Held and Stuck: what went wrong, by name and message
    std::string message;
};

struct CallView {
    std::uint64_t seq = 0;
    BranchId branch = kRoot;
    std::uint32_t step = 0;    // row of Image::steps
    std::uint32_t worker = 0;  // … of Image::workers; a probe's is the probe
    Direction direction = Direction::Forward;
    Bytes16 key{};
    std::uint16_t attempt = 1;
    std::uint16_t retries = 0;  // used
    Phase phase = Phase::Attempt;
    bool is_in_doubt = false;
    bool is_unwanted = false;                // told to stop
    std::optional<std::int64_t> started_ms;  // first start
    std::string error;                       // of the last attempt
    std::string message;
    std::optional<std::int64_t> due_ms;  // Backoff and Settling: when it goes on
};

struct TimerView {
    TimerRole role = TimerRole::Backoff;
    std::int64_t due_ms = 0;
    bool until = false;
    std::uint64_t call = 0;
    BranchId branch = kRoot;
    std::uint32_t site = kNoSite;  // of a block, a sleep, a sub-run
};

// An effect that the run's failure would undo.
struct UndoView {
    BranchId branch = kRoot;
    std::uint64_t call = 0;  // 0 for a block without calls
    std::uint32_t site = kNoSite;
    std::uint64_t order = 0;  // when it was done, among others
};

struct StateView {
    std::vector<BranchView> branches;
    std::vector<CallView> calls;
    std::vector<TimerView> timers;
    std::vector<UndoView> undo;  // the next to be undone first
    bool is_failing = false;
    bool is_cancelled = false;
    bool is_timed_out = false;
    bool is_ending = false;  // only its last hooks are left
    bool is_held = false;    // as a whole
    std::string why_held;
};

}  // namespace weft::vm
