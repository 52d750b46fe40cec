// What a run and its world say to each other, in the words of docs/machine.md: facts go in, records
// and asks come out. Two executors speak it: the machine of the product, behind an adapter, and the
// reference interpreter, which shares nothing with it but values, the IR and the layout of records.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bytecode/image_rows.h"
#include "bytecode/record.h"
#include "value/type.h"
#include "value/value.h"

namespace weft::reference {

class Executor;

enum class Answer : std::uint8_t { Ok, Failed, Unknown, Cancelled };

struct Fact {
    RecordKind kind = RecordKind::Resumed;
    // Of the call, timer, task, lock or sub-start that it is about; of a signal its number.
    std::uint64_t number = 0;
    std::uint16_t attempt = 1;
    Answer answer = Answer::Ok;  // Outcome
    Value value;                 // Outcome, Settled, Signal, Hit
    std::string error;           // Outcome: its name
    std::string message;
    Value detail = {};  // … the fields of a declared error
    std::optional<std::int64_t> asked_delay_ms;
    std::int64_t cost_micros = 0;
    std::string currency;
    bool is_done = false;  // Settled; of a call whose undo is stuck: that it was undone
    DecisionCode decision = DecisionCode::Approve;  // Decision
    std::string by;
    std::string reason;
    std::string role;
    std::vector<Value> values;
    Bytes16 tag{};                      // Signal
    HitSource source = HitSource::Key;  // Hit
    Bytes16 origin_run{};
    std::uint64_t origin_seq = 0;
    std::string refused;
    const Executor* child = nullptr;  // SubEnded
};

// A command as both sides make it: what of a record does not depend on how code was generated. The
// site is named by what stands there, a call's worker by its name.
struct Made {
    std::uint64_t seq = 0;
    RecordKind kind = RecordKind::End;
    std::uint32_t branch = 0;
    std::string place;
    std::string worker;
    std::string body;
    std::string payload;

    bool operator==(const Made&) const = default;
};

// What a run wants of the world.
struct Ask {
    enum class Kind : std::uint8_t {
        Attempt,
        Outcome,
        Cancel,
        Settle,
        Timer,
        Decision,
        Lock,
        Sub,
        CancelSub,
        Release,
    };
    Kind kind = Kind::Attempt;
    std::uint64_t number = 0;
    std::uint16_t attempt = 0;
    Direction direction = Direction::Forward;
    std::string path;    // of the step
    std::string worker;  // its name
    std::vector<Value> arguments;
    std::optional<Value> author_key;
    std::optional<Value> cache_key;
    std::int64_t cache_ms = 0;
    TypeId result_type;
    std::int64_t timeout_ms = 0;
    std::int64_t due_ms = 0;               // Timer
    bool until = false;                    // … it is a time that was named
    std::string title;                     // Decision
    std::vector<std::string> roles;        // … of the current line
    std::size_t line = 0;                  // …
    std::vector<TypeId> types;             // … of the values shown
    TypeId form;                           // …
    std::vector<Value> shown;              // …
    std::vector<std::string> except;       // … who may not decide
    std::vector<std::string> approved_by;  // … so far
    std::vector<std::string> keys;         // Lock
    Bytes16 run{};                         // Sub

    bool operator==(const Ask&) const = default;
};

// What became of a call with a key or a cache.
struct KeyNote {
    enum class What : std::uint8_t { Done, NotDone, Undone };
    Bytes16 run{};  // zero: this one
    std::uint64_t call = 0;
    What what = What::Done;
    std::string path;  // Done
    std::string worker;
    std::optional<Value> cache_key;
    std::int64_t cache_ms = 0;

    bool operator==(const KeyNote&) const = default;
};

struct SubRun {
    Bytes16 run{};
    std::uint32_t workflow = 0;
    bool detached = false;
    std::vector<Value> arguments;

    bool operator==(const SubRun&) const = default;
};

struct Out {
    std::vector<Made> records;
    std::vector<KeyNote> keys;
    std::vector<SubRun> subs;

    bool operator==(const Out&) const = default;
};

struct Beginning {
    Bytes16 run{};
    Hash seed{};
    std::uint32_t workflow = 0;
    std::vector<Value> input;
    std::vector<Value> tunes;
    std::string starter;
    std::int64_t time_ms = 0;
};

class Executor {
  public:
    Executor() = default;
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;
    virtual ~Executor() = default;

    virtual Out start() = 0;
    [[nodiscard]] virtual bool accepts(const Fact& fact) const = 0;
    virtual Out apply(const Fact& fact, std::int64_t time_ms) = 0;
    [[nodiscard]] virtual std::vector<Ask> asks() const = 0;
    [[nodiscard]] virtual std::optional<EndStatus> ended() const = 0;
    [[nodiscard]] virtual Value result() const = 0;
    [[nodiscard]] virtual std::int64_t spent_micros() const = 0;
    [[nodiscard]] virtual bool past_no_return() const = 0;
    // Calls whose compensation failed for good and was set aside.
    [[nodiscard]] virtual std::vector<std::uint64_t> stuck() const = 0;
};

}  // namespace weft::reference
