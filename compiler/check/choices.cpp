#include "compiler/check/choices.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/origins.h"
#include "compiler/check/truth.h"
#include "compiler/check/types.h"

namespace weft::check {

namespace {

using ir::ExprKind;

// A block that stands in an expression: lets, then a value.
ir::ExprId pure_block(Body& body, ast::Block block, TypeId hint) {
    Context& context = body.context;
    std::size_t mark = body.mark();
    struct PendingLet {
        ir::LocalId local;
        ir::ExprId value;
        Span span;
    };
    std::vector<PendingLet> lets;
    ir::ExprId value;
    bool is_mistaken = false;
    for (const auto& line : block.statements()) {
        if (value.has_value() && type_of(context, value).has_value()) {
            auto& d = context.report(DiagnosticCode::UnusedDeclaration, span_of(context, value),
                                     "nothing takes this value");
            d.help = "the value of a block is its last line";
            value = {};
        }
        if (auto let = line.as<ast::Let>()) {
            TypeId wanted = resolve_type(context, body.module, let.type());
            ir::ExprId id = wanted.has_value() ? expect_expr(body, let.value(), wanted,
                                                             fmt::format("`{}`", let.name().text()))
                                               : check_expr(body, let.value());
            TypeId type = wanted.has_value() ? wanted : type_of(context, id);
            ir::LocalId local =
                body.declare(std::string(let.name().text()), type, let.name().span());
            context.watched.push_back({local, DiagnosticCode::UnusedDeclaration});
            lets.push_back({local, id, let.span()});
        } else if (auto expr = line.as<ast::ExprStmt>()) {
            value = check_expr(body, expr.value(), hint);
        } else if (is_expr(line.kind())) {
            value = check_expr(body, ast::Expr(line.tree(), line.id()), hint);
        } else {
            is_mistaken = true;
            context.report(DiagnosticCode::EffectInExpression, line.span(),
                           fmt::format("`{}` stands inside an expression", label(line.kind())));
        }
    }
    body.leave(mark);
    if (!value.has_value() && block && !is_mistaken && !context.has_syntax_error(block.span())) {
        auto& d =
            context.report(DiagnosticCode::TypeMismatch, block.span(), "this block gives no value");
        d.help = "the value of a block is its last line";
    }
    if (!value.has_value()) return add_mistake(context, block ? block.span() : Span{});
    for (auto it = lets.rbegin(); it != lets.rend(); ++it) {
        ir::Expr e;
        e.kind = ExprKind::Let;
        e.local = it->local;
        e.a = it->value;
        e.b = value;
        e.span = it->span;
        e.type = type_of(context, value);
        value = add_expr(context, std::move(e));
    }
    return value;
}

ir::ExprId choose(Body& body, ir::ExprId condition, ir::ExprId then_value, ir::ExprId else_value,
                  TypeId type, Span span) {
    Context& context = body.context;
    TypeId tested = type_of(context, condition);
    if (!tested.has_value() || !type.has_value()) return add_mistake(context, span);
    ir::Expr e;
    e.kind = ExprKind::If;
    e.a = condition;
    e.b = then_value;
    e.args = {else_value};
    e.span = span;
    e.type = with_labels(context.types(), type, outer_labels(context.types(), tested));
    return add_expr(context, std::move(e));
}

ir::ExprId let_in(Body& body, ir::LocalId local, ir::ExprId value, ir::ExprId inside, Span span) {
    ir::Expr e;
    e.kind = ExprKind::Let;
    e.local = local;
    e.a = value;
    e.b = inside;
    e.span = span;
    e.type = type_of(body.context, inside);
    return add_expr(body.context, std::move(e));
}

ir::ExprId else_value(Body& body, ast::Else part, TypeId hint) {
    if (!part) return {};
    if (part.block()) return pure_block(body, part.block(), hint);
    return check_if_expr(body, ast::Expr(part.body().tree(), part.body().id()), hint);
}

}  // namespace

TypeId join_branches(Body& body, std::vector<ir::ExprId>& branches, Span span) {
    Context& context = body.context;
    TypeId all = context.common.bottom;
    for (int pass = 0; pass < 2; ++pass) {
        // The second pass lets Int literals take the Decimal that a later branch has.
        TypeId before = all;
        all = context.common.bottom;
        ir::ExprId last;
        for (auto& id : branches) {
            if (pass == 1) id = adapt_literal(body, id, before);
            TypeId type = type_of(context, id);
            if (!type.has_value()) return {};
            bool number = !is_bottom(context, all) && pass == 0 &&
                          kind_of(context, all) != kind_of(context, type) &&
                          context.module.exprs[id].kind == ExprKind::Literal;
            TypeId both = join(context, all, type);
            const bool takes = number && adapt_literal(body, id, all).index != id.index;
            if (!both.has_value() && number) both = takes ? all : type;
            if (!both.has_value() && pass == 0) both = type;
            if (!both.has_value()) {
                auto& d =
                    context.report(DiagnosticCode::TypeMismatch, span_of(context, id),
                                   fmt::format("this branch gives a {}, the one before it a {}",
                                               context.text(type), context.text(all)));
                note_origins(context, d, {id, last});
                return {};
            }
            all = both;
            last = id;
        }
    }
    (void)span;
    return all;
}

IfLetParts check_if_let(Body& body, ast::IfLet node) {
    Context& context = body.context;
    IfLetParts out;
    out.held_value = check_expr(body, node.value());
    TypeId type = type_of(context, out.held_value);
    check_always_none(context, out.held_value);
    Span span = node.value() ? node.value().span() : node.span();
    TypeId inner;
    LabelSet labels = 0;
    if (type.has_value()) {
        TypeId bare = base_of(context, type);
        labels = outer_labels(context.types(), type);
        if (context.types()[bare].kind == TypeKind::Optional) {
            inner = with_labels(context.types(), context.types()[bare].element, labels);
        } else {
            context.report(DiagnosticCode::TypeMismatch, span,
                           fmt::format("`if let` takes what may be none, but this is a {}",
                                       context.text(type)));
        }
    }
    out.held = context.add_local(fmt::format("{}?", node.binder().text()), type, span);
    auto part = [&](ExprKind kind, ir::ExprId a, TypeId t) {
        ir::Expr e;
        e.kind = kind;
        e.a = a;
        e.span = span;
        e.type = t;
        return add_expr(context, std::move(e));
    };
    TypeId truth = with_labels(context.types(), context.common.boolean, labels);
    out.condition = part(ExprKind::Not,
                         part(ExprKind::IsNone, add_local_ref(body, out.held, span), truth), truth);
    out.unwrapped = part(ExprKind::Unwrap, add_local_ref(body, out.held, span), inner);
    return out;
}

ir::ExprId check_if_expr(Body& body, ast::Expr expr, TypeId hint) {
    Context& context = body.context;
    auto finish = [&](ir::ExprId condition, ir::ExprId then_value, ir::ExprId other) {
        bool has_else = other.has_value();
        if (!has_else)
            other = add_literal(context, Value::none(), context.common.none, expr.span());
        std::vector<ir::ExprId> branches = {then_value, other};
        TypeId type = join_branches(body, branches, expr.span());
        return choose(body, condition, branches[0], branches[1], type, expr.span());
    };
    if (auto node = expr.as<ast::If>()) {
        ir::ExprId condition = expect_condition(body, node.condition(), "the condition");
        check_constant(context, condition);
        ir::ExprId then_value = pure_block(body, node.block(), hint);
        return finish(condition, then_value, else_value(body, node.else_part(), hint));
    }
    auto node = expr.as<ast::IfLet>();
    IfLetParts parts = check_if_let(body, node);
    std::size_t mark = body.mark();
    ir::LocalId binder = body.declare(std::string(node.binder().text()),
                                      type_of(context, parts.unwrapped), node.binder().span());
    ir::ExprId inside = pure_block(body, node.block(), hint);
    body.leave(mark);
    ir::ExprId then_value = let_in(body, binder, parts.unwrapped, inside, node.span());
    ir::ExprId all = finish(parts.condition, then_value, else_value(body, node.else_part(), hint));
    return let_in(body, parts.held, parts.held_value, all, node.span());
}

ir::ExprId check_match_expr(Body& body, ast::Match node, TypeId hint) {
    Context& context = body.context;
    ir::ExprId value = check_expr(body, node.subject());
    check_always_none(context, value);
    ir::LocalId held = context.add_local("match", type_of(context, value), node.span());
    PatternMatch match(body, add_local_ref(body, held, node.span()), node.span());
    std::vector<ir::ExprId> conditions;
    std::vector<ir::ExprId> values;
    for (const auto& arm : node.arms()) {
        std::size_t mark = body.mark();
        CheckedPattern pattern = match.arm(arm);
        ast::View inside = arm.body();
        ir::ExprId given;
        if (auto block = inside.as<ast::Block>()) {
            given = pure_block(body, block, hint);
        } else if (inside && is_expr(inside.kind())) {
            given = check_expr(body, ast::Expr(inside.tree(), inside.id()), hint);
        } else if (inside) {
            context.report(DiagnosticCode::EffectInExpression, inside.span(),
                           fmt::format("`{}` stands inside an expression", label(inside.kind())));
        }
        body.leave(mark);
        if (!given.has_value()) given = add_mistake(context, arm.span());
        for (auto it = pattern.names.rbegin(); it != pattern.names.rend(); ++it) {
            given = let_in(body, it->local, it->value, given, arm.span());
        }
        conditions.push_back(pattern.condition);
        values.push_back(given);
    }
    match.finish();
    if (values.empty() || !type_of(context, value).has_value())
        return add_mistake(context, node.span());
    TypeId type = join_branches(body, values, node.span());
    ir::ExprId all = values.back();
    for (std::size_t i = values.size() - 1; i-- > 0;) {
        if (!conditions[i].has_value()) {
            all = values[i];
        } else {
            all = choose(body, conditions[i], values[i], all, type, node.span());
        }
    }
    if (!type_of(context, all).has_value()) return add_mistake(context, node.span());
    return let_in(body, held, value, all, node.span());
}

}  // namespace weft::check
