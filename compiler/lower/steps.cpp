#include "base/check.h"
#include "compiler/lower/emitter.h"

namespace weft::lowering {

std::uint32_t Emitter::step_row(const ir::Step& node) {
    StepRow row;
    row.path = node.path;
    row.worker = tables_.worker(node.worker);
    row.argument_types = node.argument_types;
    row.result_type = node.result_type;
    row.policy = node.policy;
    row.compensated = node.undo.kind == ir::Undo::Kind::Run;
    tables_.image.steps.push_back(std::move(row));
    return static_cast<std::uint32_t>(tables_.image.steps.size() - 1);
}

void Emitter::step(const ir::Step& node) {
    Label end = builder_.label();
    if (node.when.has_value()) {
        none(local(node.result));
        builder_.jump(Opcode::JumpIfNot, expression(node.when), end);
    }
    if (node.body.has_value()) {
        composite(node);
    } else if (node.handlers.empty()) {
        call(node);
    } else {
        Label failed = builder_.label();
        Label done = builder_.label();
        Reg error = builder_.hidden(node.path + " error");
        builder_.jump(Opcode::ScopeEnter, error, failed);
        call(node);
        builder_.emit(Opcode::ScopeLeave);
        builder_.jump(Opcode::Jump, {}, done);
        builder_.bind(failed);
        handlers(node, error);
        builder_.bind(done);
    }
    builder_.bind(end);
}

void Emitter::call(const ir::Step& node) {
    Reg first = neighbours(node.args);
    std::uint32_t row = step_row(node);
    builder_.at_place(tables_.place(node.span));
    builder_.emit(Opcode::CallStep, local(node.result), first,
                  static_cast<std::uint32_t>(node.args.size()), site_here(SiteKind::Step, row));
    register_undo(node.undo, node.path);
}

void Emitter::register_undo(const ir::Undo& undo, const std::string& path) {
    if (undo.kind != ir::Undo::Kind::Run) return;
    auto captures = free_locals(module_, undo.body);
    Emitter emitter(tables_, path + ".undo", FunctionKind::Undo);
    if (undo.even_in_doubt) emitter.builder_.set_even_in_doubt();
    for (auto capture : captures) emitter.parameter(capture);
    emitter.finish_with(undo.body);
    Reg first = captured(captures);
    builder_.emit(Opcode::UndoPush, {}, first, static_cast<std::uint32_t>(captures.size()),
                  emitter.number());
}

// The handlers of a step, tried in order; an error that none takes goes on. When a handler's block
// has a value it is the step's.
void Emitter::handlers(const ir::Step& node, Reg error) {
    Label done = builder_.label();
    for (const auto& handler : node.handlers) {
        Label next = builder_.label();
        Label taken = builder_.label();
        if (!handler.errors.empty()) {
            Reg is = builder_.temporary();
            for (const auto& name : handler.errors) {
                builder_.emit(Opcode::ErrorIs, is, error, 0, tables_.text_constant(name));
                builder_.jump(Opcode::JumpIf, is, taken);
            }
            builder_.jump(Opcode::Jump, {}, next);
        }
        builder_.bind(taken);
        if (handler.error.has_value()) {
            builder_.emit(Opcode::Move, local(handler.error), error);
        }
        Reg result = local(node.result);
        none(result);
        block(handler.body, &result);
        builder_.jump(Opcode::Jump, {}, done);
        builder_.bind(next);
    }
    builder_.emit(Opcode::Raise, error);
    builder_.bind(done);
}

// A composite step: a scope around its block when it handles or retries failures; its own
// compensation takes the place of those inside.
void Emitter::composite(const ir::Step& node) {
    bool own_undo = node.undo.kind == ir::Undo::Kind::Run;
    bool scoped = !node.handlers.empty() || node.policy.retries > 0;
    Label failed = builder_.label();
    Label done = builder_.label();
    Label again = builder_.label();
    Reg undo_mark = own_undo ? builder_.hidden(node.path + " undo mark") : Reg{};
    Reg error = scoped ? builder_.hidden(node.path + " error") : Reg{};
    Reg tries;
    if (node.policy.retries > 0) {
        tries = builder_.hidden(node.path + " tries");
        literal(Value::integer(0), tries);
    }
    builder_.bind(again);
    if (own_undo) builder_.emit(Opcode::UndoMark, undo_mark);
    if (scoped) builder_.jump(Opcode::ScopeEnter, error, failed);
    Reg result = local(node.result);
    none(result);
    block(node.body, &result);
    if (own_undo) {
        builder_.emit(Opcode::UndoCut, undo_mark);
        register_undo(node.undo, node.path);
    }
    if (!scoped) return;
    builder_.emit(Opcode::ScopeLeave);
    builder_.jump(Opcode::Jump, {}, done);
    builder_.bind(failed);
    if (node.policy.retries > 0) retry_composite(node, error, tries, again);
    handlers(node, error);
    builder_.bind(done);
}

// One more pass through the block, as the next generation, while passes are left and the error is
// one that is retried. Passes wait first, 2 × first, 4 × first, … up to the cap.
void Emitter::retry_composite(const ir::Step& node, Reg error, Reg tries, Label again) {
    static const std::vector<std::string> kRetried = {"Transient", "Timeout", "Unavailable",
                                                      "Guard"};
    const auto& names = node.policy.retry_on.empty() ? kRetried : node.policy.retry_on;
    Label retried = builder_.label();
    Label give_up = builder_.label();
    Reg test = builder_.temporary();
    for (const auto& name : names) {
        builder_.emit(Opcode::ErrorIs, test, error, 0, tables_.text_constant(name));
        builder_.jump(Opcode::JumpIf, test, retried);
    }
    builder_.jump(Opcode::Jump, {}, give_up);
    builder_.bind(retried);
    std::int64_t wait_ms = node.policy.backoff_first_ms;
    Reg number = builder_.temporary();
    for (std::int64_t pass = 0; pass < node.policy.retries; ++pass) {
        Label next = builder_.label();
        literal(Value::integer(pass), number);
        builder_.emit3(Opcode::Equal, test, tries, number);
        builder_.jump(Opcode::JumpIfNot, test, next);
        literal(Value::integer(pass + 1), tries);
        literal(Value::duration(wait_ms), number);
        builder_.emit(Opcode::Sleep, {}, number, 0, site_here(SiteKind::Sleep, 0));
        builder_.emit(Opcode::NextGeneration);
        builder_.jump(Opcode::Jump, {}, again);
        builder_.bind(next);
        wait_ms =
            wait_ms > node.policy.backoff_cap_ms / 2 ? node.policy.backoff_cap_ms : wait_ms * 2;
    }
    builder_.bind(give_up);
}

}  // namespace weft::lowering
