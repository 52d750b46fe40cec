// What a run of the reference interpreter is made of: branches with their frames and scopes, forks,
// calls, timers, tasks. Plain data; what happens to it is in tests/reference/run.h.
#pragma once

#include <coroutine>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/ir/module.h"
#include "tests/reference/evaluate.h"
#include "tests/reference/facts.h"
#include "tests/reference/task.h"

namespace weft::reference {

using BranchId = std::uint32_t;

// What an undo covers, for whoever keeps account of keys.
struct Covered {
    Bytes16 run{};
    std::uint64_t call = 0;
};

struct UndoEntry {
    ir::BlockId body;
    Env env;
    std::uint64_t call = 0;
    std::uint64_t order = 0;
    std::vector<Covered> covers;
    std::string place;
};

// A statement that can take an error: a step with handlers, a composite step, a requirement.
struct Scope {
    const ir::Step* step = nullptr;  // none: of a requirement, which takes everything
    std::size_t undo_height = 0;
    std::uint64_t irreversible = 0;
    std::uint16_t passes = 0;
    std::uint64_t timer = 0;
};

// By default what passes: Transient, Timeout, Unavailable, Guard.
bool is_retried(const Policy& policy, const std::string& name);

enum class Taking : std::uint8_t { No, Again, Hold, Handle };

// How a branch leaves what it is doing.
struct Taken {  // an error goes to this scope
    Scope* by = nullptr;
    Taking how = Taking::Handle;
    Value error;
};
struct Untaken {  // an error that nothing around takes
    Value error;
};
struct LeaveOff {};  // the branch was told to
struct Next {
    std::uint32_t repeat = 0;
    Value value;
};
struct Done {
    std::uint32_t repeat = 0;
    Value value;
};
struct Returned {
    Value value;
};

// The code of a branch, or that of an undo or a hook on top of it.
struct Frame {
    enum class Kind : std::uint8_t { Own, Undo, Hook, EndHook };
    Kind kind = Kind::Own;
    Env env;
    std::vector<Scope*> scopes;
    Frame* below = nullptr;
};

struct Branch;

enum class Stage : std::uint8_t { Waiting, Live, Done, Failed };

struct Fork {
    std::string path;
    BranchId first = 0;
    std::uint32_t count = 0;
    std::uint32_t limit = 0;
    JoinRule join = JoinRule::All;
    std::uint32_t bound = 0;
    const ir::Each* each = nullptr;
    const ir::Parallel* parallel = nullptr;
    std::vector<std::set<std::uint32_t>> after;  // parallel: by item, the items it reads
    std::vector<Value> items;
    Env env;
    std::vector<Stage> stages;
    std::vector<Value> results;
    std::set<BranchId> live;
    std::uint32_t ok = 0;
    std::uint32_t failed = 0;
    std::optional<Value> error;
    bool is_met = false;
    bool is_stopping = false;
    std::vector<UndoEntry> undo;
    std::uint64_t last_call = 0;
    std::uint64_t last_order = 0;
    std::string last_place;
};

enum class Rest : std::uint8_t {
    Ready,
    Call,
    Sub,
    Fork,
    Review,
    Timer,
    Wait,
    Lock,
    Held,
    Stuck,
    Parked,
};

struct Event {
    enum class What : std::uint8_t { Turn, Stop, Fact, Deadline, Pause, Probe, Released, Value };
    What what = What::Turn;
    Fact fact;
    Value value;
};

struct GateMemo {
    std::uint32_t rounds = 0;
    Value rung;
    Value scores;
    std::vector<Value> reasons;
};

struct Branch {
    BranchId id = 0;
    Branch* parent = nullptr;
    std::uint32_t item = 0;
    std::uint32_t generation = 0;
    bool is_stopping = false;
    Scope* unwinds = nullptr;  // whose time is over
    bool is_shielded = false;
    bool is_undoing = false;                      // a stretch of undos is going on
    bool holds_scope = false;                     // Held: a block is run again when it is released
    std::vector<UndoEntry>* set_aside = nullptr;  // Stuck: what failed for good
    bool undo_ends_run = false;                   // …
    Rest rest = Rest::Ready;
    std::coroutine_handle<> waiting;
    Event event;
    Frame* frame = nullptr;
    std::vector<UndoEntry> undo;
    Fork* fork = nullptr;
    std::uint64_t call = 0;  // Rest::Call: its seq
    std::uint64_t last_call = 0;
    std::uint64_t last_order = 0;
    std::string last_place;
    bool last_is_hit = false;
    std::vector<Covered> cut;
    std::uint64_t irreversible = 0;
    std::map<std::uint32_t, GateMemo> gates;
    Task<> main;

    [[nodiscard]] Env& env() const { return frame->env; }
    [[nodiscard]] bool in_hook() const { return frame->kind >= Frame::Kind::Hook; }
    [[nodiscard]] bool in_undo() const { return frame->kind == Frame::Kind::Undo; }
    // Nothing that it does now is undone, and nothing from outside reaches it.
    [[nodiscard]] bool must_stop() const {
        return (is_stopping || unwinds != nullptr) && !in_undo() &&
               frame->kind != Frame::Kind::EndHook;
    }
    // The scopes of its own code, also while an undo or a hook runs on top.
    [[nodiscard]] const std::vector<Scope*>& own_scopes() const;
};

enum class Phase : std::uint8_t { Attempt, Started, Pause, Hooked, Settling, Probing, Person };

struct Call {
    std::uint64_t seq = 0;
    Branch* branch = nullptr;
    const ir::Step* step = nullptr;
    const WorkerRow* worker = nullptr;
    Direction direction = Direction::Forward;
    Bytes16 key{};
    std::vector<Value> arguments;
    std::optional<Value> author_key;
    std::optional<Value> cache_key;
    std::uint16_t attempt = 1;
    std::uint16_t retries = 0;
    std::uint16_t doubt_tries = 0;
    Phase phase = Phase::Attempt;
    std::optional<std::int64_t> started_ms;
    std::uint64_t pause_timer = 0;
    std::uint64_t deadline_timer = 0;
    bool is_late = false;
    bool is_in_doubt = false;
    bool is_lost = false;  // an engine ended while its last attempt was under way
    bool counts_irreversible = false;
    bool is_done = false;
    std::string error;
    std::string message;
    Value detail;
    std::int64_t reserve_micros = 0;
};

// How a call ended.
struct CallEnd {
    enum class How : std::uint8_t { Done, Failed, Stopped, UndoneInDoubt };
    How how = How::Done;
    Value value{};  // or its error
    bool is_hit = false;
};

struct Timer {
    enum class Role : std::uint8_t {
        Pause,     // of a call, before its next attempt
        Settle,    // … before its probe is asked
        Deadline,  // … of all its attempts
        SubDeadline,
        RunDeadline,
        Review,
        Rest,  // of a branch that does nothing else: sleep, backoff of a block, wait, lock
        BlockDeadline,
    };
    Role role = Role::Rest;
    std::int64_t due_ms = 0;
    std::uint64_t number = 0;  // of the call, the sub-start or the task
    Branch* branch = nullptr;
    Scope* scope = nullptr;
    bool until = false;  // the time was named, not reckoned
};

struct ReviewTask {
    Branch* branch = nullptr;
    const ir::ReviewTerms* terms = nullptr;
    std::string place;
    std::string title;
    std::vector<TypeId> types;
    bool goes_on = false;
    std::vector<Value> shown;
    std::vector<Value> deadlines;
    std::vector<std::string> except;
    std::vector<std::string> approved_by;
    std::size_t line = 0;
    std::uint64_t timer = 0;
    std::int64_t due_ms = 0;
};

struct Sub {
    Branch* branch = nullptr;
    const ir::Step* step = nullptr;
    Bytes16 run{};
    std::uint64_t timer = 0;
    bool is_late = false;
    bool counts_irreversible = false;
};

struct Letter {
    std::uint32_t signal = 0;
    Value value;
};

struct LockState {
    std::uint64_t id = 0;
    std::vector<std::string> keys;
    bool is_held = false;
    Branch* branch = nullptr;
    std::uint64_t timer = 0;
};

}  // namespace weft::reference
