// Operators: what they take, what they give, and what labels the result carries.
#include <fmt/format.h>

#include "compiler/check/constants.h"
#include "compiler/check/expressions.h"
#include "compiler/check/origins.h"
#include "compiler/check/secrets.h"
#include "compiler/check/truth.h"

namespace weft::check {

namespace {

using ir::ExprKind;

ExprKind kind_of_operator(Operator op) {
    switch (op) {
        case Operator::Or:
            return ExprKind::Or;
        case Operator::And:
            return ExprKind::And;
        case Operator::Equal:
            return ExprKind::Equal;
        case Operator::NotEqual:
            return ExprKind::NotEqual;
        case Operator::Less:
            return ExprKind::Less;
        case Operator::LessEqual:
            return ExprKind::LessEqual;
        case Operator::Greater:
            return ExprKind::Greater;
        case Operator::GreaterEqual:
            return ExprKind::GreaterEqual;
        case Operator::Add:
            return ExprKind::Add;
        case Operator::Subtract:
            return ExprKind::Subtract;
        case Operator::Multiply:
            return ExprKind::Multiply;
        case Operator::Divide:
            return ExprKind::Divide;
        case Operator::WholeDivide:
            return ExprKind::WholeDivide;
        case Operator::Remainder:
            return ExprKind::Remainder;
        default:
            return ExprKind::Coalesce;
    }
}

// Whoever compares a value looks into it; what else stands around it is all that its user sees.
bool looks_in(const Context& context, ExprKind kind, ir::ExprId operand) {
    const bool compares =
        kind == ExprKind::Equal || kind == ExprKind::NotEqual || kind == ExprKind::In;
    // Of a map its keys alone.
    return compares && kind_of(context, type_of(context, operand)) != TypeKind::Map;
}

LabelSet told_by(const Context& context, ExprKind kind, ir::ExprId operand) {
    const TypeId type = type_of(context, operand);
    return looks_in(context, kind, operand) ? all_labels(context.types(), type)
                                            : outer_labels(context.types(), type);
}

ir::ExprId node(Body& body, ExprKind kind, TypeId type, Span span, ir::ExprId a, ir::ExprId b) {
    ir::Expr e;
    e.kind = kind;
    e.span = span;
    e.a = a;
    e.b = b;
    LabelSet labels = 0;
    bool looks = kind != ExprKind::Coalesce && kind != ExprKind::IsNone;
    for (ir::ExprId operand : {a, b}) {
        if (!operand.has_value()) continue;
        if (!type_of(body.context, operand).has_value()) return add_mistake(body.context, span);
        labels |= told_by(body.context, kind, operand);
        const bool whole = looks_in(body.context, kind, operand);
        if (looks && (whole ? refuse_secret_parts(body, operand, "a comparison")
                            : refuse_secret_text(body, operand, "a comparison"))) {
            looks = false;
        }
    }
    e.type = with_labels(body.context.types(), type, labels);
    return add_expr(body.context, std::move(e));
}

// The type of `a op b`; none when they have no such operation. Money is never mixed.
TypeId arithmetic(Context& context, Operator op, TypeId a, TypeId b) {
    const auto& common = context.common;
    a = base_of(context, a);
    b = base_of(context, b);
    TypeKind x = context.types()[a].kind;
    TypeKind y = context.types()[b].kind;
    bool sum = op == Operator::Add || op == Operator::Subtract;
    auto scalar = [](TypeKind k) { return k == TypeKind::Int || k == TypeKind::Decimal; };
    const bool is_moment = x == TypeKind::Time || x == TypeKind::Date;
    if (is_moment && x == y && op == Operator::Subtract) return common.duration;
    if (sum && is_moment && y == TypeKind::Duration) return a;
    if (sum && a == b && (is_number(x))) {
        return x == TypeKind::Money && context.types()[a].currency.empty() ? TypeId{} : a;
    }
    if (op == Operator::Multiply) {
        if (x == TypeKind::Money && scalar(y)) return a;
        if (scalar(x) && y == TypeKind::Money) return b;
        if (x == TypeKind::Duration && y == TypeKind::Int) return a;
        if (x == TypeKind::Int && y == TypeKind::Duration) return b;
        return a == b && scalar(x) ? a : TypeId{};
    }
    if (op == Operator::Divide) {
        if (x == TypeKind::Money && scalar(y)) return a;
        if (x == TypeKind::Money && a == b && !context.types()[a].currency.empty()) {
            return common.decimal;
        }
        return a == b && scalar(x) ? common.decimal : TypeId{};
    }
    if (op == Operator::WholeDivide) return x == TypeKind::Int && a == b ? a : TypeId{};
    if (op == Operator::Remainder) return a == b && scalar(x) ? a : TypeId{};
    return {};
}

ir::ExprId wrong_operands(Body& body, ast::Binary binary, ir::ExprId left, ir::ExprId right) {
    Context& context = body.context;
    const TypeId a = type_of(context, left);
    const TypeId b = type_of(context, right);
    bool money = kind_of(context, a) == TypeKind::Money && kind_of(context, b) == TypeKind::Money;
    auto& d = context.report(money ? DiagnosticCode::MixedCurrency : DiagnosticCode::TypeMismatch,
                             binary.span(),
                             fmt::format("`{}` has no meaning between a {} and a {}",
                                         spelling(binary.op()), context.text(a), context.text(b)));
    note_origins(context, d, {left, right});
    TypeKind x = kind_of(context, a);
    TypeKind y = kind_of(context, b);
    if (money) {
        d.help = "narrow a plain Money with `Money<EUR>.from(…)`; currencies are never converted";
    } else if ((x == TypeKind::Money && is_number(y)) || (is_number(x) && y == TypeKind::Money)) {
        d.help = "write the currency behind the number: `3.00 EUR`";
    } else if (x == y && (x == TypeKind::Date || x == TypeKind::Time)) {
        d.help = "moments are compared, moved by a Duration, or taken off one another: `a - b`";
    } else if ((x == TypeKind::Date && y == TypeKind::Time) ||
               (x == TypeKind::Time && y == TypeKind::Date)) {
        d.help = "which day it is at a Time depends on the place: `calendar.local` says it";
    } else if ((x == TypeKind::Enum && y == TypeKind::Text) ||
               (x == TypeKind::Text && y == TypeKind::Enum)) {
        d.help = "a case stands without quotes";
    } else if (x == TypeKind::Text && y == TypeKind::Text) {
        d.help = "texts are joined with holes: \"${a}${b}\"";
    } else if ((x == TypeKind::Int && y == TypeKind::Decimal) ||
               (x == TypeKind::Decimal && y == TypeKind::Int)) {
        d.help = "nothing is converted unasked; dividing an Int by 1 gives a Decimal";
    } else if (x == TypeKind::Optional || y == TypeKind::Optional) {
        d.help = "give a value for none with `??` first";
    }
    return add_mistake(context, binary.span());
}

struct Operands {
    ir::ExprId a;
    ir::ExprId b;
    TypeId left;
    TypeId right;
    [[nodiscard]] bool ok() const { return left.has_value() && right.has_value(); }
};

// Each side is the hint of the other, so that a literal takes the other's type.
Operands operands(Body& body, ast::Binary binary, TypeId hint) {
    Context& context = body.context;
    Operands out;
    out.a = check_expr(body, binary.left(), hint);
    TypeId right_hint = type_of(context, out.a).has_value() ? type_of(context, out.a) : hint;
    out.b = check_expr(body, binary.right(), right_hint);
    out.a = adapt_literal(body, out.a, type_of(context, out.b));
    out.b = adapt_literal(body, out.b, type_of(context, out.a));
    out.left = type_of(context, out.a);
    out.right = type_of(context, out.b);
    return out;
}

bool is_literal(const Context& context, ir::ExprId id) {
    return context.module.exprs[id].kind == ExprKind::Literal;
}

// Of a `T?` the T without its refinement; of anything else itself.
TypeId bare_inner(const Context& context, TypeId type) {
    const Type& t = context.types()[type];
    return t.kind == TypeKind::Optional ? base_of(context, t.element) : type;
}

ir::ExprId compare(Body& body, ast::Binary binary, const Operands& o) {
    Context& context = body.context;
    if (!o.ok()) return add_mistake(context, binary.span());
    bool equality = binary.op() == Operator::Equal || binary.op() == Operator::NotEqual;
    if (equality && (o.left == context.common.none || o.right == context.common.none)) {
        check_always_none(context, o.right == context.common.none ? o.a : o.b);
        ir::ExprId is = node(body, ExprKind::IsNone, context.common.boolean, binary.span(),
                             o.right == context.common.none ? o.a : o.b, {});
        if (binary.op() == Operator::Equal) return is;
        return node(body, ExprKind::Not, context.common.boolean, binary.span(), is, {});
    }
    TypeId x = base_of(context, o.left);
    TypeId y = base_of(context, o.right);
    LabelSet all = all_labels(context.types(), x) | all_labels(context.types(), y);
    bool alike = fits(context, x, y, all) || fits(context, y, x, all);
    if (!alike && equality) {
        // A refinement inside of a `T?` is no more in the way than outside of one.
        TypeId a = bare_inner(context, x);
        TypeId b = bare_inner(context, y);
        alike = a.has_value() && b.has_value() &&
                (fits(context, a, b, all) || fits(context, b, a, all)) &&
                (kind_of(context, a) != TypeKind::Money || a == b);
    }
    TypeKind kind = context.types()[x].kind;
    if (kind == TypeKind::Money && x != y) alike = false;
    if (!equality &&
        (!is_ordered(kind) || (kind == TypeKind::Money && context.types()[x].currency.empty()))) {
        alike = false;
    }
    if (!alike) return wrong_operands(body, binary, o.a, o.b);
    ir::ExprId out =
        node(body, kind_of_operator(binary.op()), context.common.boolean, binary.span(), o.a, o.b);
    if (is_literal(context, o.a) && is_literal(context, o.b)) {
        context.report(DiagnosticCode::ConstantCondition, binary.span(),
                       "both sides are literals: the comparison always gives the same");
    }
    return out;
}

// `a < b < c`, which the parser has reported.
bool is_chained(ast::Binary binary) {
    auto left = binary.left().as<ast::Binary>();
    return left && left.op() >= Operator::Equal && left.op() <= Operator::In;
}

ir::ExprId contains(Body& body, ast::Binary binary) {
    Context& context = body.context;
    ast::Expr right = binary.right().bare();
    ir::ExprId a = check_expr(body, binary.left());
    auto range = right.as<ast::Binary>();
    if (range && range.op() == Operator::Range) {
        TypeId wanted =
            type_of(context, a).has_value() ? base_of(context, type_of(context, a)) : TypeId{};
        if (wanted.has_value() && !is_ordered(context.types()[wanted].kind)) {
            auto& d = context.report(DiagnosticCode::TypeMismatch, binary.span(),
                                     fmt::format("a {} does not lie between two others",
                                                 context.text(type_of(context, a))));
            note_origins(context, d, {a});
            return add_mistake(context, binary.span());
        }
        ir::ExprId low = expect_expr(body, range.left(), wanted, "the lower end");
        ir::ExprId high = expect_expr(body, range.right(), wanted, "the upper end");
        ir::ExprId out =
            node(body, ExprKind::InRange, context.common.boolean, binary.span(), a, {});
        context.module.exprs[out].args = {low, high};
        return out;
    }
    ir::ExprId b = check_expr(
        body, binary.right(),
        type_of(context, a).has_value() ? make_list(context, type_of(context, a)) : TypeId{});
    TypeId list = type_of(context, b);
    if (!list.has_value() || !type_of(context, a).has_value()) {
        return add_mistake(context, binary.span());
    }
    TypeKind kind = kind_of(context, list);
    TypeId element;
    if (kind == TypeKind::List) element = context.types()[base_of(context, list)].element;
    if (kind == TypeKind::Map || kind == TypeKind::Text) element = context.common.text;
    if (!element.has_value()) return wrong_operands(body, binary, a, b);
    a = adapt_literal(body, a, element);
    LabelSet all =
        all_labels(context.types(), type_of(context, a)) | all_labels(context.types(), element);
    if (!fits(context, base_of(context, type_of(context, a)), base_of(context, element), all) &&
        !fits(context, base_of(context, element), base_of(context, type_of(context, a)), all)) {
        return wrong_operands(body, binary, a, b);
    }
    return node(body, ExprKind::In, context.common.boolean, binary.span(), a, b);
}

ir::ExprId coalesce(Body& body, ast::Binary binary, TypeId hint) {
    Context& context = body.context;
    ir::ExprId a = check_expr(body, binary.left(), hint);
    TypeId type = type_of(context, a);
    if (!type.has_value()) {
        check_expr(body, binary.right(), hint);
        return add_mistake(context, binary.span());
    }
    TypeId bare = base_of(context, type);
    if (context.types()[bare].kind != TypeKind::Optional) {
        context.report(
            DiagnosticCode::TypeMismatch, binary.span(),
            fmt::format("the left side of `??` is a {}, which is never none", context.text(type)));
        return a;
    }
    TypeId inner = context.types()[bare].element;
    ir::ExprId b = check_expr(body, binary.right(), inner);
    b = adapt_literal(body, b, inner);
    if (!type_of(context, b).has_value()) return add_mistake(context, binary.span());
    TypeId both = join(context, inner, type_of(context, b));
    if (!both.has_value()) return wrong_operands(body, binary, a, b);
    return node(body, ExprKind::Coalesce, both, binary.span(), a, b);
}

}  // namespace

ir::ExprId check_comparison(Body& body, ast::Binary binary, ir::ExprId& left, ir::ExprId& right) {
    Context& context = body.context;
    left = adapt_literal(body, left, type_of(context, right));
    right = adapt_literal(body, right, type_of(context, left));
    return compare(body, binary, {left, right, type_of(context, left), type_of(context, right)});
}

ir::ExprId check_unary(Body& body, ast::Unary unary, TypeId hint) {
    Context& context = body.context;
    if (unary.op() == Operator::Not) {
        ir::ExprId a = expect_condition(body, unary.operand(), "what `not` stands before");
        return node(body, ExprKind::Not, context.common.boolean, unary.span(), a, {});
    }
    ir::ExprId a = check_expr(body, unary.operand(), hint);
    TypeId type = type_of(context, a);
    if (!type.has_value()) return add_mistake(context, unary.span());
    if (!is_number(kind_of(context, type))) {
        auto& d = context.report(DiagnosticCode::TypeMismatch, unary.span(),
                                 fmt::format("a {} has no sign", context.text(type)));
        note_origins(context, d, {a});
        return add_mistake(context, unary.span());
    }
    // A negative literal is a literal.
    const ir::Expr& e = context.module.exprs[a];
    if (e.kind == ExprKind::Literal) {
        Value value = e.value;
        if (value.tag() == Tag::Int) {
            return add_literal(context, Value::integer(-value.as_int()), type, unary.span());
        }
        if (value.tag() == Tag::Decimal) {
            auto negative = Decimal::subtract(Decimal(), value.as_decimal());
            if (negative)
                return add_literal(context, Value::decimal(*negative), type, unary.span());
        }
    }
    return node(body, ExprKind::Negate, base_of(context, type), unary.span(), a, {});
}

ir::ExprId check_binary(Body& body, ast::Binary binary, TypeId hint) {
    Context& context = body.context;
    switch (binary.op()) {
        case Operator::And:
        case Operator::Or: {
            ir::ExprId a = expect_condition(body, binary.left(), "a side of `and` or `or`");
            ir::ExprId b = expect_condition(body, binary.right(), "a side of `and` or `or`");
            return node(body, kind_of_operator(binary.op()), context.common.boolean, binary.span(),
                        a, b);
        }
        case Operator::Equal:
        case Operator::NotEqual:
        case Operator::Less:
        case Operator::LessEqual:
        case Operator::Greater:
        case Operator::GreaterEqual:
            if (is_chained(binary)) {
                check_expr(body, binary.left());
                check_expr(body, binary.right());
                return add_mistake(context, binary.span());
            }
            return compare(body, binary, operands(body, binary, {}));
        case Operator::In:
            return contains(body, binary);
        case Operator::Coalesce:
            return coalesce(body, binary, hint);
        case Operator::Range:
            context
                .report(DiagnosticCode::TypeMismatch, binary.span(),
                        "a range stands only after `in`")
                .help =
                "a list is written out, `[1, 2, 3]`; `repeat n = 1, up to 3 times { … }` counts";
            return add_mistake(context, binary.span());
        default:
            break;
    }
    Operands o = operands(body, binary, hint);
    if (!o.ok()) return add_mistake(context, binary.span());
    TypeId type = arithmetic(context, binary.op(), o.left, o.right);
    if (!type.has_value()) return wrong_operands(body, binary, o.a, o.b);
    ir::ExprId out = node(body, kind_of_operator(binary.op()), type, binary.span(), o.a, o.b);
    if (is_literal(context, o.a) && is_literal(context, o.b) &&
        kind_of(context, type) == TypeKind::Int && !known_value(context, out) &&
        binary.op() != Operator::Remainder && binary.op() != Operator::WholeDivide) {
        context.report(DiagnosticCode::OverflowCertain, binary.span(),
                       "the result of this expression does not fit an Int");
    }
    return out;
}

}  // namespace weft::check
