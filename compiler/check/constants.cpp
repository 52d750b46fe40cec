#include "compiler/check/constants.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/expressions.h"
#include "compiler/check/relations.h"

namespace weft::check {

namespace {

using ir::ExprKind;

std::optional<Decimal> combine(ExprKind kind, const Decimal& a, const Decimal& b) {
    switch (kind) {
        case ExprKind::Add:
            return Decimal::add(a, b);
        case ExprKind::Subtract:
            return Decimal::subtract(a, b);
        case ExprKind::Multiply:
            return Decimal::multiply(a, b);
        case ExprKind::Divide:
            return Decimal::divide(a, b);
        default:
            return std::nullopt;
    }
}

// A value of the kind of `type` with this number; nothing when it does not fit.
std::optional<Value> as_kind(const Context& context, TypeId type, const Decimal& number) {
    switch (kind_of(context, type)) {
        case TypeKind::Decimal:
            return Value::decimal(number);
        case TypeKind::Int:
            if (auto i = number.to_int()) return Value::integer(*i);
            return std::nullopt;
        case TypeKind::Duration:
            if (auto i = number.to_int()) return Value::duration(*i);
            return std::nullopt;
        default:
            return std::nullopt;
    }
}

Interval of_arithmetic(ExprKind kind, const Interval& a, const Interval& b) {
    Interval out;
    if (kind == ExprKind::Add) {
        if (a.min && b.min) out.min = Decimal::add(*a.min, *b.min);
        if (a.max && b.max) out.max = Decimal::add(*a.max, *b.max);
    } else if (kind == ExprKind::Subtract) {
        if (a.min && b.max) out.min = Decimal::subtract(*a.min, *b.max);
        if (a.max && b.min) out.max = Decimal::subtract(*a.max, *b.min);
    } else if (a.min && a.max && b.min && b.max) {
        bool divides = kind == ExprKind::Divide;
        Decimal zero;
        if (divides && Decimal::compare(*b.min, zero) <= 0 && Decimal::compare(*b.max, zero) >= 0) {
            return out;
        }
        for (const auto& x : {*a.min, *a.max}) {
            for (const auto& y : {*b.min, *b.max}) {
                auto v = combine(kind, x, y);
                if (!v) return {};
                if (!out.min || Decimal::compare(*v, *out.min) < 0) out.min = v;
                if (!out.max || Decimal::compare(*v, *out.max) > 0) out.max = v;
            }
        }
    }
    return out;
}

ir::ExprId constant(Body& body, ast::Expr expr, TypeId type, std::string_view what) {
    if (!expr) return {};
    ir::ExprId id = expect_expr(body, expr, type, what);
    if (!type_of(body.context, id).has_value()) return {};
    if (!known_value(body.context, id)) {
        body.context.report(DiagnosticCode::NotConstant, expr.span(),
                            fmt::format("{} must be known before the run", what));
        return {};
    }
    return id;
}

}  // namespace

Interval meet(const Interval& a, const Interval& b) {
    Interval out = a;
    if (b.min && (!out.min || Decimal::compare(*b.min, *out.min) > 0)) out.min = b.min;
    if (b.max && (!out.max || Decimal::compare(*b.max, *out.max) < 0)) out.max = b.max;
    return out;
}

Interval hull(const Interval& a, const Interval& b) {
    Interval out;
    if (a.min && b.min) out.min = Decimal::compare(*a.min, *b.min) < 0 ? a.min : b.min;
    if (a.max && b.max) out.max = Decimal::compare(*a.max, *b.max) > 0 ? a.max : b.max;
    return out;
}

std::optional<Decimal> number_in(const Value& value) {
    switch (value.tag()) {
        case Tag::Int:
        case Tag::Duration:
            return Decimal::from_int(value.as_int());
        case Tag::Decimal:
            return value.as_decimal();
        case Tag::Money:
            return value.as_money().amount;
        default:
            return std::nullopt;
    }
}

std::optional<Value> known_value(const Context& context, ir::ExprId id) {
    if (!id.has_value()) return std::nullopt;
    const ir::Expr& e = context.module.exprs[id];
    auto all_args = [&]() -> std::optional<std::vector<Value>> {
        std::vector<Value> out;
        for (auto arg : e.args) {
            auto v = known_value(context, arg);
            if (!v) return std::nullopt;
            out.push_back(std::move(*v));
        }
        return out;
    };
    switch (e.kind) {
        case ExprKind::Literal:
            if (!e.type.has_value()) return std::nullopt;
            return e.value;
        case ExprKind::List:
            if (auto items = all_args()) return Value::list(std::move(*items));
            return std::nullopt;
        case ExprKind::Record:
            if (auto fields = all_args()) return Value::record(std::move(*fields));
            return std::nullopt;
        case ExprKind::Case:
            if (auto fields = all_args()) return Value::enum_case(e.index, std::move(*fields));
            return std::nullopt;
        case ExprKind::Map: {
            auto flat = all_args();
            if (!flat) return std::nullopt;
            std::vector<MapEntry> entries;
            for (std::size_t i = 0; i + 1 < flat->size(); i += 2) {
                entries.emplace_back((*flat)[i].as_text(), (*flat)[i + 1]);
            }
            return Value::map(std::move(entries));
        }
        case ExprKind::Add:
        case ExprKind::Subtract:
        case ExprKind::Multiply:
        case ExprKind::Divide: {
            auto a = known_value(context, e.a);
            auto b = known_value(context, e.b);
            if (!a || !b || !e.type.has_value()) return std::nullopt;
            auto x = number_in(*a);
            auto y = number_in(*b);
            if (!x || !y) return std::nullopt;
            auto v = combine(e.kind, *x, *y);
            return v ? as_kind(context, e.type, *v) : std::nullopt;
        }
        default:
            return std::nullopt;
    }
}

Interval interval_of_type(const Context& context, TypeId type, Constraint::Kind kind) {
    Interval out;
    for (const auto& c : constraints_of(context, type)) {
        if (c.kind == kind) out = meet(out, {c.min, c.max});
    }
    return out;
}

Interval interval_of(const Context& context, ir::ExprId id) {
    const ir::Expr& e = context.module.exprs[id];
    if (!e.type.has_value()) return {};
    Interval out = interval_of_type(context, e.type, Constraint::Kind::Range);
    switch (e.kind) {
        case ExprKind::Literal:
            if (auto n = number_in(e.value)) return {n, n};
            return out;
        case ExprKind::Add:
        case ExprKind::Subtract:
        case ExprKind::Multiply:
        case ExprKind::Divide:
            return meet(
                out, of_arithmetic(e.kind, interval_of(context, e.a), interval_of(context, e.b)));
        case ExprKind::ToDecimal:
            return meet(out, interval_of(context, e.a));
        case ExprKind::If:
            return meet(out, hull(interval_of(context, e.b), interval_of(context, e.args[0])));
        case ExprKind::ListFn:
            if (e.list_op == ir::ListOp::Share) {
                return meet(out, {Decimal(), Decimal::from_int(1)});
            }
            return out;
        case ExprKind::Builtin:
            if (e.index == static_cast<std::uint32_t>(BuiltinFunction::Length) ||
                e.index == static_cast<std::uint32_t>(BuiltinFunction::Count)) {
                return meet(out, length_of(context, e.args[0]));
            }
            return out;
        default:
            return out;
    }
}

std::optional<std::int64_t> constant_duration(Body& body, ast::Expr expr, std::string_view what) {
    ir::ExprId id = constant(body, expr, body.context.common.duration, what);
    if (!id.has_value()) return std::nullopt;
    std::int64_t ms = known_value(body.context, id)->as_int();
    if (ms > 0) return ms;
    body.context.report(DiagnosticCode::LiteralOutOfRange, expr.span(),
                        fmt::format("{} must be longer than nothing", what));
    return std::nullopt;
}

std::optional<std::int64_t> constant_int(Body& body, ast::Expr expr, std::string_view what,
                                         std::int64_t min, std::int64_t max) {
    ir::ExprId id = constant(body, expr, body.context.common.integer, what);
    if (!id.has_value()) return std::nullopt;
    std::int64_t v = known_value(body.context, id)->as_int();
    if (v >= min && v <= max) return v;
    body.context.report(DiagnosticCode::LiteralOutOfRange, expr.span(),
                        fmt::format("{} must be in {}..{}, not {}", what, min, max, v));
    return std::nullopt;
}

std::optional<ConstantMoney> constant_money(Body& body, ast::Expr expr, std::string_view what) {
    ir::ExprId id = constant(body, expr, body.context.common.money, what);
    if (!id.has_value()) return std::nullopt;
    Value value = *known_value(body.context, id);
    const MoneyValue& money = value.as_money();
    auto micros = Decimal::multiply(money.amount, Decimal::from_int(1'000'000));
    auto whole = micros ? micros->to_int() : std::nullopt;
    if (!whole || *whole < 0) {
        body.context.report(DiagnosticCode::LiteralOutOfRange, expr.span(),
                            fmt::format("{} has more than six places, or is no amount", what));
        return std::nullopt;
    }
    return ConstantMoney{*whole, std::string(money.currency.data(), money.currency.size())};
}

}  // namespace weft::check
