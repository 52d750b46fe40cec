// What a run is made of: branches with their frames, calls in progress, timers and tasks. Plain
// data; the rules are in the files of Machine::State (vm/state.h). `fields` lists what a snapshot
// holds (vm/snapshot.h); what isn't in it is made anew from the rest, or from the image.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bytecode/image.h"
#include "bytecode/record.h"
#include "vm/machine.h"
#include "vm/registers.h"
#include "vm/state_check.h"
#include "vm/waiting.h"

namespace weft::vm {

// One effect that can be undone: the undo function and what it needs.
struct UndoEntry {
    std::uint32_t function = 0;
    std::vector<Value> captures{};
    std::uint64_t call = 0;   // seq of the call that it undoes; 0 for a block without calls
    std::uint64_t order = 0;  // counter of completions when it was done
    std::vector<UndoneCall> covers{};  // calls whose own undos it replaces
    std::uint32_t site = kNoSite;      // of the call
    Term term{};                       // in the state check, while it stands in a stack

    static void fields(auto& self, auto&& io) {
        io(self.function, self.captures, self.call, self.order, self.covers, self.site);
    }
};

// An open scope: where a failure goes, and how things were when it was entered.
struct Scope {
    static constexpr std::uint32_t kNoBlock = 0xFFFF'FFFF;
    std::uint32_t error_register = 0;
    std::uint32_t handler = 0;
    std::size_t undo_height = 0;
    std::uint64_t irreversible = 0;
    // Of a composite step; a scope that is no block's takes every error.
    std::uint32_t block = kNoBlock;  // row of Image::blocks
    std::uint32_t site = kNoSite;
    std::uint32_t first = 0;   // instruction at which a pass begins
    std::uint16_t passes = 0;  // run again so far
    std::uint64_t deadline_timer = 0;

    static void fields(auto& self, auto&& io) {
        io(self.error_register, self.handler, self.undo_height, self.irreversible, self.block,
           self.site, self.first, self.passes, self.deadline_timer);
    }
};

enum class HookKind : std::uint8_t { Before, After, Retry, Failure, Finally };

// What goes on once a hook is over.
struct Hooked {
    HookKind kind = HookKind::Before;
    std::uint64_t call = 0;  // After, Retry
    bool is_done = false;    // After: whether the call was
    bool holds = false;      // After: it was not, and `then hold` says so
    Value value{};           // After: its result or its error

    static void fields(auto& self, auto&& io) {
        io(self.kind, self.call, self.is_done, self.holds, self.value);
    }
};

// A function in progress. A branch has its own and, while it undoes, that of an undo function.
struct Frame {
    std::uint32_t number = 0;
    const Function* function = nullptr;
    std::uint32_t pc = 0;
    Registers registers;
    std::vector<Scope> scopes{};
    std::optional<UndoEntry> undoes{};  // set in the frame of an undo function
    std::optional<Hooked> hook{};       // … of a hook
    std::vector<Term> terms;            // one a named slot
};

// A stretch of undoing: entries above `floor`, last first, then what comes after.
struct UndoRun {
    enum class Then : std::uint8_t { Handler, NextPass, NextInstruction, EndBranch, EndRun };
    std::size_t floor = 0;
    Then then = Then::EndRun;
    Scope scope{};                       // Handler
    Value error{};                       // Handler
    std::vector<UndoEntry> set_aside{};  // failed for good, until an operator releases
    Value error_of_undo{};               // of the last that was set aside

    static void fields(auto& self, auto&& io) {
        io(self.floor, self.then, self.scope, self.error, self.set_aside, self.error_of_undo);
    }
};

// How far a branch of a fork has come.
enum class Stage : std::uint8_t { Waiting, Live, Done, Failed };

// The branches of a fork, as their parent sees them. An item is a branch's place among them.
struct Fork {
    std::uint32_t site = 0;
    std::uint32_t row = 0;
    BranchId first = 0;
    std::uint32_t count = 0;
    Value items{};  // the list of a fork_each
    std::vector<Value> captures{};
    std::vector<Stage> stages;  // by item
    std::uint32_t next = 0;     // none before it waits
    std::set<BranchId> live;
    std::vector<Value> results;  // by item; of a join that settles or collects: outcomes
    std::vector<Term> result_terms;
    Term list_term;
    Term captures_term;
    std::uint32_t ok = 0;
    std::uint32_t failed = 0;
    std::optional<Value> error;   // that fails the fork
    bool is_met = false;          // as many are done as the join asks for: the others lose
    std::vector<UndoEntry> undo;  // what ended branches can undo
    std::uint64_t last_call = 0;  // of those done in them, the last
    std::uint64_t last_order = 0;
    std::uint32_t last_site = kNoSite;
    bool is_stopping = false;  // while siblings are told, so that none of them joins

    static void fields(auto& self, auto&& io) {
        io(self.site, self.row, self.first, self.count, self.items, self.captures, self.stages,
           self.next, self.live, self.results, self.ok, self.failed, self.error, self.is_met,
           self.undo, self.last_call, self.last_order, self.last_site);
    }
};

enum class Rest : std::uint8_t {
    Ready,
    Call,
    Sub,
    Fork,
    Review,
    Sleep,
    Wait,
    Lock,
    Held,    // failed past the point of no return, or "then hold"
    Stuck,   // an undo failed for good
    Parked,  // the run is held as a whole
};

struct GateMemo {
    std::uint32_t rounds = 0;
    Value rung;
    Value scores;
    std::vector<Value> reasons;

    static void fields(auto& self, auto&& io) {
        io(self.rounds, self.rung, self.scores, self.reasons);
    }
};

struct Branch {
    BranchId id = kRoot;
    BranchId parent = kRoot;
    std::uint32_t item = 0;   // of the parent's fork
    std::uint32_t depth = 0;  // forks around it
    std::uint32_t generation = 0;
    bool is_stopping = false;
    std::optional<std::size_t> unwinds_to{};  // scope whose block is out of time
    bool is_shielded = false;                 // started by an undo: what it does is not undone
    bool is_announced = false;                // the hook before the step at which it stands is over
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
    bool last_is_hit = false;                 // … was had by somebody before, who undoes it
    std::vector<UndoneCall> cut{};            // calls whose undos the next one replaces
    std::uint64_t irreversible = 0;           // effects in it or below that can't be undone
    std::string why_held;                     // Held and Stuck
    std::optional<std::size_t> held_scope{};  // Held: its block is run again when it is released
    std::map<std::uint32_t, GateMemo> gates;  // by row
    Term term{};

    static void fields(auto& self, auto&& io) {
        io(self.id, self.parent, self.item, self.depth, self.generation, self.is_stopping,
           self.unwinds_to, self.is_shielded, self.is_announced, self.rest, self.waits_for,
           self.frames, self.undo, self.undoing, self.fork, self.last_call, self.last_order,
           self.last_site, self.last_is_hit, self.cut, self.irreversible, self.why_held,
           self.held_scope, self.gates);
    }

    [[nodiscard]] Frame& frame() { return frames.back(); }
    [[nodiscard]] const Frame& frame() const { return frames.back(); }
    [[nodiscard]] const Instruction& instruction() const {
        return frame().function->code[frame().pc];
    }
    // In the frame of an undo function: no failure, cancel or deadline outside of it counts there.
    [[nodiscard]] bool is_undoing() const { return frame().undoes.has_value(); }
    // In a hook at the run's end, which nothing else reaches either.
    [[nodiscard]] bool is_ending() const {
        return frame().hook && frame().hook->kind >= HookKind::Failure;
    }
    // Told to leave off at its next logged instruction: to end, or to go back to a scope.
    [[nodiscard]] bool must_stop() const {
        return (is_stopping || unwinds_to.has_value()) && !is_undoing() && !is_ending();
    }
};

enum class Phase : std::uint8_t {
    Attempt,   // an attempt is wanted
    Started,   // its outcome is awaited
    Backoff,   // a timer runs before the next attempt
    Hooked,    // a hook runs before that
    Settling,  // in doubt: a timer runs before the probe is asked
    Probing,   // in doubt: the probe's call is in progress
    Person,    // in doubt: a person decides
};

// What is left of a call that is over.
struct CallName {
    std::uint64_t seq = 0;
    std::uint32_t step = 0;
    std::uint16_t attempt = 1;
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
    bool is_lost = false;  // an engine ended while its last attempt was under way
    bool is_done = false;
    bool counts_irreversible = false;  // in doubt and irreversible: counted as done
    std::string error;                 // of the last attempt
    std::string message;
    Value detail{};
    std::int64_t reserve_micros = 0;
    std::optional<std::int64_t> asked_delay_ms{};  // Hooked: what the worker asked for
    std::uint64_t other = 0;                       // a probe's call in doubt; a call's probe
    std::optional<Value> author_key{};
    std::optional<Value> cache_key{};

    [[nodiscard]] CallName name() const { return {seq, step, attempt}; }

    static void fields(auto& self, auto&& io) {
        io(self.seq, self.branch, self.site, self.step, self.worker, self.direction, self.key,
           self.arguments, self.attempt, self.retries, self.doubt_tries, self.phase,
           self.started_ms, self.wait_timer, self.deadline_timer, self.is_late, self.is_in_doubt,
           self.is_lost, self.counts_irreversible, self.error, self.message, self.detail,
           self.reserve_micros, self.is_done, self.asked_delay_ms, self.other, self.author_key,
           self.cache_key);
    }
};

// A sub-run that is under way.
struct Sub {
    std::uint64_t seq = 0;  // of its sub-start
    BranchId branch = kRoot;
    std::uint32_t site = 0;
    std::uint32_t row = 0;
    Bytes16 run{};
    std::uint64_t timer = 0;           // of `within`; 0 when none runs
    bool is_late = false;              // … and it has passed
    bool counts_irreversible = false;  // it may hold an effect that nothing undoes

    static void fields(auto& self, auto&& io) {
        io(self.seq, self.branch, self.site, self.row, self.run, self.timer, self.is_late,
           self.counts_irreversible);
    }
};

}  // namespace weft::vm
