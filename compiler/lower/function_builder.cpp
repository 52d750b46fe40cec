#include "compiler/lower/function_builder.h"

#include <algorithm>
#include <string_view>

#include "base/check.h"

namespace weft::lowering {
namespace {

constexpr std::uint32_t kTemporary = 0x8000'0000;
constexpr std::uint32_t kRegistersMax = 0xFFFF;

std::string_view operand_roles(Opcode op) {
    switch (op) {
#define X(number, Name, mnemonic, family, operands, summary) \
    case Opcode::Name:                                       \
        return operands;
#include "bytecode/opcodes.def"
#undef X
    }
    WEFT_CHECK(false);
}

bool is_register(char role) {
    return role == 'W' || role == 'R' || role == 'L' || role == 'C';
}

}  // namespace

FunctionBuilder::FunctionBuilder(std::string name, FunctionKind kind)
    : name_(std::move(name)), kind_(kind) {}

Reg FunctionBuilder::parameter(ir::LocalId local, const std::string& name) {
    WEFT_CHECK(slot_names_.size() == parameters_);
    ++parameters_;
    return define(local, name);
}

Reg FunctionBuilder::define(ir::LocalId local, const std::string& name) {
    auto found = locals_.find(local);
    if (found != locals_.end()) return found->second;
    Reg reg = hidden(name);
    locals_.emplace(local, reg);
    return reg;
}

Reg FunctionBuilder::of(ir::LocalId local) const {
    auto found = locals_.find(local);
    WEFT_CHECK(found != locals_.end());
    return found->second;
}

Reg FunctionBuilder::hidden(std::string name) {
    slot_names_.push_back(std::move(name));
    return Reg{static_cast<std::uint32_t>(slot_names_.size() - 1)};
}

Reg FunctionBuilder::temporary() {
    return temporaries(1);
}

Reg FunctionBuilder::temporaries(std::size_t count) {
    Reg first{kTemporary | next_temporary_};
    next_temporary_ += static_cast<std::uint32_t>(count);
    temporary_count_ = std::max(temporary_count_, next_temporary_);
    return first;
}

Reg FunctionBuilder::at(Reg first, std::size_t offset) {
    return Reg{first.index + static_cast<std::uint32_t>(offset)};
}

Label FunctionBuilder::label() {
    labels_.push_back(0xFFFF'FFFF);
    return Label{static_cast<std::uint32_t>(labels_.size() - 1)};
}

void FunctionBuilder::bind(Label label) {
    labels_[label.number] = next_pc();
}

void FunctionBuilder::emit(Opcode op, Reg a, Reg b, std::uint32_t c, std::uint32_t d) {
    emit3(op, a, b, Reg{c}, d);
}

void FunctionBuilder::emit3(Opcode op, Reg a, Reg b, Reg c, std::uint32_t d) {
    code_.push_back({op, a, b, c, d});
    places_.push_back(place_);
}

void FunctionBuilder::jump(Opcode op, Reg a, Label target) {
    unresolved_.emplace_back(code_.size(), target);
    emit(op, a);
}

std::uint32_t FunctionBuilder::final_number(Reg reg) const {
    if ((reg.index & kTemporary) == 0) return reg.index;
    return static_cast<std::uint32_t>(slot_names_.size()) + (reg.index & ~kTemporary);
}

std::optional<Function> FunctionBuilder::finish() {
    if (slot_names_.size() + temporary_count_ > kRegistersMax) return std::nullopt;
    for (const auto& [instruction, target] : unresolved_) {
        WEFT_CHECK(labels_[target.number] <= code_.size());
        code_[instruction].d = labels_[target.number];
    }
    Function out;
    out.name = std::move(name_);
    out.kind = kind_;
    out.even_in_doubt = even_in_doubt_;
    out.parameters = parameters_;
    out.named_slots = static_cast<std::uint16_t>(slot_names_.size());
    out.registers = static_cast<std::uint16_t>(slot_names_.size() + temporary_count_);
    out.places = std::move(places_);
    for (const auto& draft : code_) {
        auto roles = operand_roles(draft.op);
        auto operand = [&](char role, Reg reg) {
            if (is_register(role)) return static_cast<std::uint16_t>(final_number(reg));
            return role == '-' ? std::uint16_t{0} : static_cast<std::uint16_t>(reg.index);
        };
        out.code.push_back({draft.op, operand(roles[0], draft.a), operand(roles[1], draft.b),
                            operand(roles[2], draft.c), draft.d});
    }
    out.slot_names = std::move(slot_names_);
    return out;
}

}  // namespace weft::lowering
