#include "engine/trace.h"

#include <fmt/format.h>

#include "bytecode/image_parts.h"
#include "bytecode/opcode_info.h"
#include "engine/sites.h"

namespace weft::engine {
namespace {

std::string register_name(const Function& function, std::size_t number) {
    return number < function.slot_names.size() ? function.slot_names[number]
                                               : fmt::format("r{}", number);
}

}  // namespace

void TraceCollector::in_branch(std::uint32_t branch, std::uint64_t seq) {
    branch_ = branch;
    seq_ = seq;
}

TraceStep& TraceCollector::add(const Function& function, std::uint32_t pc) {
    auto& step = steps_.emplace_back();
    step.seq = seq_;
    step.branch = branch_;
    step.function = function.name;
    step.pc = pc;
    step.text = instruction_text(*image_, function.code[pc]);
    step.place = code_place(*image_, function, pc);
    return step;
}

void TraceCollector::executes(const Function& function, std::uint32_t pc,
                              const vm::Registers& registers) {
    if (!notes() || is_full()) return;
    auto& step = add(function, pc);
    const auto& instruction = function.code[pc];
    const auto* info = opcode_info(instruction.op);
    const auto values = operands(instruction);
    const auto read = [&](std::size_t number) {
        if (number >= registers.size()) return;
        step.reads.push_back({register_name(function, number), registers[number]});
    };
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (info->roles[i] == Role::Read) read(values[i]);
        if (info->roles[i] != Role::List) continue;
        for (std::uint32_t k = 0; k < instruction.c; ++k) read(values[i] + k);
    }
}

void TraceCollector::gives(const Function& function, std::uint32_t pc, const Value& value) {
    if (!notes()) return;
    const bool is_its = !steps_.empty() && steps_.back().function == function.name &&
                        steps_.back().pc == pc && steps_.back().branch == branch_ &&
                        !steps_.back().given;
    if (is_its) {
        steps_.back().given = value;
        return;
    }
    if (is_full()) return;
    auto& step = add(function, pc);
    step.given = value;
    step.is_late = true;
}

}  // namespace weft::engine
