// An image: what the compiler makes and the machine runs. The contract of both sides; it knows
// neither. Everything is an index into a table of this struct; nothing points.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "bytecode/certificate.h"
#include "bytecode/image_rows.h"
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
    Branch = 2,    // body of each: (item, captures…); of parallel: (values waited for, captures…)
    Undo = 3,      // body of compensate: (captures…)
    Hook = 4,      // what a hook says: (its own values, parameters, tune values, values of steps)
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

struct Image {
    std::uint32_t semantics = kSemantics;
    Hash program{};                  // hash of the canonical IR
    std::vector<std::string> files;  // source paths, for people
    TypeTable types;
    std::vector<Value> constants;
    std::vector<Function> functions;
    std::vector<WorkerRow> workers;
    std::vector<StepRow> steps;
    std::vector<SubRow> subs;
    std::vector<ForkRow> forks;
    std::vector<BlockRow> blocks;
    std::vector<GateRow> gates;
    std::vector<ReviewRow> reviews;
    std::vector<EventRow> events;
    std::vector<PromptRow> prompts;
    std::vector<Site> sites;
    std::vector<WorkflowRow> workflows;
    std::vector<ScheduleRow> schedules;
    std::vector<WaitRow> waits;
    std::vector<LockRow> locks;
    std::vector<ErrorRow> errors;
    std::vector<MigrateRow> migrates;
    Certificate certificate;  // a section of its own behind the rows
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
// "at 06:00 in Europe/Zurich, overlap skip"
std::string schedule_text(const ScheduleRow& row);

// Built-in functions, by number (bytecode/builtins.def).
enum class BuiltinFunction : std::uint16_t {
#define X(number, Name, name, signature, summary) Name = number,
#include "bytecode/builtins.def"
#undef X
};

}  // namespace weft
