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

void Emitter::branch_here(Span span) {
    tables_.branches.push_back({number_, builder_.next_pc(), span});
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
            fail_with(stmt.expr);
            break;
        case ir::Stmt::Kind::Emit:
            emit_event(stmt);
            break;
        case ir::Stmt::Kind::Sleep: {
            Reg duration = expression(stmt.expr);
            builder_.emit(Opcode::Sleep, {}, duration, 0, site_here(SiteKind::Sleep, 0));
            break;
        }
        case ir::Stmt::Kind::Parallel:
            parallel(module_.parallels[stmt.row]);
            break;
        case ir::Stmt::Kind::Repeat:
            repeat(module_.repeats[stmt.row]);
            break;
        case ir::Stmt::Kind::Next:
            next(stmt);
            break;
        case ir::Stmt::Kind::Done:
            done(stmt);
            break;
        case ir::Stmt::Kind::SleepUntil: {
            Reg time = expression(stmt.expr);
            builder_.emit(Opcode::SleepUntil, {}, time, 0, site_here(SiteKind::Sleep, 0));
            break;
        }
        case ir::Stmt::Kind::Wait:
            wait(module_.waits[stmt.row]);
            break;
        case ir::Stmt::Kind::Review:
            review(module_.reviews[stmt.row]);
            break;
        case ir::Stmt::Kind::Lock:
            lock(module_.locks[stmt.row]);
            break;
    }
}

void Emitter::fail_with(ir::ExprId error) {
    Reg value = expression(error);
    tables_.image.certificate.fails.push_back({number_, builder_.next_pc()});
    builder_.emit(Opcode::Raise, value);
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
    Reg condition = expression(node.condition);
    branch_here(node.span);
    builder_.jump(Opcode::JumpIfNot, condition, otherwise);
    block(node.then_block, wanted);
    builder_.jump(Opcode::Jump, {}, end);
    builder_.bind(otherwise);
    if (node.else_block.has_value()) block(node.else_block, wanted);
    builder_.bind(end);
}

void Emitter::emit_event(const ir::Stmt& stmt) {
    tables_.image.events.push_back({stmt.name, module_.exprs[stmt.expr].type});
    auto row = static_cast<std::uint32_t>(tables_.image.events.size() - 1);
    Reg value = expression(stmt.expr);
    builder_.emit(Opcode::Emit, {}, value, 0, site_here(SiteKind::Event, row));
}

}  // namespace weft::lowering
