// The machine: runs one run of one image. It is a pure function of the facts it is fed: it reads no
// clock, no file, no random source, no environment, and starts no thread. Each fact is applied
// alone, then every branch runs until none can go on; what it decided on the way comes out as
// commands (records to append, in order) and wants (what the engine should do next).
//
// Replay is the same machine fed with the stored facts; the caller compares the commands it makes
// with the stored ones, byte for byte.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bytecode/image.h"
#include "value/value.h"
#include "vm/facts.h"
#include "vm/settled.h"
#include "vm/visits.h"

namespace weft::vm {

class Tracer;
struct StateView;

// A command: everything of a record but run id, seq, time, prev and commitment, which the engine
// adds.
struct Command {
    std::uint8_t kind = 0;  // bytecode/record_kinds.def
    std::uint32_t site = 0xFFFF'FFFF;
    std::uint32_t branch = 0;
    std::uint64_t fuel = 0;
    std::string body;  // fixed-width body of the kind (bytecode/record.h)
    bool has_payload = false;
    std::string payload;  // plaintext body of the box: canonical value bytes
    Bytes16 check{};      // state check after this record (layout.md §5), sealed with the payload
};

// What the run waits for after a fact. Wants are a function of the state: after a replay `wants()`
// gives them all again.
enum class WantKind : std::uint8_t {
    Attempt,  // append a start fact, then send the attempt
    Outcome,  // an attempt was started and its outcome is awaited (after a crash: settle the doubt)
    Cancel,   // stop the started attempt, then append its outcome
    Timer,    // append timer-fired when due
    Decision,   // a review task is open
    Settle,     // a doubt that needs a person
    Release,    // held or stuck: an operator
    Sub,        // a sub-run is under way
    CancelSub,  // … and is to be cancelled
    Signal,     // a wait is open
    Lock,       // append lock-got when it can be given
};
struct Want {
    WantKind kind = WantKind::Attempt;
    std::uint64_t call = 0;  // seq of the call record (Attempt, Outcome, Cancel, Settle)
    std::uint16_t attempt = 0;
    std::uint32_t step = 0;        // row of Image::steps; for a probe the row of the step in doubt
    std::uint32_t worker = 0;      // row of Image::workers (a probe's is the probe)
    std::uint8_t direction = 0;    // 0 forward, 1 undo, 2 probe
    Bytes16 key{};                 // Sub, CancelSub: id of the run
    std::vector<Value> arguments;  // Attempt
    std::optional<Value> author_key;  // Attempt: of the step's `key`
    std::optional<Value> cache_key;   // Attempt: of the step's `cache`
    // Attempt of an idempotent step in doubt: from then on its receiver may have forgotten the key.
    std::optional<std::int64_t> forgotten_ms;
    std::uint64_t timer = 0;               // Timer
    std::int64_t due_ms = 0;               // Timer, Decision, Signal, Lock
    bool until = false;                    // Timer: not before the wall clock says so, either
    std::uint64_t task = 0;                // Decision: seq of the review-open record
    std::uint32_t review = 0;              // Decision: row of Image::reviews
    std::vector<Value> shown;              // Decision: the values shown
    std::size_t line = 0;                  // Decision: of the review, who may decide now
    std::vector<std::string> approved_by;  // Decision: so far
    std::vector<std::string> except;       // Decision: who may not
    std::uint32_t wait = 0;                // Signal: row of Image::waits
    std::uint64_t lock = 0;                // Lock
    std::vector<std::string> keys;         // Lock
    std::string reason;                    // Release, Settle: why

    bool operator==(const Want&) const = default;
};

struct OpenEffect {
    std::uint64_t call = 0;    // seq
    std::uint32_t worker = 0;  // row
    Bytes16 key{};
    bool is_author_key = false;
};

// A compensation that failed for good and was set aside: a person says what became of it, or it is
// tried again.
struct StuckUndo {
    std::uint64_t call = 0;  // what it undoes; 0 for a block without calls
    std::uint32_t site = 0xFFFF'FFFF;
};

struct DueTimer {
    std::int64_t due_ms = 0;
    std::uint64_t timer = 0;

    auto operator<=>(const DueTimer&) const = default;
};

// A signal that no wait has taken.
struct UnreadSignal {
    std::uint64_t seq = 0;
    std::uint32_t signal = 0;
    Value value;
};

// The lock that a run has asked for or holds.
struct LockView {
    std::uint64_t id = 0;
    std::vector<std::string> keys;  // sorted
    bool is_held = false;
};

enum class RunStatus : std::uint8_t {
    Running = 0,
    Waiting = 1,
    Held = 2,
    Stuck = 3,
    Completed = 4,
    Failed = 5,
    Compensated = 6,
    Cancelled = 7,
    Killed = 8,
};
inline bool is_ended(RunStatus status) {
    return status >= RunStatus::Completed;
}

// A run that must begin: the payload of its sub-start, for the engine.
struct SubStart {
    std::uint64_t call = 0;  // seq of the sub-start record
    Bytes16 run{};
    std::uint32_t workflow = 0;
    bool detached = false;
    std::vector<Value> arguments;
};

// One record's worth of progress, for callers that follow along (seq is known to the machine: it
// counts every record of the run, facts included).
struct Progress {
    std::vector<Command> commands;  // in order, seqs following the fact's
    std::vector<KeyedCall> keyed;
    std::vector<SettledCall> settled;
    std::vector<SubStart> subs;
};

// What a run has counted: where a machine that takes another's place goes on.
struct Counters {
    std::uint64_t next_seq = 1;
    std::uint32_t next_branch = 1;
    std::uint64_t next_timer = 1;
    std::uint64_t next_lock = 1;
    std::uint64_t draws = 0;
    std::int64_t spent_micros = 0;
    std::uint64_t fuel = 0;
};

// What a name of the program holds in a branch.
struct NamedValue {
    std::uint32_t branch = 0;
    std::string function;  // "document_qa.answers"
    std::string name;
    Value value;
};

class Machine {
  public:
    // The image must have passed verify_image. The begin record has seq 0.
    Machine(std::shared_ptr<const Image> image, Begin begin);
    ~Machine();
    Machine(Machine&&) noexcept;
    Machine& operator=(Machine&&) noexcept;

    // Runs from the beginning to rest; call once, right after construction.
    Progress start();
    // In the place of `start`, for a run that was on its way and begins again under this image
    // (docs/machine.md): it counts on, keeps what was spent, and its deadline is reckoned from the
    // run's own begin. `next_seq` is that of the first command.
    Progress start_again(const Counters& counters, std::int64_t time_ms);
    [[nodiscard]] Counters counters() const;
    // Calls that are neither done nor given up.
    [[nodiscard]] std::vector<std::uint64_t> open_calls() const;
    [[nodiscard]] bool is_held_by_operator() const;
    // It fails, is cancelled, or only its hooks are left.
    [[nodiscard]] bool is_ending() const;
    // The fact has seq `next_seq()` and is appended by the caller. A fact that does not fit the
    // state (unknown call, closed task, late outcome) changes nothing but the counters; `accepts`
    // tells.
    Progress apply(const Fact& fact, std::int64_t time_ms);
    [[nodiscard]] bool accepts(const Fact& fact) const;

    [[nodiscard]] std::uint64_t next_seq() const;
    [[nodiscard]] RunStatus status() const;
    [[nodiscard]] std::vector<Want> wants() const;
    // The timer that is due first, of those due at one time the one set first.
    // `ahead_ms` is how far the run's time is ahead of the wall clock, which times that were named
    // wait for as well.
    [[nodiscard]] std::optional<DueTimer> next_timer(std::int64_t ahead_ms = 0) const;
    // The result (Completed), or the error record: of one that failed, and of one that is failing.
    [[nodiscard]] const Value& result() const;
    [[nodiscard]] std::int64_t spent_micros() const;
    [[nodiscard]] Bytes16 check() const;  // state check now
    [[nodiscard]] bool past_no_return() const;
    // Calls that may have an effect nobody knows of: started without outcome, or in doubt.
    [[nodiscard]] std::vector<OpenEffect> open_effects() const;
    [[nodiscard]] std::vector<StuckUndo> stuck_undos() const;
    [[nodiscard]] const Begin& begin() const;
    // What an ended run did and could still be undone, first done first.
    [[nodiscard]] std::vector<SubEndedFact::Undo> undos() const;

    // The whole state, of a machine at rest whose run has not ended. `restore` gives a machine that
    // goes on just as this one would: nothing when the bytes are no state of this image, or their
    // state check is not the one that went in. They are no format: another version of the machine
    // has another (kStateVersion), and replays.
    [[nodiscard]] std::string snapshot() const;
    static std::optional<Machine> restore(std::shared_ptr<const Image> image, Begin begin,
                                          std::string_view bytes);
    [[nodiscard]] std::uint64_t fuel() const;
    // What its values take together, of a machine at rest: what vm/limits.h bounds.
    [[nodiscard]] std::uint64_t bytes_held() const;

    [[nodiscard]] std::vector<UnreadSignal> unread() const;
    [[nodiscard]] std::optional<LockView> lock() const;
    // Of every frame of every branch that there is, those that are none left out.
    [[nodiscard]] std::vector<NamedValue> named_values() const;
    // What there is to see of the whole state (vm/view.h).
    [[nodiscard]] StateView state_view() const;

    // From now on the state check is also computed from nothing at each record and must be equal:
    // for tests and debug builds, at the cost of walking the whole state each time.
    void check_itself(bool on);
    // From now on notes what it executes; outlives the machine. It decides nothing by it.
    void watch(Visits* visits);
    // The same for each instruction, with its values; null: nobody.
    void trace(Tracer* tracer);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace weft::vm
