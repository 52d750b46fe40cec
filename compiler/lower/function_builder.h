// Builds one function: registers, labels, instructions. Named registers (locals, hidden slots) live
// across sites, temporaries do not; both are handed out while code is emitted, so temporaries get
// their final numbers, behind the named ones, when the function is finished.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bytecode/image.h"
#include "compiler/ir/module.h"

namespace weft::lowering {

// A register during building; temporaries are told apart by the top bit.
struct Reg {
    std::uint32_t index = 0;
    bool operator==(const Reg&) const = default;
};

struct Label {
    std::uint32_t number = 0;
};

class FunctionBuilder {
  public:
    FunctionBuilder(std::string name, FunctionKind kind);

    Reg parameter(ir::LocalId local, const std::string& name);
    // The named register of a local, made at its first use as a destination.
    Reg define(ir::LocalId local, const std::string& name);
    [[nodiscard]] Reg of(ir::LocalId local) const;
    [[nodiscard]] bool has(ir::LocalId local) const { return locals_.contains(local); }
    Reg hidden(std::string name);

    Reg temporary();
    // `count` neighbours; the first is returned, `at` gives the others.
    Reg temporaries(std::size_t count);
    static Reg at(Reg first, std::size_t offset);
    // Temporaries handed out since the mark may be used again.
    [[nodiscard]] std::uint32_t mark() const { return next_temporary_; }
    void release(std::uint32_t mark) { next_temporary_ = mark; }

    Label label();
    void bind(Label label);
    void emit(Opcode op, Reg a = {}, Reg b = {}, std::uint32_t c = 0, std::uint32_t d = 0);
    // c is a register too (binary operators, first capture).
    void emit3(Opcode op, Reg a, Reg b, Reg c, std::uint32_t d = 0);
    void jump(Opcode op, Reg a, Label target);

    void at_place(SourcePlace place) { place_ = place; }
    [[nodiscard]] SourcePlace place() const { return place_; }
    [[nodiscard]] std::uint32_t next_pc() const { return static_cast<std::uint32_t>(code_.size()); }

    // Nothing when there are more registers than an operand can name.
    std::optional<Function> finish();
    void set_even_in_doubt() { even_in_doubt_ = true; }

  private:
    struct Draft {
        Opcode op;
        Reg a;
        Reg b;
        Reg c;  // a register or a plain number, by the operand's role
        std::uint32_t d;
    };
    [[nodiscard]] std::uint32_t final_number(Reg reg) const;

    std::string name_;
    FunctionKind kind_;
    bool even_in_doubt_ = false;
    std::uint16_t parameters_ = 0;
    std::map<ir::LocalId, Reg> locals_;
    std::vector<std::string> slot_names_;
    std::uint32_t next_temporary_ = 0;
    std::uint32_t temporary_count_ = 0;
    std::vector<Draft> code_;
    std::vector<SourcePlace> places_;
    std::vector<std::uint32_t> labels_;                      // pc, by label number
    std::vector<std::pair<std::size_t, Label>> unresolved_;  // instruction, its target
    SourcePlace place_;
};

}  // namespace weft::lowering
