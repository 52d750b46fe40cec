// How often the instructions of a function run, and where its paths lead: what the certificate is
// held against. Relies on what verify_code and verify_flow have proved.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bytecode/image.h"

namespace weft::verify {

// At most, each time the function runs; one an instruction. An error when a jump back has no guard
// that bounds it.
Result<std::vector<std::uint64_t>> counts(const Image& image, std::uint32_t function);

// Where control goes behind an instruction: the one below (unless it ends the path), a jump's
// target. Calls `visit(pc)`.
template <typename Visit>
void for_each_successor(const Function& function, std::uint32_t pc, Visit visit) {
    const Instruction& x = function.code[pc];
    switch (x.op) {
        case Opcode::Jump:
            visit(x.d);
            return;
        case Opcode::Return:
        case Opcode::Raise:
        case Opcode::Trap:
        case Opcode::End:
            return;
        case Opcode::JumpIf:
        case Opcode::JumpIfNot:
        case Opcode::JumpIfNone:
        case Opcode::ScopeEnter:
            visit(x.d);
            break;
        default:
            break;
    }
    visit(pc + 1);
}

}  // namespace weft::verify
