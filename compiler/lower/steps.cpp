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
    row.has_key = node.key.has_value();
    row.cache_ms = node.cache_ms;
    tables_.image.steps.push_back(std::move(row));
    return static_cast<std::uint32_t>(tables_.image.steps.size() - 1);
}

void Emitter::step(const ir::Step& node) {
    Label end = builder_.label();
    if (node.when.has_value()) {
        none(local(node.result));
        Reg when = expression(node.when);
        branch_here(module_.exprs[node.when].span);
        builder_.jump(Opcode::JumpIfNot, when, end);
    }
    if (node.body.has_value()) {
        composite(node);
    } else if (node.handlers.empty()) {
        call(node);
    } else {
        Label failed = builder_.label();
        Label done = builder_.label();
        Reg error = builder_.hidden(node.path + " error");
        open_block(node, error, failed);
        call(node);
        close_scope();
        builder_.jump(Opcode::Jump, {}, done);
        builder_.bind(failed);
        handlers(node, error);
        builder_.bind(done);
    }
    builder_.bind(end);
}

// A run's own compensation, or the word that there is none, takes the place of those inside.
void Emitter::run_sub(const ir::Step& node) {
    const bool replaces = node.undo.kind != ir::Undo::Kind::Missing;
    Reg undo_mark = replaces ? builder_.hidden(node.path + " undo mark") : Reg{};
    if (replaces) builder_.emit(Opcode::UndoMark, undo_mark);
    auto values = node.args;
    const bool has_end = node.until.has_value();
    if (has_end) values.push_back(node.until);
    Reg first = neighbours(values);
    tables_.image.subs.push_back({node.path, node.workflow, node.detached, node.policy.within_ms});
    auto row = static_cast<std::uint32_t>(tables_.image.subs.size() - 1);
    builder_.at_place(tables_.place(node.span));
    const auto site = site_here(SiteKind::Sub, row);
    tables_.certify(node, site);
    builder_.emit(has_end ? Opcode::RunSubUntil : Opcode::RunSub, local(node.result), first,
                  static_cast<std::uint32_t>(node.args.size()), site);
    if (replaces) builder_.emit(Opcode::UndoCut, undo_mark);
    register_undo(node.undo, node.path);
}

void Emitter::call(const ir::Step& node) {
    if (node.workflow != ir::kNoWorkflow) return run_sub(node);
    auto values = node.args;
    if (node.key.has_value()) values.push_back(node.key);
    if (node.cache.has_value()) values.push_back(node.cache);
    if (node.until.has_value()) values.push_back(node.until);
    Reg first = neighbours(values);
    std::uint32_t row = step_row(node);
    builder_.at_place(tables_.place(node.span));
    const auto site = site_here(SiteKind::Step, row);
    tables_.certify(node, site);
    builder_.emit(node.until.has_value() ? Opcode::CallUntil : Opcode::CallStep, local(node.result),
                  first, static_cast<std::uint32_t>(node.args.size()), site);
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

Reg Emitter::open_undone(const ir::Undo& undo, const std::string& path) {
    if (undo.kind != ir::Undo::Kind::Run) return {};
    Reg mark = builder_.hidden(path + " undo mark");
    builder_.emit(Opcode::UndoMark, mark);
    return mark;
}

void Emitter::close_undone(const ir::Undo& undo, const std::string& path, Reg mark) {
    if (undo.kind != ir::Undo::Kind::Run) return;
    builder_.emit(Opcode::UndoCut, mark);
    register_undo(undo, path);
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
            const auto& type = module_.types[module_.locals[handler.error].type];
            const bool is_exact = type.name.starts_with("error ");
            builder_.emit(is_exact ? Opcode::Move : Opcode::WidenError, local(handler.error),
                          error);
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

void Emitter::open_scope(Reg error, Label failed) {
    builder_.jump(Opcode::ScopeEnter, error, failed);
    ++open_scopes_;
}

// A scope that takes just what the step handles; of a composite step, with its retry and its time.
void Emitter::open_block(const ir::Step& node, Reg error, Label failed) {
    // Only of a block: an effect and a run have their last moment with them.
    Reg end;
    const bool has_end = node.body.has_value() && node.until.has_value();
    if (has_end) end = expression(node.until);
    open_scope(error, failed);
    BlockRow row;
    row.path = node.path;
    row.policy.retries = 0;
    if (node.body.has_value()) row.policy = node.policy;
    for (const auto& handler : node.handlers) {
        row.takes_any = row.takes_any || handler.errors.empty();
        row.takes.insert(row.takes.end(), handler.errors.begin(), handler.errors.end());
    }
    tables_.image.blocks.push_back(std::move(row));
    auto number = static_cast<std::uint32_t>(tables_.image.blocks.size() - 1);
    builder_.at_place(tables_.place(node.name_span));
    builder_.emit(has_end ? Opcode::BlockUntil : Opcode::Block, end, {}, 0,
                  site_here(SiteKind::Block, number));
}

void Emitter::close_scope() {
    builder_.emit(Opcode::ScopeLeave);
    --open_scopes_;
}

// A composite step: a scope around its block when it does something about failures; its own
// compensation takes the place of those inside.
void Emitter::composite(const ir::Step& node) {
    bool scoped = !node.handlers.empty() || node.policy.retries > 0 || node.policy.then_hold ||
                  node.policy.within_ms > 0 || node.until.has_value();
    Label failed = builder_.label();
    Label done = builder_.label();
    Reg undo_mark = open_undone(node.undo, node.path);
    Reg error;
    Reg result = local(node.result);
    none(result);
    if (scoped) {
        error = builder_.hidden(node.path + " error");
        open_block(node, error, failed);
    }
    block(node.body, &result);
    // Behind a block that leaves there is nobody to register it.
    if (!module_.blocks[node.body].leaves) close_undone(node.undo, node.path, undo_mark);
    if (!scoped) return;
    close_scope();
    builder_.jump(Opcode::Jump, {}, done);
    builder_.bind(failed);
    handlers(node, error);
    builder_.bind(done);
}

}  // namespace weft::lowering
