// What a machine is fed: the begin of its run, and facts, one struct a kind. Plain data; how facts
// are applied is the machine's (vm/machine.h), how they are stored the engine's.
#pragma once

#include <cstdint>
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
    Hash seed{};                          // keys, draws and the state check come from it
    std::uint32_t workflow = 0;           // row of Image::workflows
    Value input;                          // record of the workflow's parameters, in order
    Value tunes;                          // record of the tune values
    std::string starter;                  // actor name, for this_run.starter
    std::vector<std::string> subjects{};  // whose data it is; not the machine's business
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
    Value detail = {};  // record of the declared error's own fields (the engine checked it)
};
// A doubt that a probe could not settle was settled by a person (or by re-sending). Of a call whose
// compensation is stuck: it was undone by other means (done), or is left as it is.
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
    // Revise: the edited values, in the order shown. Approve of a task that asks for a form: it.
    std::vector<Value> values;
    std::string role = {};  // in which they decide
};
// An event from outside: kept until a wait takes it.
struct SignalFact {
    std::uint32_t signal = 0;  // number in the workflow
    Bytes16 tag{};             // of the sender's key: one that came before changes nothing
    Value value;
    std::string by;
};
struct LockGotFact {
    std::uint64_t lock = 0;
};
// The call's effect is one that was had before: of the same key, or out of the cache.
struct HitFact {
    std::uint64_t call = 0;
    std::uint8_t source = 0;  // of HitSource: 0 cache, 1 key, 2 migration, 3 fork
    Bytes16 origin_run{};
    std::uint64_t origin_seq = 0;  // of the call that had it
    Value value;
    // The key can't be used: why; the call fails with Trap. Of a migration or a fork: the name of
    // the error that `value` is, with which the call had failed for good.
    std::string refused;
};
// A call of this run (zero) or of a sub-run whose undos this run took over.
struct UndoneCall {
    Bytes16 run{};
    std::uint64_t call = 0;

    bool operator==(const UndoneCall&) const = default;
    static void fields(auto& self, auto&& io) { io(self.run, self.call); }
};
// A sub-run is over. What it did can still be undone by this run, unless the step says otherwise.
struct SubEndedFact {
    struct Undo {
        std::uint32_t function = 0;
        std::uint32_t site = 0xFFFF'FFFF;
        std::vector<Value> captures;
        std::vector<UndoneCall> calls;  // that it undoes
    };
    std::uint64_t call = 0;   // seq of the sub-start record
    std::uint8_t status = 0;  // a RunStatus that is_ended
    Hash leaf{};              // leaf hash of its end record
    Value value;              // its result, or its error
    std::vector<Undo> undos;  // first done first
    bool past_no_return = false;
    std::int64_t cost_micros = 0;
    std::string currency;
};
struct CancelFact {
    std::string by;
    std::string reason;
};
struct KillFact {
    std::string by;
    std::string reason;
};
// An operator holds the run: no further attempt, no further logged instruction, until released.
struct HeldByOperatorFact {
    std::string by;
    std::string reason;
};
// A held or stuck run goes on: its last failure is tried again.
struct ReleasedFact {
    std::string by;
    std::string reason = {};
};
// What an operator did beside the run's own facts, and why. It changes nothing.
struct OperatorFact {
    std::uint16_t action = 0;  // OperatorAction of bytecode/record_codes.h
    std::string by;
    std::string reason;
};
struct ResumedFact {};  // a new owner took the run up

using Fact = std::variant<StartFact, OutcomeFact, SettledFact, TimerFiredFact, DecisionFact,
                          CancelFact, KillFact, HeldByOperatorFact, ReleasedFact, OperatorFact,
                          SignalFact, LockGotFact, ResumedFact, HitFact, SubEndedFact>;

}  // namespace weft::vm
