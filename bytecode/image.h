// An image: what the compiler makes and the machine runs. The contract of both sides; it knows
// neither. Everything is an index into a table of this struct; nothing points.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "value/type.h"
#include "value/value.h"

namespace weft {

// The meaning of opcodes, built-ins, fuel and traps. A published number never changes its meaning.
inline constexpr std::uint32_t kSemantics = 1;

enum class Opcode : std::uint16_t {
#define X(number, Name, mnemonic, family, operands, summary) Name = number,
#include "bytecode/opcodes.def"
#undef X
};

struct Instruction {
    Opcode op = Opcode::Trap;
    std::uint16_t a = 0;
    std::uint16_t b = 0;
    std::uint16_t c = 0;
    std::uint32_t d = 0;

    bool operator==(const Instruction&) const = default;
};

// A place in the program's sources, for people: file (index into Image::files), line and column
// from 1.
struct SourcePlace {
    std::uint32_t file = 0;
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    bool operator==(const SourcePlace&) const = default;
};

enum class FunctionKind : std::uint8_t {
    Pure = 0,      // fn, lambda, template, refinement predicate: no Site instruction
    Workflow = 1,  // parameters, then tune values, then named slots
    Branch = 2,    // body of each: (item, captures…)
    Undo = 3,      // body of compensate: (captures…)
};

struct Function {
    std::string name;  // for people: "document_qa.answers", "coverage"
    FunctionKind kind = FunctionKind::Pure;
    bool even_in_doubt = false;    // Undo: compensate even in doubt
    std::uint16_t parameters = 0;  // registers 0 … parameters-1
    std::uint16_t named_slots =
        0;  // registers 0 … named_slots-1 live across sites; parameters included
    std::uint16_t registers = 0;
    std::vector<Instruction> code;
    std::vector<SourcePlace> places;      // one an instruction
    std::vector<std::string> slot_names;  // named_slots names, for show --at
};

enum class EffectClass : std::uint8_t { Read = 0, Idempotent = 1, Once = 2 };

struct WorkerRow {
    std::string name;  // "payments.charge"
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

    static constexpr std::uint32_t kNoRow = 0xFFFF'FFFF;
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
};

struct ForkRow {
    std::string path;
    std::uint32_t function = 0;
    std::uint32_t limit = 1;
    TypeId result_type;  // of one branch
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

struct ReviewRow {
    std::string path;
    std::string title;  // "quality: review brief, answers"
    std::vector<std::string> roles;
    std::uint16_t approvals_needed = 1;
    std::int64_t within_ms = 0;
    std::vector<std::string> names;  // of the values shown
    std::vector<TypeId> types;       // of the values shown; a revision must fit
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
    Sleep = 7
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
};

struct Image {
    std::uint32_t semantics = kSemantics;
    Hash program{};                  // hash of the canonical IR
    std::vector<std::string> files;  // source paths, for people
    TypeTable types;
    std::vector<Value> constants;
    std::vector<Function> functions;
    std::vector<WorkerRow> workers;
    std::vector<StepRow> steps;
    std::vector<ForkRow> forks;
    std::vector<GateRow> gates;
    std::vector<ReviewRow> reviews;
    std::vector<EventRow> events;
    std::vector<PromptRow> prompts;
    std::vector<Site> sites;
    std::vector<WorkflowRow> workflows;
};

// One canonical byte form: the same image gives the same bytes on every build; decode(encode(x)) ==
// x.
std::string encode_image(const Image& image);
Result<Image> decode_image(std::string_view bytes);
Hash image_hash(std::string_view encoded);

// Everything the machine relies on, proved before anything runs (docs/bytecode.md lists the rules):
// indexes in range, jumps in range, registers assigned before read, temporaries dead across sites,
// pure functions without sites and not recursive, scopes balanced, tables consistent.
// Bytes out of a store are verified too.
Result<void> verify_image(const Image& image);

std::string disassemble(const Image& image);

// Built-in functions, by number (bytecode/builtins.def).
enum class BuiltinFunction : std::uint16_t {
#define X(number, Name, name, signature, summary) Name = number,
#include "bytecode/builtins.def"
#undef X
};

}  // namespace weft
