// Steps: one effect, or a composite of what stands inside.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/declare.h"
#include "compiler/check/effects.h"
#include "compiler/check/handlers.h"
#include "compiler/check/hooks.h"
#include "compiler/check/names.h"
#include "compiler/check/origins.h"
#include "compiler/check/statements.h"
#include "compiler/check/truth.h"
#include "grammar/literals.h"

namespace weft::check {

namespace {

using Kind = ir::Stmt::Kind;

Dotted called_name(ast::Expr expr) {
    auto call = expr.bare().as<ast::Call>();
    return call ? ast::dotted_name(call.callee().bare()) : Dotted{};
}

// What says of one call that it is the same as another has no meaning of several.
void refuse_clauses(Body& body, const std::vector<ast::Clause>& clauses, bool is_composite) {
    for (const auto& clause : clauses) {
        bool is_key = clause.kind() == NodeKind::Key || clause.kind() == NodeKind::Cache;
        if (!is_composite || !is_key) continue;
        auto& d =
            body.context.report(DiagnosticCode::MisplacedClause, clause.span(),
                                fmt::format("`{}` is about one call, and this step holds others",
                                            label(clause.kind())));
        d.help =
            "put it behind the steps inside; the key of a whole process is the `key` of a "
            "workflow, which a step may `run`";
    }
}

// `compensate …`: its block sees the step's result and may call workers freely.
void check_undo(Body& body, ast::Compensate node, const std::string& path, ir::Undo& undo) {
    Context& context = body.context;
    undo.span = node.span();
    undo.even_in_doubt = node.even_in_doubt();
    if (auto none = node.none()) {
        undo.kind = ir::Undo::Kind::None;
        undo.reason = plain_text(none.reason()).value_or("");
        return;
    }
    undo.kind = ir::Undo::Kind::Run;
    std::string around_path = std::exchange(body.path, path);
    bool around = std::exchange(body.in_undo, true);
    RepeatFrame* repeat = std::exchange(body.repeat, nullptr);
    if (auto block = node.block()) {
        std::string inner = std::exchange(body.path, path + ".undo");
        undo.body = check_block(body, block);
        body.path = std::move(inner);
    } else {
        OpenBlock open;
        OpenBlock* outer = std::exchange(body.block, &open);
        DeclId worker = find_worker(body, node.call());
        if (worker.has_value()) {
            ir::Step step;
            step.path = new_path(body, "undo");
            step.span = node.call().span();
            step.name_span = step.span;
            bool ok = bind_effect(body, node.call().bare().as<ast::Call>(), worker, step);
            if (ok) check_policy(body, step);
            step.result = context.add_local("undo", step.result_type, step.span);
            context.use_local(step.result);
            context.module.steps.push_back(std::move(step));
            add_stmt(body, Kind::Step, context.module.steps.size() - 1, node.span());
        } else if (node.call()) {
            ir::ExprId id = check_expr(body, node.call());
            if (type_of(context, id).has_value()) {
                context.report(DiagnosticCode::TypeMismatch, node.call().span(),
                               "`compensate` takes the call of a worker");
            }
        }
        ir::Block block_row;
        block_row.type = context.common.none;
        block_row.stmts = std::move(open.stmts);
        undo.body = context.module.blocks.add(std::move(block_row));
        body.block = outer;
    }
    body.in_undo = around;
    body.repeat = repeat;
    body.path = std::move(around_path);
}

void refuse_undo(Body& body, const ir::Step& step) {
    Context& context = body.context;
    const WorkerRow& row = context.module.workers[step.worker].row;
    if (row.irreversible && step.undo.kind == ir::Undo::Kind::Run) {
        auto& d =
            context.report(DiagnosticCode::CompensationOutOfReach, step.undo.span,
                           fmt::format("`{}` is irreversible, so nothing undoes it", row.name));
        d.secondary.push_back({context.module.workers[step.worker].span, "declared so here"});
    }
}

}  // namespace

// when, and what the name of the step is worth after `on` and `when`.
void check_when(Body& body, ast::When when, ir::Step& step) {
    if (!when) return;
    step.when = expect_condition(body, when.value(), "`when`");
    check_constant(body.context, step.when);
}

namespace {

// Nothing can name it: no name was given, and it calls nothing from which it would have one.
bool is_nameless(ast::Step node, const StepName& name) {
    return !name.is_given && !node.body().as<ast::Call>() && !node.body().as<ast::Run>();
}

// What gives nothing has no value that its worker's word could name: around its block the word may
// be in use.
bool is_only_told_apart(const Body& body, const StepName& name, TypeId type) {
    if (name.is_given || type != body.context.common.none || body.find(name.text) == nullptr) {
        return false;
    }
    return std::ranges::none_of(body.block->steps,
                                [&](const auto& step) { return step.first == name.text; });
}

ir::LocalId declare_step(Body& body, ast::Step node, const StepName& name, TypeId type) {
    if (!is_nameless(node, name) && !is_only_told_apart(body, name, type)) {
        return body.declare(name.text, type, name.span);
    }
    const auto local = body.context.add_local(name.text + "…", type, name.span);
    body.context.use_local(local);
    return local;
}

}  // namespace

// Declares the step's name and reads its compensation, which may use it.
void finish_step(Body& body, ast::Step node, const StepName& name, ir::Step step,
                 StatementResult& result) {
    Context& context = body.context;
    TypeId type = step.result_type;
    check_handlers(body, node, step, type);
    if (step.when.has_value()) type = make_optional(context, type);
    // The undo runs for a step that was done: it sees the value as it came.
    auto compensate = node.child<ast::Compensate>();
    if (compensate && body.in_undo) {
        auto& d = context.report(DiagnosticCode::MisplacedClause, compensate.span(),
                                 "what a compensation does is not undone itself");
        d.help = "leave the clause out";
        compensate = {};
    }
    step.result = declare_step(body, node, name, type);
    if (compensate) {
        bool may_be_missing = compensate.even_in_doubt();
        TypeId seen = may_be_missing ? make_optional(context, step.result_type) : step.result_type;
        context.module.locals[step.result].type = seen;
        check_undo(body, compensate, step.path, step.undo);
        context.module.locals[step.result].type = type;
    }
    bool is_read = step.worker.has_value() &&
                   context.module.workers[step.worker].row.effect == EffectClass::Read;
    // A step that gives nothing has its name only to be told apart.
    const bool gives = step.result_type.has_value() && step.result_type != context.common.none;
    if (name.is_given && is_read && gives) {
        context.watched.push_back({step.result, DiagnosticCode::UnusedOutput});
    }
    if (step.worker.has_value()) {
        refuse_undo(body, step);
        LabelSet control = body.control;
        TypeId when = step.when.has_value() ? type_of(context, step.when) : TypeId{};
        if (when.has_value()) control |= outer_labels(context.types(), when);
        check_control(body, step, control);
    }
    if (body.in_hook) check_hook_step(body, step);
    ir::LocalId local = step.result;
    context.module.steps.push_back(std::move(step));
    ir::StmtId stmt = add_stmt(body, Kind::Step, context.module.steps.size() - 1, node.span());
    if (!is_nameless(node, name)) body.block->steps.emplace_back(name.text, stmt);
    result.value = add_local_ref(body, local, name.span);
}

// `until t` takes the place of `within D`.
void check_until(Body& body, ast::Step node, ir::Step& step) {
    auto until = node.child<ast::Until>();
    if (!until) return;
    step.until = expect_expr(body, until.value(), body.context.common.time, "the last moment");
}

namespace {

void check_effect_step(Body& body, ast::Step node, const StepName& name, DeclId worker,
                       StatementResult& result) {
    ir::Step step;
    step.path = new_path(body, name.text);
    step.span = node.body().span();
    step.name_span = name.span;
    bool ok = bind_effect(body, node.body().as<ast::Call>(), worker, step);
    refuse_clauses(body, node.clauses(), false);
    read_policy(body, node.clauses(), step.policy);
    check_until(body, node, step);
    check_when(body, node.child<ast::When>(), step);
    check_keys(body, node, step);
    if (ok) check_policy(body, step);
    finish_step(body, node, name, std::move(step), result);
}

// Clauses that mean nothing around inner steps, or inside a compensation.
void check_block_clauses(Body& body, ast::Step node) {
    auto misplaced = [&](ast::Clause clause, std::string message, std::string help) {
        auto& d =
            body.context.report(DiagnosticCode::MisplacedClause, clause.span(), std::move(message));
        d.help = std::move(help);
    };
    for (const auto& clause : node.clauses()) {
        auto compensate = clause.as<ast::Compensate>();
        if (clause.kind() == NodeKind::Timeout) {
            misplaced(clause, "`timeout` bounds one attempt of a worker, and this is a block",
                      "write `within` for the time that the block has");
        } else if ((clause.kind() == NodeKind::Within || clause.kind() == NodeKind::Until) &&
                   body.in_undo) {
            misplaced(clause, "no time bounds what is undone", "bound the steps inside");
        } else if (compensate && compensate.even_in_doubt() && !body.in_undo) {
            misplaced(clause, "a block is never in doubt, only the steps inside it are",
                      "write `compensate`, and `compensate even in doubt` on the step");
        }
    }
}

// A statement with a value after `step n =`.
StatementResult check_valued(Body& body, const ast::View& node, const std::string& name) {
    if (auto wait = node.as<ast::Wait>()) return check_wait(body, wait, name, true, {});
    if (auto review = node.as<ast::Review>()) return check_review(body, review, name);
    return check_branches(body, node, true, {});
}

// What lacks a part that was not read, such as the time of a wait, seems to give nothing.
TypeId type_if_read(const Context& context, TypeId type, Span span) {
    if (!type.has_value()) return type;
    const bool may_lack =
        type == context.common.none || kind_of(context, type) == TypeKind::Optional;
    return may_lack && context.has_syntax_error(span) ? TypeId{} : type;
}

// Nothing goes on behind a block that leaves, unless it may be passed over, or a handler goes on.
bool always_leaves(const ir::Module& module, const ir::Step& step) {
    return !step.when.has_value() && module.blocks[step.body].leaves &&
           std::ranges::all_of(step.handlers, [&](const ir::Handler& handler) {
               return module.blocks[handler.body].leaves;
           });
}

// A step around statements: a block, or `if`, `match` or `each` with clauses.
void check_composite(Body& body, ast::Step node, const StepName& name, StatementResult& result) {
    Context& context = body.context;
    ir::Step step;
    step.path = new_path(body, name.text);
    step.span = node.span();
    step.name_span = name.span;
    refuse_clauses(body, node.clauses(), true);
    check_block_clauses(body, node);
    read_policy(body, node.clauses(), step.policy);
    check_until(body, node, step);
    check_when(body, node.child<ast::When>(), step);
    std::string around = std::exchange(body.path, step.path);
    if (auto block = node.body().as<ast::Block>()) {
        step.body = check_block(body, block, {true, {}, {}});
    } else {
        OpenBlock open;
        OpenBlock* outer = std::exchange(body.block, &open);
        StatementResult inner;
        std::size_t mark = body.mark();
        if (auto each = node.body().as<ast::Each>()) {
            check_each(body, each, name.text, name.span, EachNaming::OfItsStep, inner);
        } else if (auto run = node.body().as<ast::Run>()) {
            body.path = around;
            check_run(body, run, name.text, name.span, inner);
        } else {
            const bool waits = node.body().as<ast::Wait>() || node.body().as<ast::Review>();
            if (waits) body.path_of_step = step.path;
            inner = check_valued(body, node.body(), name.text);
            body.path_of_step.clear();
        }
        body.leave(mark);
        ir::Block row;
        row.leaves = inner.leaves;
        use_value(context, inner.value);
        if (!inner.leaves) row.value = inner.value;
        row.type = row.value.has_value() ? type_of(context, row.value) : context.common.none;
        row.stmts = std::move(open.stmts);
        step.body = context.module.blocks.add(std::move(row));
        body.block = outer;
    }
    body.path = std::move(around);
    step.result_type =
        type_if_read(context, context.module.blocks[step.body].type, node.body().span());
    finish_step(body, node, name, std::move(step), result);
    result.leaves = always_leaves(context.module, context.module.steps.back());
}

// `step n = if …` without clauses needs no step around it.
void check_named_branches(Body& body, ast::Step node, const StepName& name,
                          StatementResult& result) {
    bool waits = node.body().as<ast::Wait>() || node.body().as<ast::Review>();
    // What waits has a path of its own.
    std::string path = waits ? body.path : new_path(body, name.text);
    std::string around = std::exchange(body.path, std::move(path));
    std::size_t first = body.block->stmts.size();
    StatementResult inner = check_valued(body, node.body(), name.text);
    use_value(body.context, inner.value);
    body.path = std::move(around);
    result.leaves = inner.leaves;
    if (!inner.value.has_value()) {
        inner.value = add_literal(body.context, {}, body.context.common.none, node.span());
    }
    const TypeId type =
        type_if_read(body.context, type_of(body.context, inner.value), node.body().span());
    ir::LocalId local = declare_step(body, node, name, type);
    pass_origin(body.context, inner.value, local);
    add_let(body, local, inner.value, node.span());
    if (!is_nameless(node, name)) {
        body.block->steps.emplace_back(name.text, body.block->stmts[first]);
    }
    result.value = add_local_ref(body, local, name.span);
}

}  // namespace

StepName name_of(ast::Step step) {
    if (auto name = step.name()) return {std::string(name.text()), name.span(), true};
    if (auto call = step.body().as<ast::Call>()) {
        Dotted dotted = ast::dotted_name(call.callee().bare());
        if (!dotted.empty()) return {std::string(dotted.back()), call.callee().span(), false};
    }
    if (auto run = step.body().as<ast::Run>()) {
        Dotted dotted = called_name(run.call());
        if (!dotted.empty()) return {std::string(dotted.back()), run.call().span(), false};
    }
    return {"step", step.span(), false};
}

namespace {

// `step name was old`: its path goes on being what keys and logs know.
void keep_identity(Body& body, ast::Step node, const StepName& name) {
    auto was = node.was();
    if (!was) return;
    std::string old = fmt::format("{}.{}", body.path, was.old_name().text());
    if (body.workflow->paths.contains(old)) {
        body.context.report(DiagnosticCode::StepIdReused, was.span(),
                            fmt::format("`{}` is the identity of another step already", old));
        return;
    }
    body.workflow->was[fmt::format("{}.{}", body.path, name.text)] = std::move(old);
}

void check_what_step_does(Body& body, ast::Step node, const StepName& name,
                          StatementResult& result) {
    Context& context = body.context;
    ast::View inside = node.body();
    if (body.in_hook && !may_be_step_of_hook(body, node)) {
        if (name.is_given) context.use_local(body.declare(name.text, {}, name.span));
        return;
    }
    if (inside.kind() == NodeKind::Block) return check_composite(body, node, name, result);
    if (auto each = inside.as<ast::Each>()) {
        if (!node.clauses().empty()) return check_composite(body, node, name, result);
        return check_each(body, each, name.text, name.span,
                          name.is_given ? EachNaming::Named : EachNaming::Nameless, result);
    }
    if (auto run = inside.as<ast::Run>()) {
        // Tried again, it is another run each time.
        if (node.child<ast::Retry>()) return check_composite(body, node, name, result);
        return check_run_step(body, node, run, name, result);
    }
    if (inside.kind() == NodeKind::If || inside.kind() == NodeKind::IfLet ||
        inside.kind() == NodeKind::Match || inside.kind() == NodeKind::Parallel ||
        inside.kind() == NodeKind::Repeat) {
        if (!node.clauses().empty()) return check_composite(body, node, name, result);
        return check_named_branches(body, node, name, result);
    }
    if (inside.as<ast::Wait>() || inside.as<ast::Review>()) {
        if (!node.clauses().empty()) return check_composite(body, node, name, result);
        return check_named_branches(body, node, name, result);
    }
    if (inside.as<ast::Expr>()) {
        DeclId worker = find_worker(body, inside.as<ast::Expr>());
        if (worker.has_value()) return check_effect_step(body, node, name, worker, result);
        ir::ExprId value = check_expr(body, inside.as<ast::Expr>());
        TypeId type = type_of(context, value);
        // Without its word it was reported as what it is.
        if (type.has_value() && node.text().starts_with("step")) {
            auto& d = context.report(DiagnosticCode::TypeMismatch, inside.span(),
                                     "a step calls a worker, and this is a pure expression");
            d.help = fmt::format("write `let {} = …`", name.text);
        }
        const bool again = !node.text().starts_with("step") && body.find(name.text) != nullptr;
        if (name.is_given && !again) {
            context.use_local(body.declare(name.text, type, name.span));
        }
        return;
    }
    context.report(DiagnosticCode::MisplacedStatement, inside.span(),
                   fmt::format("`{}` has no meaning behind `step`", label(inside.kind())));
    if (name.is_given) context.use_local(body.declare(name.text, {}, name.span));
}

}  // namespace

void check_step(Body& body, ast::Step node, StatementResult& result) {
    Context& context = body.context;
    ast::View inside = node.body();
    StepName name = name_of(node);
    if (!inside) return;
    keep_identity(body, node, name);
    check_what_step_does(body, node, name, result);
    // The name that it had is what the program's hash goes on knowing.
    const LocalName* local = node.was() ? body.find(name.text) : nullptr;
    if (local != nullptr) context.module.locals[local->local].was = node.was().old_name().text();
}

}  // namespace weft::check
