// The codes that stand in bodies of records: closed lists with explicit, append-only numbers. A
// body holds a code where people would write a word; the words are in payloads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

// The first and the last number of each list, which a decoder checks.
template <typename Code>
inline constexpr Code kFirstCode = Code{};
template <typename Code>
inline constexpr Code kLastCode = Code::kLast_;

// ISO 4217 letters as base 26 plus one; zero: no money.
enum class CurrencyCode : std::uint16_t { None = 0, kLast_ = 26 * 26 * 26 };
// None for anything but three letters A-Z.
CurrencyCode pack_currency(std::string_view letters);
std::string unpack_currency(CurrencyCode code);

// Built-in errors by number, in `outcome` (class Builtin) and `end`.
enum class BuiltinError : std::uint32_t {
    None = 0,
    Transient = 1,
    Timeout = 2,
    Unavailable = 3,
    Guard = 4,
    Rejected = 5,
    Expired = 6,
    Budget = 7,
    TooManyErrors = 8,
    Trap = 9,
    Failed = 10,
    TooLarge = 11,
    kLast_ = TooLarge,
};
// None for a name that isn't built in.
BuiltinError builtin_error(std::string_view name);
std::string_view builtin_error_name(BuiltinError error);

enum class Origin : std::uint8_t { New = 0, SubRun = 1, Fork = 2, Import = 3, kLast_ = Import };
// The same numbers as vm::RunStatus.
enum class EndStatus : std::uint8_t {
    Completed = 4,
    Failed = 5,
    Compensated = 6,
    Cancelled = 7,
    Killed = 8,
    kLast_ = Killed,
};
template <>
inline constexpr EndStatus kFirstCode<EndStatus> = EndStatus::Completed;
// The same numbers as weft::EffectClass.
enum class CallClass : std::uint8_t {
    Read = 0,
    Idempotent = 1,
    Once = 2,
    Transaction = 3,
    kLast_ = Transaction
};
enum class Direction : std::uint8_t { Forward = 0, Undo = 1, Probe = 2, kLast_ = Probe };
// The same numbers as vm::OutcomeStatus.
enum class OutcomeCode : std::uint8_t {
    Ok = 0,
    Failed = 1,
    Unknown = 2,
    Cancelled = 3,
    Late = 4,
    kLast_ = Late,
};
// What the error number of an outcome is: of BuiltinError, or an index into the worker's `fails`.
enum class ErrorClass : std::uint8_t { None = 0, Builtin = 1, Declared = 2, kLast_ = Declared };
enum class DoubtReason : std::uint8_t {
    NoAnswer = 0,      // the attempt's time was up
    EngineLost = 1,    // the engine died between start and outcome
    WorkerUnsure = 2,  // the worker said so
    kLast_ = WorkerUnsure,
};
enum class SettledVerdict : std::uint8_t { NotDone = 0, Done = 1, kLast_ = Done };
enum class SettledBasis : std::uint8_t {
    Probe = 0,
    Resend = 1,
    Person = 2,
    Children = 3,  // the worker's process is known to be dead before it did anything
    kLast_ = Children,
};
enum class TimerPurpose : std::uint8_t {
    Backoff = 0,
    Deadline = 1,
    Review = 2,
    Sleep = 3,
    Timeout = 4,
    kLast_ = Timeout,
};
enum class GateVerdict : std::uint8_t { Passed = 0, Missed = 1, Accepted = 2, kLast_ = Accepted };
// The same numbers as vm::Decision.
enum class DecisionCode : std::uint8_t {
    Approve = 0,
    Reject = 1,
    Expired = 2,
    Revise = 3,
    kLast_ = Revise,
};
enum class UndoStatus : std::uint8_t { Done = 0, SetAside = 1, Skipped = 2, kLast_ = Skipped };
enum class HoldReason : std::uint8_t {
    ThenHold = 0,  // the retry clause says so
    NoReturn = 1,  // a failure past the point of no return
    Doubt = 2,     // only a person can settle it
    Divergence = 3,
    Stuck = 4,    // a compensation was set aside
    Binding = 5,  // the worker's binding changed while an attempt was open
    kLast_ = Binding,
};
enum class HitSource : std::uint8_t {
    Cache = 0,
    Key = 1,
    Migration = 2,  // this run had it under the program that it came from, and undoes it
    Fork = 3,       // the run that this one was forked from had it, and it stays that run's
    kLast_ = Fork,
};
enum class OperatorAction : std::uint16_t {
    Retry = 0,
    Skip = 1,
    Settle = 2,
    Note = 3,
    kLast_ = Note,
};

enum class CloseReason : std::uint8_t { Clean = 0, WriteFailed = 1, kLast_ = WriteFailed };
enum class KeyPurpose : std::uint8_t {
    Signing = 0,
    Wrapping = 1,
    Dedupe = 2,
    Approver = 3,  // a person's own, by which decisions are signed
    kLast_ = Approver,
};
enum class ActorKind : std::uint8_t { Person = 0, Program = 1, Engine = 2, kLast_ = Engine };
enum class BreakerState : std::uint8_t { Closed = 0, Open = 1, HalfOpen = 2, kLast_ = HalfOpen };
// What was done about a time of a schedule.
enum class ScheduledWhat : std::uint8_t {
    Started = 0,
    Skipped = 1,  // the run before goes on, and its schedule says `overlap skip`
    Missed = 2,   // nobody served it then, and it is too late now
    Queued = 3,   // waits for the end of the run before
    Refused = 4,  // the run could not begin
    kLast_ = Refused,
};
enum class AttestedResult : std::uint8_t { Same = 0, Diverged = 1, kLast_ = Diverged };
// Of a legal hold.
enum class HoldChange : std::uint8_t { Placed = 0, Lifted = 1, kLast_ = Lifted };
enum class AcceptedWhat : std::uint8_t { Rollback = 0, Clock = 1, Damage = 2, kLast_ = Damage };

}  // namespace weft
