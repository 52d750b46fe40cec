// Steps: one effect, or a composite of what stands inside; and each.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/choices.h"
#include "compiler/check/constants.h"
#include "compiler/check/declare.h"
#include "compiler/check/effects.h"
#include "compiler/check/names.h"
#include "compiler/check/statements.h"
#include "grammar/literals.h"

namespace weft::check {

namespace {

using Kind = ir::Stmt::Kind;

struct StepName {
    std::string text;
    Span span;
    bool is_given = false;
};

StepName name_of(ast::Step step) {
    if (auto name = step.name()) return {std::string(name.text()), name.span(), true};
    if (auto call = step.body().as<ast::Call>()) {
        Dotted dotted = ast::dotted_name(call.callee().bare());
        if (!dotted.empty()) return {std::string(dotted.back()), call.callee().span(), false};
    }
    return {"step", step.span(), false};
}

// Clauses that some step has, but no step of this version.
void refuse_clauses(Body& body, const std::vector<ast::Clause>& clauses, bool is_composite) {
    for (const auto& clause : clauses) {
        bool refused = clause.kind() == NodeKind::Key || clause.kind() == NodeKind::Cache ||
                       clause.kind() == NodeKind::Until ||
                       (is_composite && clause.kind() == NodeKind::Within);
        if (refused) {
            body.context.report(DiagnosticCode::NotSupportedYet, clause.span(),
                                fmt::format("`{}` is not supported {}yet", label(clause.kind()),
                                            is_composite ? "around inner steps " : ""));
        }
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
    body.path = std::move(around_path);
}

void check_handler(Body& body, ast::On on, ir::Step& step, TypeId& result) {
    Context& context = body.context;
    ir::Handler handler;
    bool takes_any = false;
    DeclId declared;
    for (const auto& path : on.errors()) {
        auto name = error_name(context, body.module, path);
        if (!name) continue;
        takes_any = takes_any || *name == "Error";
        declared = find_error(context, body.module, dotted_of(path));
        if (step.worker.has_value() && declared.has_value()) {
            const auto& fails = context.module.workers[step.worker].row.fails;
            if (std::find(fails.begin(), fails.end(), *name) == fails.end()) {
                context.report(DiagnosticCode::UnreachableHandler, path.span(),
                               fmt::format("`{}` never fails with `{}`",
                                           context.module.workers[step.worker].row.name, *name));
            }
        }
        handler.errors.push_back(*name);
    }
    if (takes_any) handler.errors.clear();
    bool exact = on.errors().size() == 1 && declared.has_value();
    TypeId type = exact ? context.declarations[declared].error_type : context.common.error;
    std::size_t mark = body.mark();
    if (auto binder = on.binder()) {
        handler.error = body.declare(std::string(binder.text()), type, binder.span());
    } else {
        handler.error = context.add_local("error", type, on.span());
    }
    bool wants_value = result.has_value() && result != context.common.none;
    handler.body = check_block(body, on.block(), {wants_value, result, {}});
    body.leave(mark);
    const ir::Block& block = context.module.blocks[handler.body];
    if (wants_value && !block.leaves) {
        TypeId both = join(context, result, block.type);
        if (!both.has_value() && block.type.has_value()) {
            context.report(DiagnosticCode::TypeMismatch, on.span(),
                           fmt::format("the step gives a {}, but this handler a {}",
                                       context.text(result), context.text(block.type)));
        }
        result = both;
    }
    step.handlers.push_back(std::move(handler));
}

// when, and what the name of the step is worth after `on` and `when`.
void check_when(Body& body, ast::When when, ir::Step& step) {
    if (!when) return;
    step.when = expect_condition(body, when.value(), "`when`");
}

void require_undo(Body& body, const ir::Step& step) {
    Context& context = body.context;
    const WorkerRow& row = context.module.workers[step.worker].row;
    if (row.irreversible && step.undo.kind == ir::Undo::Kind::Run) {
        auto& d =
            context.report(DiagnosticCode::CompensationOutOfReach, step.undo.span,
                           fmt::format("`{}` is irreversible, so nothing undoes it", row.name));
        d.secondary.push_back({context.module.workers[step.worker].span, "declared so here"});
        return;
    }
    bool needs = row.effect != EffectClass::Read && !row.irreversible;
    if (!needs || step.undo.kind != ir::Undo::Kind::Missing || body.in_undo || body.is_covered)
        return;
    auto& d = context.report(DiagnosticCode::UncompensatedEffect, step.span,
                             fmt::format("`{}` changes the world, and `{}` does not say how it is "
                                         "undone",
                                         row.name, step.path));
    d.help = "add `compensate worker(…)`, or `compensate none \"reason\"` if it may stand";
}

// Declares the step's name and reads its compensation, which may use it.
void finish_step(Body& body, ast::Step node, const StepName& name, ir::Step step,
                 StatementResult& result) {
    Context& context = body.context;
    TypeId type = step.result_type;
    for (const auto& on : node.children<ast::On>()) check_handler(body, on, step, type);
    if (step.when.has_value()) type = make_optional(context, type);
    // The undo runs for a step that was done: it sees the value as it came.
    auto compensate = node.child<ast::Compensate>();
    step.result = body.declare(name.text, type, name.span);
    if (compensate) {
        bool may_be_missing = compensate.even_in_doubt();
        TypeId seen = may_be_missing ? make_optional(context, step.result_type) : step.result_type;
        context.module.locals[step.result].type = seen;
        check_undo(body, compensate, step.path, step.undo);
        context.module.locals[step.result].type = type;
    }
    bool is_read = step.worker.has_value() &&
                   context.module.workers[step.worker].row.effect == EffectClass::Read;
    if (name.is_given && is_read) {
        context.watched.push_back({step.result, DiagnosticCode::UnusedOutput});
    }
    if (step.worker.has_value()) {
        require_undo(body, step);
        LabelSet control = body.control;
        TypeId when = step.when.has_value() ? type_of(context, step.when) : TypeId{};
        if (when.has_value()) control |= outer_labels(context.types(), when);
        check_control(body, step, control);
    }
    ir::LocalId local = step.result;
    context.module.steps.push_back(std::move(step));
    ir::StmtId stmt = add_stmt(body, Kind::Step, context.module.steps.size() - 1, node.span());
    body.block->steps.emplace_back(name.text, stmt);
    result.value = add_local_ref(body, local, name.span);
}

void check_effect_step(Body& body, ast::Step node, const StepName& name, DeclId worker,
                       StatementResult& result) {
    ir::Step step;
    step.path = new_path(body, name.text);
    step.span = node.body().span();
    step.name_span = name.span;
    bool ok = bind_effect(body, node.body().as<ast::Call>(), worker, step);
    refuse_clauses(body, node.clauses(), false);
    read_policy(body, node.clauses(), step.policy);
    check_when(body, node.child<ast::When>(), step);
    if (ok) check_policy(body, step);
    finish_step(body, node, name, std::move(step), result);
}

// A step around statements: a block, or `if`, `match` or `each` with clauses.
void check_composite(Body& body, ast::Step node, const StepName& name, StatementResult& result) {
    Context& context = body.context;
    ir::Step step;
    step.path = new_path(body, name.text);
    step.span = node.span();
    step.name_span = name.span;
    refuse_clauses(body, node.clauses(), true);
    read_policy(body, node.clauses(), step.policy);
    check_when(body, node.child<ast::When>(), step);
    std::string around = std::exchange(body.path, step.path);
    bool covers = bool(node.child<ast::Compensate>());
    bool was_covered = std::exchange(body.is_covered, body.is_covered || covers);
    if (auto block = node.body().as<ast::Block>()) {
        step.body = check_block(body, block, {true, {}, {}});
    } else {
        OpenBlock open;
        OpenBlock* outer = std::exchange(body.block, &open);
        StatementResult inner;
        if (auto each = node.body().as<ast::Each>()) {
            std::size_t mark = body.mark();
            body.path = around;
            check_each(body, each, name.text, name.span, false, inner);
            body.leave(mark);
        } else {
            inner = check_branches(body, node.body(), true, {});
        }
        ir::Block row;
        row.leaves = inner.leaves;
        if (!inner.leaves) row.value = inner.value;
        row.type = row.value.has_value() ? type_of(context, row.value) : context.common.none;
        row.stmts = std::move(open.stmts);
        step.body = context.module.blocks.add(std::move(row));
        body.block = outer;
    }
    body.path = std::move(around);
    body.is_covered = was_covered;
    step.result_type = context.module.blocks[step.body].type;
    finish_step(body, node, name, std::move(step), result);
}

// `step n = if …` without clauses needs no step around it.
void check_named_branches(Body& body, ast::Step node, const StepName& name,
                          StatementResult& result) {
    std::string around = std::exchange(body.path, new_path(body, name.text));
    StatementResult inner = check_branches(body, node.body(), true, {});
    body.path = std::move(around);
    result.leaves = inner.leaves;
    if (!inner.value.has_value()) {
        inner.value = add_literal(body.context, {}, body.context.common.none, node.span());
    }
    ir::LocalId local = body.declare(name.text, type_of(body.context, inner.value), name.span);
    add_let(body, local, inner.value, node.span());
    result.value = add_local_ref(body, local, name.span);
}

}  // namespace

void check_each(Body& body, ast::Each node, std::string_view name, Span name_span, bool is_named,
                StatementResult& result) {
    Context& context = body.context;
    ir::Each row;
    row.path = new_path(body, name);
    row.span = node.span();
    row.list = check_expr(body, node.list());
    TypeId list = type_of(context, row.list);
    TypeId item;
    LabelSet labels = 0;
    if (list.has_value()) {
        labels = outer_labels(context.types(), list);
        if (kind_of(context, list) == TypeKind::List) {
            item = with_labels(context.types(), context.types()[base_of(context, list)].element,
                               labels);
            if (!length_of(context, row.list).max) {
                auto& d = context.report(
                    DiagnosticCode::UnboundedFanout, node.list().span(),
                    fmt::format("nothing bounds the length of this {}", context.text(list)));
                d.help = "declare it: `List<T> where length in 0..100`";
            }
        } else {
            context.report(
                DiagnosticCode::TypeMismatch, node.list().span(),
                fmt::format("`each` takes a list, but this is a {}", context.text(list)));
        }
    }
    if (auto at_once = node.at_once()) {
        row.limit = static_cast<std::uint32_t>(
            constant_int(body, at_once.value(), "the number at once", 1, 100'000).value_or(1));
    }
    if (node.collecting()) {
        context.report(DiagnosticCode::NotSupportedYet, node.collecting().span(),
                       "`collecting errors` is not supported yet");
    }
    std::size_t mark = body.mark();
    row.item = body.declare(std::string(node.binder().text()), item, node.binder().span());
    std::string around = std::exchange(body.path, row.path);
    bool in_each = std::exchange(body.in_each, true);
    LabelSet control = std::exchange(body.control, body.control | labels);
    row.body = check_block(body, node.block(), {true, {}, {}});
    body.control = control;
    body.in_each = in_each;
    body.path = std::move(around);
    body.leave(mark);
    TypeId type = make_list(context, context.module.blocks[row.body].type);
    std::string local_name = is_named ? std::string(name) : fmt::format("{}…", name);
    row.result = is_named ? body.declare(local_name, type, name_span)
                          : context.add_local(local_name, type, name_span);
    ir::LocalId local = row.result;
    context.module.eaches.push_back(std::move(row));
    ir::StmtId stmt = add_stmt(body, Kind::Each, context.module.eaches.size() - 1, node.span());
    if (is_named) body.block->steps.emplace_back(local_name, stmt);
    result.value = add_local_ref(body, local, name_span);
}

void check_step(Body& body, ast::Step node, StatementResult& result) {
    Context& context = body.context;
    ast::View inside = node.body();
    StepName name = name_of(node);
    if (!inside) return;
    if (inside.kind() == NodeKind::Block) return check_composite(body, node, name, result);
    if (auto each = inside.as<ast::Each>()) {
        if (!node.clauses().empty()) return check_composite(body, node, name, result);
        return check_each(body, each, name.text, name.span, true, result);
    }
    if (inside.kind() == NodeKind::If || inside.kind() == NodeKind::IfLet ||
        inside.kind() == NodeKind::Match) {
        if (!node.clauses().empty()) return check_composite(body, node, name, result);
        return check_named_branches(body, node, name, result);
    }
    if (inside.as<ast::Expr>()) {
        DeclId worker = find_worker(body, inside.as<ast::Expr>());
        if (worker.has_value()) return check_effect_step(body, node, name, worker, result);
        ir::ExprId value = check_expr(body, inside.as<ast::Expr>());
        TypeId type = type_of(context, value);
        if (type.has_value()) {
            auto& d = context.report(DiagnosticCode::TypeMismatch, inside.span(),
                                     "a step calls a worker, and this is a pure expression");
            d.help = fmt::format("write `let {} = …`", name.text);
        }
        if (name.is_given) context.use_local(body.declare(name.text, type, name.span));
        return;
    }
    context.report(DiagnosticCode::NotSupportedYet, inside.span(),
                   fmt::format("`{}` is not supported yet", label(inside.kind())));
    if (name.is_given) context.use_local(body.declare(name.text, {}, name.span));
}

}  // namespace weft::check
