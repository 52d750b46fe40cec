// What names an effect or a run beyond itself: `key` and `cache` of a step, `key` and `subject` of
// a workflow. All are pure values that are known before the first attempt; keys carry no label.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/constants.h"
#include "compiler/check/declare.h"
#include "compiler/check/effects.h"
#include "compiler/check/expressions.h"

namespace weft::check {

namespace {

// The value of a key: without labels, and something that can be written down.
ir::ExprId check_key(Body& body, ast::Expr expr, std::string_view what) {
    Context& context = body.context;
    ir::ExprId value = check_expr(body, expr);
    TypeId type = type_of(context, value);
    if (!type.has_value()) return {};
    if (type == context.common.none) {
        context.report(DiagnosticCode::TypeMismatch, expr.span(),
                       fmt::format("{} is always none", what));
        return {};
    }
    refuse_labels(body, value, what);
    return value;
}

// Whether the expression reads a name that was made inside the `each` of `item`, or the item.
bool reads_from(const ir::Module& module, ir::ExprId id, ir::LocalId item) {
    if (!id.has_value()) return false;
    const ir::Expr& e = module.exprs[id];
    if (e.kind == ir::ExprKind::Local && e.local.index >= item.index) return true;
    return reads_from(module, e.a, item) || reads_from(module, e.b, item) ||
           std::ranges::any_of(e.args, [&](auto arg) { return reads_from(module, arg, item); });
}

void check_key_in_each(Body& body, ir::ExprId key, std::string_view path, Span span) {
    Context& context = body.context;
    if (!key.has_value() || !body.item.has_value() || body.in_undo) return;
    if (reads_from(context.module, key, body.item)) return;
    const auto& item = context.module.locals[body.item];
    auto& d =
        context.report(DiagnosticCode::KeyIgnoresItem, span,
                       fmt::format("the key of `{}` is the same for every `{}`", path, item.name));
    d.secondary.push_back({item.span, "one run of the step for each of these"});
    d.help = fmt::format("let the key depend on `{}`", item.name);
}

}  // namespace

void check_keys(Body& body, ast::Step node, ir::Step& step) {
    Context& context = body.context;
    if (auto key = node.child<ast::Key>()) {
        step.key = check_key(body, key.value(), "the key of a step");
        check_key_in_each(body, step.key, step.path, key.span());
    }
    auto cache = node.child<ast::Cache>();
    if (!cache) return;
    step.cache = check_key(body, cache.by().value(), "what a step is cached by");
    step.cache_ms = constant_duration(body, cache.value(), "the time in the cache").value_or(0);
    if (!step.worker.has_value()) return;
    const WorkerRow& row = context.module.workers[step.worker].row;
    if (row.effect == EffectClass::Read) return;
    auto& d =
        context.report(DiagnosticCode::CachedEffect, cache.span(),
                       fmt::format("`{}` changes the world, so it can't be cached", row.name));
    d.secondary.push_back({context.module.workers[step.worker].span, "not declared `effect read`"});
    d.help = "give the step a `key`: a second use with it returns the first result";
    step.cache_ms = 0;
    step.cache = {};
}

void check_start_clauses(Body& around, ast::Workflow node, ir::Workflow& row) {
    Context& context = around.context;
    // They are known before the run is: of the parameters alone.
    Body body{.context = context, .module = around.module, .names = around.names};
    if (auto key = node.child<ast::Key>()) {
        row.key = check_key(body, key.value(), "the key of a run");
    }
    auto subject = node.child<ast::Subject>();
    if (!subject) return;
    row.subject = check_expr(body, subject.value());
    TypeId type = base_of(context, without_labels(context.types(), type_of(context, row.subject)));
    if (!type.has_value()) return;
    bool is_list = context.types()[type].kind == TypeKind::List;
    TypeId one =
        is_list ? base_of(context, without_labels(context.types(), context.types()[type].element))
                : type;
    auto kind = context.types()[one].kind;
    if (kind == TypeKind::Text || kind == TypeKind::Email) return;
    context.report(DiagnosticCode::TypeMismatch, subject.span(),
                   fmt::format("whose data it is is a Text or a list of them, not a {}",
                               context.text(type_of(context, row.subject))));
}

}  // namespace weft::check
