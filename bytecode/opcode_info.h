// What opcodes.def says about each instruction, as data: the decoder's checks, the verifier, the
// disassembler and the machine's tests read this one table. It knows nothing of what instructions
// do.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "bytecode/image.h"

namespace weft {

enum class Family : std::uint8_t { Pure, Site, Flow };

// What one operand of an instruction means.
enum class Role : std::uint8_t {
    Unused,
    Written,    // W: register written
    Read,       // R: register read
    List,       // L: first of c registers read
    Count,      // N: how many registers L means
    Captures,   // C: first captured register; the function in d says how many
    Immediate,  // V: a number of its own
    Index,      // I: index into `table`
    Jump,       // J: instruction number in the same function
};

enum class Table : std::uint8_t { None, Constant, Type, Prompt, Function, Builtin, Site };

struct OpcodeInfo {
    Opcode op = Opcode::Trap;
    std::string_view name;  // "CallStep"
    std::string_view mnemonic;
    Family family = Family::Pure;
    std::array<Role, 4> roles{};  // of a, b, c, d
    Table table = Table::None;    // of an Index in d
    std::string_view summary;
};

// In the order of opcodes.def.
std::span<const OpcodeInfo> all_opcodes();
// Nothing for a number that no instruction has.
const OpcodeInfo* opcode_info(Opcode op);

// The operands a, b, c, d of an instruction, widened.
inline std::array<std::uint32_t, 4> operands(const Instruction& instruction) {
    return {instruction.a, instruction.b, instruction.c, instruction.d};
}

// Parameters of a list function's lambda that are not captures: 2 for fold (accumulator, item),
// else 1.
inline std::uint32_t own_parameters(Opcode op) {
    return op == Opcode::Fold ? 2U : 1U;
}

// Argument count of a built-in, or nothing for a number that none has.
struct BuiltinInfo {
    BuiltinFunction function{};
    std::string_view name;
    std::uint32_t arguments = 0;
};
std::span<const BuiltinInfo> all_builtins();
const BuiltinInfo* builtin_info(std::uint32_t number);

}  // namespace weft
