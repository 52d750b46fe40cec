// What a run waits for beside its calls: timers, people, signals, a lock. Plain data, as in
// vm/branch.h; who waits is there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "value/value.h"
#include "vm/state_check.h"

namespace weft::vm {

using BranchId = std::uint32_t;
inline constexpr BranchId kRoot = 0;

// What a timer of the machine is for; the record has a coarser code.
enum class TimerRole : std::uint8_t {
    Backoff,
    StepDeadline,
    Settle,
    RunDeadline,
    Review,
    Sleep,
    SubDeadline,
    BlockBackoff,
    BlockDeadline,
    Wait,
    Lock,
};

struct Timer {
    TimerRole role = TimerRole::Backoff;
    std::int64_t due_ms = 0;
    std::uint64_t call = 0;  // Backoff, StepDeadline, Settle, SubDeadline
    std::uint64_t task = 0;  // Review
    BranchId branch = kRoot;
    bool until = false;     // a time that was named: the wall clock must have reached it, too
    std::size_t scope = 0;  // BlockDeadline: which of the branch's scopes

    static void fields(auto& self, auto&& io) {
        io(self.role, self.due_ms, self.call, self.task, self.branch, self.scope, self.until);
    }
};

// When something is over: in run time, and whether it was named as a Time.
struct Due {
    std::int64_t ms = 0;
    bool until = false;
};

// A signal that no wait has taken yet; in the mailbox by the seq of its record.
struct Letter {
    std::uint32_t signal = 0;
    Value value;
    Term term{};

    static void fields(auto& self, auto&& io) { io(self.signal, self.value); }
};

// The one lock that a run may ask for.
struct LockState {
    std::uint64_t id = 0;
    std::vector<std::string> keys;  // sorted
    bool is_held = false;
    BranchId branch = kRoot;  // that asked
    std::uint64_t timer = 0;
    std::int64_t due_ms = 0;
    Term term{};

    static void fields(auto& self, auto&& io) {
        io(self.id, self.keys, self.is_held, self.branch, self.timer, self.due_ms);
    }
};

// An open review.
struct Task {
    BranchId branch = kRoot;
    std::uint32_t site = 0;
    std::uint32_t row = 0;
    std::vector<Value> shown;
    std::uint64_t timer = 0;
    std::int64_t due_ms = 0;
    std::vector<std::string> approved_by;
    std::size_t line = 0;             // of the row: who may decide now
    std::vector<Value> deadlines;     // one a line
    std::vector<std::string> except;  // who may not
    Term term{};

    static void fields(auto& self, auto&& io) {
        io(self.branch, self.site, self.row, self.shown, self.timer, self.due_ms, self.approved_by,
           self.line, self.deadlines, self.except);
    }
};

}  // namespace weft::vm
