// The rows of an image's tables: what instructions name by number. Plain data; bytecode/image.h has
// the image.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "value/type.h"
#include "value/value.h"

namespace weft {

enum class EffectClass : std::uint8_t { Read = 0, Idempotent = 1, Once = 2, Transaction = 3 };

// Whether it may be unknown that an attempt had its effect. A read has none; what a transaction
// does is there if, and only if, the record of its outcome is.
constexpr bool can_be_in_doubt(EffectClass effect) {
    return effect == EffectClass::Idempotent || effect == EffectClass::Once;
}

// What a worker's `limit` and `breaker` say: when an attempt may leave, and nothing else, so the
// machine never sees it. 0: not declared.
struct Pacing {
    std::uint32_t at_once = 0;
    std::uint32_t rate_count = 0;  // starts in any stretch of rate_period_ms
    std::int64_t rate_period_ms = 0;
    std::uint32_t breaker_failures = 0;  // in any stretch of breaker_window_ms: it opens
    std::int64_t breaker_window_ms = 0;
    std::int64_t breaker_open_ms = 0;

    [[nodiscard]] bool is_declared() const {
        return at_once > 0 || rate_count > 0 || breaker_failures > 0;
    }
};

struct WorkerRow {
    std::string name;  // "payments.charge"
    std::string was;   // its name before, by which keys know it; empty: always this one
    EffectClass effect = EffectClass::Read;
    std::int64_t window_ms = 0;  // Idempotent: how long the receiver drops duplicates
    bool irreversible = false;
    bool untrusted = false;
    std::uint32_t probe = kNoRow;    // WorkerRow of the probe
    std::int64_t settle_ms = 0;      // before the probe's answer counts
    std::vector<std::string> fails;  // typed permanent errors
    std::vector<std::string> parameters;
    std::int64_t reserve_micros = 0;  // declared cost of one attempt
    std::string reserve_currency;
    Pacing pacing;

    static constexpr std::uint32_t kNoRow = 0xFFFF'FFFF;
};

// An error that the program declares. Errors travel under their name with a record of `fields`;
// where no one error is meant (in an Outcome, say) the fields are Json.
struct ErrorRow {
    std::string name;
    TypeId fields;  // record of its own fields
    TypeId whole;   // record (name, message, step, attempts, detail: fields)
};

// How a call is tried. Durations in ms; 0 means none.
struct Policy {
    std::int64_t timeout_ms = 0;        // one attempt
    std::int64_t within_ms = 0;         // all attempts
    std::uint16_t retries = 0;          // further attempts
    std::vector<std::string> retry_on;  // empty: Transient, Timeout, Unavailable, Guard
    std::int64_t backoff_first_ms = 1000;
    std::int64_t backoff_cap_ms = 60'000;
    bool then_hold = false;
};

struct StepRow {
    std::string path;  // "document_qa.answers.evidence": the step's identity
    std::uint32_t worker = 0;
    std::vector<TypeId> argument_types;  // as instantiated here, one an argument of call_step
    TypeId result_type;
    Policy policy;
    bool compensated = false;  // an undo_push follows
    // The registers behind the arguments hold, if there is one, the step's `key`, then the value
    // by which it is cached.
    bool has_key = false;
    std::int64_t cache_ms = 0;  // 0: not cached

    [[nodiscard]] std::uint32_t key_registers() const {
        return (has_key ? 1U : 0U) + (cache_ms > 0 ? 1U : 0U);
    }
};

// A workflow of the same image, in a run of its own.
struct SubRow {
    std::string path;
    std::uint32_t workflow = 0;
    bool detached = false;
    std::int64_t within_ms = 0;
};

// What a fork waits for, and what it gives.
enum class JoinRule : std::uint8_t {
    All = 0,     // every branch is done; one that fails, fails it. The list of their values
    Ok = 1,      // `bound` branches are done, the others lose. The list of the values of those done
    Settle = 2,  // every branch has ended. The list of outcomes: case 0 (value) or 1 (error)
    Collect = 3,  // the same, but more than `bound` failures fail it
};

// One branch of a fork_all: a function of the values of those in `after`, then of the captures.
struct BranchRow {
    std::string path;
    std::uint32_t function = 0;
    std::vector<std::uint32_t> after;  // branches of the same row
};

struct ForkRow {
    std::string path;
    std::uint32_t function = 0;  // fork_each: of item and captures
    std::uint32_t limit = 1;     // branches at once
    TypeId result_type;          // of one branch; fork_all: of the last
    JoinRule join = JoinRule::All;
    std::uint32_t bound = 0;
    std::vector<BranchRow> branches = {};  // fork_all
};

// A composite step: what its scope does about failures.
struct BlockRow {
    std::string path;
    Policy policy;  // of all passes together; no timeout
    bool takes_any = false;
    std::vector<std::string> takes;  // errors that its handlers take
};

struct RequirementRow {
    std::string text;  // as written: "coverage(brief, answers) >= 0.80"
    std::string op;    // ">=" or "" for a Bool
};
struct GateRow {
    std::string path;
    std::vector<RequirementRow> requirements;
    std::vector<std::string>
        rungs;  // as written, for people: "retry from brief with temperature = 0.3"
};

// What `ask` adds to a review: who decides when nobody before did, and what a decision is.
enum class ReviewEnd : std::uint8_t { Expire = 0, Approve = 1, Reject = 2 };
struct ReviewLine {
    std::vector<std::string> roles;
};

struct ReviewRow {
    std::string path;
    std::string title;  // "quality: review brief, answers"
    std::vector<std::string> roles;
    std::uint16_t approvals_needed = 1;
    std::int64_t within_ms = 0;
    std::vector<std::string> names;  // of the values shown
    std::vector<TypeId> types;       // of the values shown; a revision must fit
    // Of `ask` alone: lines take the place of roles and within_ms, one after the other.
    std::vector<ReviewLine> lines = {};
    ReviewEnd end = ReviewEnd::Expire;  // when nobody of the last line decided
    TypeId form = {};                   // what an approval must give; none: nothing
    bool goes_on = false;               // a revision leaves the task open, without approvals

    // Who may decide while `line` is the current one.
    [[nodiscard]] const std::vector<std::string>& roles_of(std::size_t line) const {
        return lines.empty() ? roles : lines[line].roles;
    }
};

struct EventRow {
    std::string name;
    TypeId type;
};

enum class SiteKind : std::uint8_t {
    Step = 0,
    Fork = 1,
    Gate = 2,
    Review = 3,
    Event = 4,
    End = 5,
    Undo = 6,
    Sleep = 7,
    Sub = 16,
    Block = 8,
    Wait = 20,
    Lock = 21
};

// A wait for the first of some signals, by their numbers in the workflow.
struct WaitRow {
    std::string path;
    std::vector<std::uint32_t> signals;
};

struct LockRow {
    std::string path;
};

struct Site {
    SiteKind kind = SiteKind::End;
    std::uint32_t row = 0;  // in the table of its kind (gates also for Accept)
    std::uint32_t function = 0;
    std::uint32_t pc = 0;
};

struct PromptRow {
    std::string name;
    Hash template_hash{};
    TypeId type;  // TypeKind::Prompt: element is the result, fields the inputs
};

struct ParameterRow {
    std::string name;
    TypeId type;
    bool has_default = false;
    Value default_value;
};

struct SignalRow {
    std::string name;
    std::string was;  // its former name, by which it may still be sent; empty: none
    TypeId type;
};

struct WorkflowRow {
    std::string name;
    std::string doc;
    std::uint32_t function = 0;
    std::vector<ParameterRow> parameters;
    std::vector<ParameterRow> tunes;  // defaults always present
    TypeId result_type;
    std::int64_t within_ms = 0;
    bool has_budget = false;
    std::int64_t budget_micros = 0;
    std::string budget_currency;
    std::int64_t retain_ms = 0;
    std::vector<SignalRow> signals;
    // Pure functions of the parameters, or kNoRow: the start key, and whose data the run is about
    // (a Text or a list of them).
    std::uint32_t key_function = WorkerRow::kNoRow;
    std::uint32_t subject_function = WorkerRow::kNoRow;
    // … and a Time at which its time is over, in the place of within_ms.
    std::uint32_t until_function = WorkerRow::kNoRow;
    bool strict_order = false;  // an undo that fails for good holds back those before it
    // Hook functions, or kNoRow. Before a step (step), after it (step, outcome), before it is tried
    // again (step, error), after a failure was undone (error), at the end (). The last two get
    // named slots of the workflow's function as well.
    std::uint32_t before_function = WorkerRow::kNoRow;
    std::uint32_t after_function = WorkerRow::kNoRow;
    std::uint32_t retry_function = WorkerRow::kNoRow;
    std::uint32_t failure_function = WorkerRow::kNoRow;
    std::uint32_t finally_function = WorkerRow::kNoRow;
    std::vector<std::uint16_t> failure_slots;
    std::vector<std::uint16_t> finally_slots;
};

// What a run that comes from another program takes over: each step's value, as a pure function of
// values that steps had there.
struct MigratedStep {
    std::string path;  // of a step of this image
    std::uint32_t function = 0;
    std::vector<std::string> reads;  // paths of steps of the other program
    std::vector<TypeId> types;       // as what each is read
};
struct MigrateRow {
    std::uint32_t workflow = 0;
    std::string from;  // first hex digits of the other program's hash
    std::vector<MigratedStep> steps;
};

// What begins runs by the clock. The image keeps it for whoever serves the program.
enum class Overlap : std::uint8_t { Skip = 0, Queue = 1, Allow = 2 };
struct ScheduleRow {
    std::string name;
    std::uint32_t workflow = 0;
    Value input;                            // record of the workflow's parameters
    std::vector<std::uint16_t> at_minutes;  // of the day, in the zone
    std::int64_t every_ms = 0;              // or so often
    std::string zone;                       // IANA name; empty: UTC
    Overlap overlap = Overlap::Skip;        // when the run before has not ended
    std::int64_t catch_up_ms = 0;           // how late a missed time may still be made up for
};

}  // namespace weft
