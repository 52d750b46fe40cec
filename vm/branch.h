// What a run is made of: branches with their frames, calls in progress, timers and tasks. Plain
// data; the rules are in the files of Machine::State (vm/state.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bytecode/image.h"
#include "bytecode/record.h"
#include "vm/registers.h"
#include "vm/state_check.h"

namespace weft::vm {

using BranchId = std::uint32_t;
inline constexpr BranchId kRoot = 0;

// One effect that can be undone: the undo function and what it needs.
struct UndoEntry {
    std::uint32_t function = 0;
    std::vector<Value> captures{};
    std::uint64_t call = 0;        // seq of the call that it undoes; 0 for a block without calls
    std::uint64_t order = 0;       // counter of completions when it was done
    std::uint32_t site = kNoSite;  // of the call
    Term term{};                   // in the state check, while it stands in a stack
};

// An open scope: where a failure goes, and how things were when it was entered.
struct Scope {
    std::uint32_t error_register = 0;
    std::uint32_t handler = 0;
    std::size_t undo_height = 0;
    std::uint64_t irreversible = 0;
};

// A function in progress. A branch has its own and, while it undoes, that of an undo function.
struct Frame {
    std::uint32_t number = 0;
    const Function* function = nullptr;
    std::uint32_t pc = 0;
    Registers registers;
    std::vector<Scope> scopes{};
    std::optional<UndoEntry> undoes{};  // set in the frame of an undo function
    std::vector<Term> terms;            // one a named slot
};

// A stretch of undoing: entries above `floor`, last first, then what comes after.
struct UndoRun {
    enum class Then : std::uint8_t { Handler, NextInstruction, EndRun };
    std::size_t floor = 0;
    Then then = Then::EndRun;
    Scope scope{};                       // Handler
    Value error{};                       // Handler
    std::vector<UndoEntry> set_aside{};  // failed for good, until an operator releases
    Value error_of_undo{};               // of the last that was set aside
};

// Branches that a fork_each started, as their parent sees them.
struct Fork {
    std::uint32_t site = 0;
    std::uint32_t row = 0;
    BranchId first = 0;
    std::vector<Value> items;
    std::vector<Value> captures{};
    std::uint32_t next = 0;  // first item that has no branch yet
    std::set<BranchId> live;
    std::vector<Value> results;  // by item
    std::vector<Term> result_terms;
    Term list_term;
    Term captures_term;
    std::uint32_t ok = 0;
    std::uint32_t failed = 0;
    std::optional<Value> error;   // of the first branch that failed
    std::vector<UndoEntry> undo;  // what ended branches can undo
    std::uint64_t last_call = 0;  // of those done in them, the last
    std::uint64_t last_order = 0;
    std::uint32_t last_site = kNoSite;
    bool is_stopping = false;  // while siblings are told, so that none of them joins
};

enum class Rest : std::uint8_t {
    Ready,
    Call,
    Fork,
    Review,
    Sleep,
    Held,    // failed past the point of no return, or "then hold"
    Stuck,   // an undo failed for good
    Parked,  // the run is held as a whole
};

struct GateMemo {
    std::uint32_t rounds = 0;
    Value rung;
    Value scores;
    std::vector<Value> reasons;
};

struct Branch {
    BranchId id = kRoot;
    BranchId parent = kRoot;
    std::uint32_t item = 0;   // of the parent's fork
    std::uint32_t depth = 0;  // forks around it
    std::uint32_t generation = 0;
    bool is_stopping = false;
    bool is_shielded = false;  // started by an undo: what it does is not undone
    Rest rest = Rest::Ready;
    std::uint64_t waits_for = 0;  // call, task or timer, by `rest`
    std::vector<Frame> frames;
    std::vector<UndoEntry> undo;
    std::size_t undo_settled = 0;  // entries from the bottom whose term is in the state check
    std::optional<UndoRun> undoing;
    std::optional<Fork> fork;
    std::uint64_t last_call = 0;  // last done call, and when it was done
    std::uint64_t last_order = 0;
    std::uint32_t last_site = kNoSite;
    std::uint64_t irreversible = 0;           // effects in it or below that can't be undone
    std::string why_held;                     // Held and Stuck
    std::map<std::uint32_t, GateMemo> gates;  // by row
    Term term{};

    [[nodiscard]] Frame& frame() { return frames.back(); }
    [[nodiscard]] const Frame& frame() const { return frames.back(); }
    [[nodiscard]] const Instruction& instruction() const {
        return frame().function->code[frame().pc];
    }
    // In the frame of an undo function: no failure, cancel or deadline outside of it counts there.
    [[nodiscard]] bool is_undoing() const { return frame().undoes.has_value(); }
    // Told to end at its next logged instruction.
    [[nodiscard]] bool must_stop() const { return is_stopping && !is_undoing(); }
};

enum class Phase : std::uint8_t {
    Attempt,   // an attempt is wanted
    Started,   // its outcome is awaited
    Backoff,   // a timer runs before the next attempt
    Settling,  // in doubt: a timer runs before the probe is asked
    Probing,   // in doubt: the probe's call is in progress
    Person,    // in doubt: a person decides
};

struct Call {
    std::uint64_t seq = 0;
    BranchId branch = kRoot;
    std::uint32_t site = 0;
    std::uint32_t step = 0;
    std::uint32_t worker = 0;
    Direction direction = Direction::Forward;
    Bytes16 key{};
    std::vector<Value> arguments;
    std::uint16_t attempt = 1;
    std::uint16_t retries = 0;      // used
    std::uint16_t doubt_tries = 0;  // re-sent attempts that did not settle it
    Phase phase = Phase::Attempt;
    std::optional<std::int64_t> started_ms;  // first start
    std::uint64_t wait_timer = 0;            // Backoff and Settling
    std::uint64_t deadline_timer = 0;        // of `within`; 0 when none runs
    bool is_late = false;                    // the deadline has passed
    bool is_in_doubt = false;
    bool counts_irreversible = false;  // in doubt and irreversible: counted as done
    std::string error;                 // of the last attempt
    std::string message;
    std::int64_t reserve_micros = 0;
    std::uint64_t other = 0;  // a probe's call in doubt; a call's probe
};

// What a timer of the machine is for; the record has a coarser code.
enum class TimerRole : std::uint8_t { Backoff, StepDeadline, Settle, RunDeadline, Review, Sleep };

struct Timer {
    TimerRole role = TimerRole::Backoff;
    std::int64_t due_ms = 0;
    std::uint64_t call = 0;  // Backoff, StepDeadline, Settle
    std::uint64_t task = 0;  // Review
    BranchId branch = kRoot;
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
};

}  // namespace weft::vm
