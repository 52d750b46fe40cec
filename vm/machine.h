// The machine: runs one run of one image. It is a pure function of the facts it is fed: it reads no
// clock, no file, no random source, no environment, and starts no thread. Each fact is applied
// alone, then every branch runs until none can go on; what it decided on the way comes out as
// commands (records to append, in order) and wants (what the engine should do next).
//
// Replay is the same machine fed with the stored facts; the caller compares the commands it makes
// with the stored ones, byte for byte.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bytecode/image.h"
#include "value/value.h"

namespace weft::vm {

// What the run was begun with: the body and payload of its `begin` record.
struct Begin {
    Bytes16 run{};
    Hash seed{};                 // keys, draws and the state check come from it
    std::uint32_t workflow = 0;  // row of Image::workflows
    Value input;                 // record of the workflow's parameters, in order
    Value tunes;                 // record of the tune values
    std::string starter;         // actor name, for this_run.starter
    std::int64_t time_ms = 0;
};

enum class OutcomeStatus : std::uint8_t {
    Ok = 0,
    Failed = 1,
    Unknown = 2,
    Cancelled = 3,
    Late = 4
};

// Facts, one struct a kind. `time_ms` of a fact is the run's time from then on.
struct StartFact {
    std::uint64_t call = 0;
    std::uint16_t attempt = 1;
};
struct OutcomeFact {
    std::uint64_t call = 0;
    std::uint16_t attempt = 1;
    OutcomeStatus status = OutcomeStatus::Ok;
    Value value;        // Ok: fits the step's result type (the engine checked it)
    std::string error;  // otherwise: name, "Timeout"
    std::string message;
    std::optional<std::int64_t> retry_after_ms;
    std::int64_t cost_micros = 0;
    std::string currency;
};
// A doubt that a probe could not settle was settled by a person (or by re-sending).
struct SettledFact {
    std::uint64_t call = 0;
    bool done = false;
    Value value;
};
struct TimerFiredFact {
    std::uint64_t timer = 0;
};
enum class Decision : std::uint8_t { Approve = 0, Reject = 1, Expired = 2, Revise = 3 };
struct DecisionFact {
    std::uint64_t task = 0;
    Decision decision = Decision::Approve;
    std::string by;  // actor name
    std::string reason;
    std::vector<Value> values;  // Revise: the edited values, in the order shown
};
struct CancelFact {
    std::string by;
    std::string reason;
};
struct KillFact {
    std::string by;
    std::string reason;
};
struct ReleasedFact {
    std::string by;
};  // a held or stuck run goes on: its last failure is tried again
struct ResumedFact {};  // a new owner took the run up

using Fact = std::variant<StartFact, OutcomeFact, SettledFact, TimerFiredFact, DecisionFact,
                          CancelFact, KillFact, ReleasedFact, ResumedFact>;

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
    Decision,  // a review task is open
    Settle,    // a doubt that needs a person
    Release,   // held or stuck: an operator
};
struct Want {
    WantKind kind = WantKind::Attempt;
    std::uint64_t call = 0;  // seq of the call record (Attempt, Outcome, Cancel, Settle)
    std::uint16_t attempt = 0;
    std::uint32_t step = 0;      // row of Image::steps; for a probe the row of the step in doubt
    std::uint32_t worker = 0;    // row of Image::workers (a probe's is the probe)
    std::uint8_t direction = 0;  // 0 forward, 1 undo, 2 probe
    Bytes16 key{};
    std::vector<Value> arguments;  // Attempt
    std::uint64_t timer = 0;       // Timer
    std::int64_t due_ms = 0;       // Timer, Decision
    std::uint64_t task = 0;        // Decision: seq of the review-open record
    std::uint32_t review = 0;      // Decision: row of Image::reviews
    std::vector<Value> shown;      // Decision: the values shown
    std::string reason;            // Release, Settle: why

    bool operator==(const Want&) const = default;
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

// One record's worth of progress, for callers that follow along (seq is known to the machine: it
// counts every record of the run, facts included).
struct Progress {
    std::vector<Command> commands;  // in order, seqs following the fact's
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
    // The fact has seq `next_seq()` and is appended by the caller. A fact that does not fit the
    // state (unknown call, closed task, late outcome) changes nothing but the counters; `accepts`
    // tells.
    Progress apply(const Fact& fact, std::int64_t time_ms);
    [[nodiscard]] bool accepts(const Fact& fact) const;

    [[nodiscard]] std::uint64_t next_seq() const;
    [[nodiscard]] RunStatus status() const;
    [[nodiscard]] std::vector<Want> wants() const;
    // The result (Completed), or the error record (Failed, Compensated, Cancelled, Killed).
    [[nodiscard]] const Value& result() const;
    [[nodiscard]] std::int64_t spent_micros() const;
    [[nodiscard]] Bytes16 check() const;  // state check now
    [[nodiscard]] bool past_no_return() const;

    // From now on the state check is also computed from nothing at each record and must be equal:
    // for tests and debug builds, at the cost of walking the whole state each time.
    void check_itself(bool on);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace weft::vm
