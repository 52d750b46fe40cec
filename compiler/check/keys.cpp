// What names an effect or a run beyond itself: `key` and `cache` of a step, `key` and `subject` of
// a workflow. All are pure values that are known before the first attempt; keys carry no label.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/constants.h"
#include "compiler/check/declare.h"
#include "compiler/check/effects.h"
#include "compiler/check/expressions.h"
#include "compiler/check/labels.h"
#include "compiler/ir/walk.h"

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
    refuse_in_key(body, value, what);
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

// The field `attempts` of an error: how often it was tried so far.
bool counts_attempts(const Context& context, ir::ExprId id) {
    if (!id.has_value()) return false;
    const ir::Expr& e = context.module.exprs[id];
    if (e.kind == ir::ExprKind::Field && type_of(context, e.a) == context.common.error) {
        const auto& fields = context.types()[context.common.error].fields;
        if (e.index < fields.size() && fields[e.index].name == "attempts") return true;
    }
    bool found = false;
    ir::for_each_operand(context.module, e,
                         [&](ir::ExprId part) { found = found || counts_attempts(context, part); });
    return found;
}

}  // namespace

void refuse_in_key(Body& body, ir::ExprId id, std::string_view what) {
    Context& context = body.context;
    const LabelSet labels = all_labels(context.types(), type_of(context, id));
    const Span span = span_of(context, id);
    if ((labels & kSecret) != 0) return refuse_labels(body, id, what);
    if ((labels & kPii) != 0) {
        auto& d = context.report(DiagnosticCode::PiiInKey, span,
                                 fmt::format("{} holds personal data", what));
        d.label = context.text(type_of(context, id));
        d.help = "take a number or an id that names nobody";
    } else if ((labels & kUntrusted) != 0) {
        auto& d =
            context.report(DiagnosticCode::UnstableKey, span,
                           fmt::format("{} depends on what a model or a stranger wrote", what));
        d.label = context.text(type_of(context, id));
        d.help = "make it from the input, or let a gate name the value first";
    } else if (counts_attempts(context, id)) {
        auto& d = context.report(DiagnosticCode::UnstableKey, span,
                                 fmt::format("{} is another one after each attempt", what));
        d.help = "make it from what is the same whenever it is tried";
    }
}

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
    if (auto until = node.child<ast::Until>()) {
        row.until = expect_expr(body, until.value(), context.common.time, "the last moment");
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
