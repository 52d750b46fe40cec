#include "base/check.h"
#include "compiler/lower/emitter.h"

namespace weft::lowering {

Emitter::Emitter(ImageTables& tables, std::string name, FunctionKind kind)
    : module_(tables.module),
      tables_(tables),
      kind_(kind),
      name_(name),
      number_(tables.reserve_function()),
      builder_(std::move(name), kind) {}

void Emitter::parameter(ir::LocalId id) {
    builder_.parameter(id, module_.locals[id].name);
}

Reg Emitter::local(ir::LocalId id) {
    return builder_.define(id, module_.locals[id].name);
}

void Emitter::store(ir::LocalId id, ir::ExprId value) {
    into(value, local(id));
}

std::uint32_t Emitter::site_here(SiteKind kind, std::uint32_t row) {
    return tables_.site(kind, row, number_, builder_.next_pc());
}

Reg Emitter::captured(const std::set<ir::LocalId>& captures) {
    Reg first = builder_.temporaries(captures.size());
    std::size_t i = 0;
    for (auto capture : captures) {
        builder_.emit(Opcode::Move, FunctionBuilder::at(first, i++), local(capture));
    }
    return first;
}

void Emitter::finish_with_expression(ir::ExprId body) {
    builder_.emit(Opcode::Return, expression(body));
    tables_.put_function(number_, builder_);
}

void Emitter::finish_with_prompt(ir::PromptId id, std::uint32_t row) {
    const auto& prompt = module_.prompts[id];
    Reg first = builder_.temporaries(prompt.parameters.size() + 2);
    into(prompt.system, first);
    into(prompt.user, FunctionBuilder::at(first, 1));
    for (std::size_t i = 0; i < prompt.parameters.size(); ++i) {
        builder_.emit(Opcode::Move, FunctionBuilder::at(first, i + 2), local(prompt.parameters[i]));
    }
    Reg made = builder_.temporary();
    builder_.emit(Opcode::MakePrompt, made, first,
                  static_cast<std::uint32_t>(prompt.parameters.size() + 2), row);
    builder_.emit(Opcode::Return, made);
    tables_.put_function(number_, builder_);
}

// A workflow ends the run with its value; a branch or an undo function gives its value back.
void Emitter::finish_with(ir::BlockId body) {
    Reg value = builder_.hidden("result");
    none(value);
    block(body, &value);
    if (kind_ == FunctionKind::Workflow) {
        auto row = static_cast<std::uint32_t>(tables_.image.workflows.size() - 1);
        builder_.emit(Opcode::End, value, {}, 0, site_here(SiteKind::End, row));
    } else {
        builder_.emit(Opcode::Return, value);
    }
    tables_.put_function(number_, builder_);
}

void Emitter::block(ir::BlockId id, const Reg* result) {
    const auto& node = module_.blocks[id];
    open_gates(node);
    for (auto stmt : node.stmts) {
        mark_retry_start(stmt);
        std::uint32_t mark = builder_.mark();
        statement(module_.stmts[stmt]);
        builder_.release(mark);
    }
    if (result != nullptr && node.value.has_value()) into(node.value, *result);
}

void Emitter::statement(const ir::Stmt& stmt) {
    builder_.at_place(tables_.place(stmt.span));
    switch (stmt.kind) {
        case ir::Stmt::Kind::Let:
            store(stmt.local, stmt.expr);
            break;
        case ir::Stmt::Kind::Step:
            step(module_.steps[stmt.row]);
            break;
        case ir::Stmt::Kind::Each:
            each(module_.eaches[stmt.row]);
            break;
        case ir::Stmt::Kind::If:
            if_statement(module_.ifs[stmt.row]);
            break;
        case ir::Stmt::Kind::Gate:
            gate(module_.gates[stmt.row], gates_.at(stmt.row));
            break;
        case ir::Stmt::Kind::Return:
            leave_with(stmt.expr, stmt.span);
            break;
        case ir::Stmt::Kind::Fail:
            builder_.emit(Opcode::Raise, expression(stmt.expr));
            break;
        case ir::Stmt::Kind::Emit:
            emit_event(stmt);
            break;
        case ir::Stmt::Kind::Sleep: {
            Reg duration = expression(stmt.expr);
            builder_.emit(Opcode::Sleep, {}, duration, 0, site_here(SiteKind::Sleep, 0));
            break;
        }
    }
}

void Emitter::leave_with(ir::ExprId value, Span span) {
    Reg result = builder_.temporary();
    if (value.has_value()) {
        into(value, result);
    } else {
        none(result);
    }
    builder_.at_place(tables_.place(span));
    if (kind_ == FunctionKind::Workflow) {
        auto row = static_cast<std::uint32_t>(tables_.image.workflows.size() - 1);
        builder_.emit(Opcode::End, result, {}, 0, site_here(SiteKind::End, row));
    } else {
        builder_.emit(Opcode::Return, result);
    }
}

void Emitter::if_statement(const ir::If& node) {
    Label otherwise = builder_.label();
    Label end = builder_.label();
    Reg result;
    const Reg* wanted = nullptr;
    if (node.result.has_value()) {
        result = local(node.result);
        wanted = &result;
        none(result);
    }
    builder_.jump(Opcode::JumpIfNot, expression(node.condition), otherwise);
    block(node.then_block, wanted);
    builder_.jump(Opcode::Jump, {}, end);
    builder_.bind(otherwise);
    if (node.else_block.has_value()) block(node.else_block, wanted);
    builder_.bind(end);
}

void Emitter::each(const ir::Each& node) {
    auto captures = free_locals(module_, node.body);
    captures.erase(node.item);
    Emitter branch(tables_, node.path, FunctionKind::Branch);
    branch.parameter(node.item);
    for (auto capture : captures) branch.parameter(capture);
    branch.finish_with(node.body);

    Reg undo_mark;
    if (node.undo.kind == ir::Undo::Kind::Run) {
        undo_mark = builder_.hidden(node.path + " undo mark");
        builder_.emit(Opcode::UndoMark, undo_mark);
    }
    tables_.image.forks.push_back(
        {node.path, branch.number(), node.limit, module_.blocks[node.body].type});
    auto row = static_cast<std::uint32_t>(tables_.image.forks.size() - 1);
    Reg list = expression(node.list);
    Reg first = captured(captures);
    builder_.at_place(tables_.place(node.span));
    builder_.emit3(Opcode::ForkEach, local(node.result), list, first,
                   site_here(SiteKind::Fork, row));
    if (node.undo.kind == ir::Undo::Kind::Run) {
        builder_.emit(Opcode::UndoCut, undo_mark);
        register_undo(node.undo, node.path);
    }
}

void Emitter::emit_event(const ir::Stmt& stmt) {
    tables_.image.events.push_back({stmt.name, module_.exprs[stmt.expr].type});
    auto row = static_cast<std::uint32_t>(tables_.image.events.size() - 1);
    Reg value = expression(stmt.expr);
    builder_.emit(Opcode::Emit, {}, value, 0, site_here(SiteKind::Event, row));
}

}  // namespace weft::lowering
