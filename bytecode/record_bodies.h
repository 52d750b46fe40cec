// Bodies of records, one struct a kind, all of fixed width. `fields` names the parts in the order
// of their bytes; reader, writer and size are made from it, so they can't disagree. Bodies hold
// numbers, codes, random ids and keyed tags: never text, never a digest of data without salt.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "bytecode/record_codes.h"

namespace weft {

// Bytes that must be zero.
template <std::size_t N>
struct Zeros {};

#define WEFT_BODY(Name, ...)                                 \
    static void fields([[maybe_unused]] auto& b, auto& io) { \
        io(__VA_ARGS__);                                     \
    }                                                        \
    bool operator==(const Name&) const = default

struct BeginBody {
    Hash program{};
    Hash image{};
    Hash policy{};  // digest of weft.toml
    std::uint32_t semantics = 0;
    Origin origin = Origin::New;
    Bytes16 origin_run{};
    std::uint64_t origin_seq = 0;
    Hash origin_leaf{};
    Bytes16 start_tag{};  // of the workflow's `key`
    Bytes16 actor{};
    WEFT_BODY(BeginBody, b.program, b.image, b.policy, b.semantics, b.origin, b.origin_run,
              b.origin_seq, b.origin_leaf, b.start_tag, b.actor);
};
struct EndBody {
    EndStatus status = EndStatus::Completed;
    BuiltinError error = BuiltinError::None;  // None also for an error that the program declares
    WEFT_BODY(EndBody, b.status, Zeros<7>{}, b.error, Zeros<4>{});
};
struct ResumedBody {
    WEFT_BODY(ResumedBody, Zeros<8>{});
};
struct CallBody {
    Bytes16 key{};
    std::uint32_t worker = 0;  // row of Image::workers
    std::uint32_t generation = 0;
    CallClass effect = CallClass::Read;
    Direction direction = Direction::Forward;
    CurrencyCode currency = CurrencyCode::None;
    std::int64_t reserve_micros = 0;
    WEFT_BODY(CallBody, b.key, b.worker, b.generation, b.effect, b.direction, b.currency,
              b.reserve_micros);
};
struct StartBody {
    std::uint64_t call = 0;  // seq of the call record, here and below
    std::uint16_t attempt = 1;
    std::uint16_t wire_form = 1;
    Bytes16 binding{};
    WEFT_BODY(StartBody, b.call, b.attempt, b.wire_form, Zeros<4>{}, b.binding);
};
struct OutcomeBody {
    std::uint64_t call = 0;
    std::uint16_t attempt = 1;
    OutcomeCode status = OutcomeCode::Ok;
    ErrorClass error_class = ErrorClass::None;
    std::uint32_t error = 0;
    std::int64_t cost_micros = 0;
    CurrencyCode currency = CurrencyCode::None;
    WEFT_BODY(OutcomeBody, b.call, b.attempt, b.status, b.error_class, b.error, b.cost_micros,
              b.currency, Zeros<6>{});
};
struct DoubtBody {
    std::uint64_t call = 0;
    std::uint16_t attempt = 1;
    DoubtReason reason = DoubtReason::NoAnswer;
    WEFT_BODY(DoubtBody, b.call, b.attempt, b.reason, Zeros<5>{});
};
struct SettledBody {
    std::uint64_t call = 0;
    SettledVerdict verdict = SettledVerdict::NotDone;
    SettledBasis basis = SettledBasis::Probe;
    Bytes16 actor{};
    WEFT_BODY(SettledBody, b.call, b.verdict, b.basis, Zeros<6>{}, b.actor);
};
struct TimerSetBody {
    std::uint64_t timer = 0;  // counter of the run
    std::int64_t due_ms = 0;
    TimerPurpose purpose = TimerPurpose::Backoff;
    std::uint64_t call = 0;
    WEFT_BODY(TimerSetBody, b.timer, b.due_ms, b.purpose, Zeros<7>{}, b.call);
};
struct TimerFiredBody {
    std::uint64_t timer = 0;
    WEFT_BODY(TimerFiredBody, b.timer);
};
struct SignalBody {
    std::uint32_t signal = 0;  // number of the signal in the workflow
    Bytes16 tag{};             // of the sender's key
    WEFT_BODY(SignalBody, b.signal, Zeros<4>{}, b.tag);
};
struct SignalTakenBody {
    std::uint64_t letter = 0;  // seq of the signal's record
    std::uint32_t signal = 0;
    std::uint32_t arm = 0;  // of the wait
    WEFT_BODY(SignalTakenBody, b.letter, b.signal, b.arm);
};
struct ForkBody {
    std::uint32_t first_branch = 0;
    std::uint32_t count = 0;
    std::uint32_t limit = 0;
    WEFT_BODY(ForkBody, b.first_branch, b.count, b.limit, Zeros<4>{});
};
struct JoinBody {
    std::uint32_t first_branch = 0;
    std::uint32_t count = 0;
    std::uint32_t ok = 0;
    std::uint32_t failed = 0;
    WEFT_BODY(JoinBody, b.first_branch, b.count, b.ok, b.failed);
};
struct GateBody {
    GateVerdict verdict = GateVerdict::Passed;
    std::uint8_t requirements = 0;
    std::uint16_t missed = 0;  // bit i: requirement i
    std::uint32_t rung = 0;
    std::uint32_t round = 0;
    WEFT_BODY(GateBody, b.verdict, b.requirements, b.missed, b.rung, b.round);
};
struct ReviewOpenBody {
    std::uint64_t task = 0;
    std::uint16_t roles = 0;
    std::uint16_t needed = 1;
    std::uint32_t rung = 0;
    std::int64_t due_ms = 0;
    WEFT_BODY(ReviewOpenBody, b.task, b.roles, b.needed, b.rung, b.due_ms);
};
struct DecisionBody {
    std::uint64_t task = 0;
    DecisionCode decision = DecisionCode::Approve;
    Bytes16 actor{};
    WEFT_BODY(DecisionBody, b.task, b.decision, Zeros<7>{}, b.actor);
};
struct UndoBeginBody {
    std::uint64_t call = 0;   // the call that is undone
    std::uint64_t entry = 0;  // place in the undo stack
    WEFT_BODY(UndoBeginBody, b.call, b.entry);
};
struct UndoEndBody {
    std::uint64_t call = 0;
    UndoStatus status = UndoStatus::Done;
    WEFT_BODY(UndoEndBody, b.call, b.status, Zeros<7>{});
};

// Who did it, and nothing else; reasons are payload.
struct CancelBody {
    Bytes16 actor{};
    WEFT_BODY(CancelBody, b.actor);
};
struct KillBody {
    Bytes16 actor{};
    WEFT_BODY(KillBody, b.actor);
};
struct HeldByOperatorBody {
    Bytes16 actor{};
    WEFT_BODY(HeldByOperatorBody, b.actor);
};
struct ReleasedBody {
    Bytes16 actor{};
    WEFT_BODY(ReleasedBody, b.actor);
};

struct HoldBody {
    HoldReason reason = HoldReason::ThenHold;
    std::uint64_t call = 0;
    WEFT_BODY(HoldBody, b.reason, Zeros<7>{}, b.call);
};
struct BudgetBody {
    std::uint64_t call = 0;
    std::int64_t reserved_micros = 0;
    std::int64_t spent_micros = 0;
    CurrencyCode currency = CurrencyCode::None;
    WEFT_BODY(BudgetBody, b.call, b.reserved_micros, b.spent_micros, b.currency, Zeros<6>{});
};
struct HitBody {
    std::uint64_t call = 0;
    HitSource source = HitSource::Cache;
    Bytes16 origin_run{};
    std::uint64_t origin_seq = 0;
    WEFT_BODY(HitBody, b.call, b.source, Zeros<7>{}, b.origin_run, b.origin_seq);
};
struct EventBody {
    WEFT_BODY(EventBody, Zeros<8>{});
};
struct LockAskBody {
    std::uint64_t lock = 0;  // counter of the run
    std::uint16_t keys = 0;
    std::int64_t due_ms = 0;
    WEFT_BODY(LockAskBody, b.lock, b.keys, Zeros<6>{}, b.due_ms);
};
struct LockGotBody {
    std::uint64_t lock = 0;
    WEFT_BODY(LockGotBody, b.lock);
};
struct LockFreedBody {
    std::uint64_t lock = 0;
    WEFT_BODY(LockFreedBody, b.lock);
};
struct SubStartBody {
    Bytes16 child{};  // derived from the run's seed and this record's seq
    std::uint32_t workflow = 0;
    bool detached = false;
    WEFT_BODY(SubStartBody, b.child, b.workflow, b.detached, Zeros<3>{});
};
struct SubEndedBody {
    std::uint64_t call = 0;  // seq of the sub-start record
    EndStatus status = EndStatus::Completed;
    Hash child_leaf{};  // leaf hash of the child's end record
    WEFT_BODY(SubEndedBody, b.call, b.status, Zeros<7>{}, b.child_leaf);
};
struct MigratedBody {
    Hash from_image{};
    Hash to_image{};
    Bytes16 actor{};
    WEFT_BODY(MigratedBody, b.from_image, b.to_image, b.actor);
};
struct AdoptedBody {
    Hash image{};
    Bytes16 actor{};
    WEFT_BODY(AdoptedBody, b.image, b.actor);
};
struct OperatorBody {
    OperatorAction action = OperatorAction::Retry;
    Bytes16 actor{};
    WEFT_BODY(OperatorBody, b.action, Zeros<6>{}, b.actor);
};

}  // namespace weft
