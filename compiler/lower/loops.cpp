// repeat: a loop of the function that it stands in, counted by a hidden register.
#include "compiler/lower/emitter.h"

namespace weft::lowering {

void Emitter::repeat(const ir::Repeat& node) {
    auto row = static_cast<std::uint32_t>(&node - module_.repeats.data());
    Loop loop{open_scopes_, builder_.label(), builder_.label(), local(node.result)};
    Label over = builder_.label();
    Reg passes = builder_.hidden(node.path + " passes");
    literal(Value::integer(0), passes);
    into(node.initial, local(node.item));
    builder_.bind(loop.again);
    std::uint32_t mark = builder_.mark();
    Reg test = builder_.temporary();
    Reg number = builder_.temporary();
    literal(Value::integer(node.times), number);
    builder_.emit3(Opcode::Less, test, passes, number);
    builder_.jump(Opcode::JumpIfNot, test, over);
    literal(Value::integer(1), number);
    builder_.emit3(Opcode::Add, passes, passes, number);
    builder_.release(mark);
    loops_.insert_or_assign(row, loop);
    block(node.body, nullptr);
    builder_.bind(over);
    none(loop.result);
    block(node.else_block, &loop.result);
    builder_.bind(loop.end);
}

// What a pass had open is closed: its jump goes to where the loop was entered.
void Emitter::leave_scopes(const Loop& loop) {
    for (auto i = loop.scopes; i < open_scopes_; ++i) builder_.emit(Opcode::ScopeLeave);
}

void Emitter::next(const ir::Stmt& stmt) {
    const auto& loop = loops_.at(stmt.row);
    if (stmt.expr.has_value()) {
        Reg item = local(module_.repeats[stmt.row].item);
        builder_.emit(Opcode::Move, item, expression(stmt.expr));
    }
    leave_scopes(loop);
    builder_.emit(Opcode::NextGeneration);
    builder_.jump(Opcode::Jump, {}, loop.again);
}

void Emitter::done(const ir::Stmt& stmt) {
    const auto& loop = loops_.at(stmt.row);
    if (stmt.expr.has_value()) {
        into(stmt.expr, loop.result);
    } else {
        none(loop.result);
    }
    leave_scopes(loop);
    builder_.jump(Opcode::Jump, {}, loop.end);
}

}  // namespace weft::lowering
