// Sees what a machine executes, instruction by instruction, for whoever asks how it came to its
// records. Nothing is decided by it.
#pragma once

#include <cstdint>

#include "bytecode/image.h"
#include "value/value.h"
#include "vm/registers.h"

namespace weft::vm {

class Tracer {
  public:
    virtual ~Tracer() = default;
    // What comes is executed in this branch, before the record with this seq.
    virtual void in_branch(std::uint32_t branch, std::uint64_t seq) = 0;
    // The instruction is about to be executed; `registers` are what it reads.
    virtual void executes(const Function& function, std::uint32_t pc,
                          const Registers& registers) = 0;
    // It gave a value: a pure one at once, a logged one when the world has answered.
    virtual void gives(const Function& function, std::uint32_t pc, const Value& value) = 0;
};

}  // namespace weft::vm
