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

namespace {

// Looks at so many expressions and no more: each of many `let`s may name the one before it twice.
class Intervals {
  public:
    explicit Intervals(const Context& context) : context_(context) {}

    Interval of(ir::ExprId id) {
        const ir::Expr& e = context_.module.exprs[id];
        if (!e.type.has_value() || --left_ < 0) return {};
        return meet(interval_of_type(context_, e.type, Constraint::Kind::Range), of_value(e));
    }

  private:
    Interval of_value(const ir::Expr& e) {
        switch (e.kind) {
            case ExprKind::Literal:
                if (auto n = number_in(e.value)) return {n, n};
                return {};
            case ExprKind::Local: {
                const auto let = context_.let_values.find(e.local.index);
                return let != context_.let_values.end() ? of(let->second) : Interval{};
            }
            case ExprKind::Add:
            case ExprKind::Subtract:
            case ExprKind::Multiply:
            case ExprKind::Divide:
                return of_arithmetic(e.kind, of(e.a), of(e.b));
            case ExprKind::ToDecimal:
            case ExprKind::Unwrap:
                return of(e.a);
            case ExprKind::Index:
                return of_elements(e.a);
            case ExprKind::Coalesce:
                return hull(of(e.a), of(e.b));
            case ExprKind::If:
                return hull(of(e.b), of(e.args[0]));
            case ExprKind::ListFn:
                if (e.list_op != ir::ListOp::Share) return {};
                return {Decimal(), Decimal::from_int(1)};
            case ExprKind::Builtin:
                return of_builtin(e);
            default:
                return {};
        }
    }

    Interval of_builtin(const ir::Expr& e) {
        switch (static_cast<BuiltinFunction>(e.index)) {
            case BuiltinFunction::Length:
            case BuiltinFunction::Count:
                return length_of(context_, e.args[0]);
            // Of a list they lie between its least element and its greatest.
            case BuiltinFunction::Average:
            case BuiltinFunction::Min:
            case BuiltinFunction::Max:
            case BuiltinFunction::First:
            case BuiltinFunction::Last:
                return of_elements(e.args[0]);
            case BuiltinFunction::Sum:
                return of_arithmetic(ExprKind::Multiply, length_of(context_, e.args[0]),
                                     of_elements(e.args[0]));
            default:
                return {};
        }
    }

    // Of a list, or of a list that may be none.
    Interval of_elements(ir::ExprId list) {
        const ir::Expr& e = context_.module.exprs[list];
        if (!e.type.has_value() || --left_ < 0) return {};
        const Type& type = context_.types()[base_of(context_, e.type)];
        const Interval declared =
            type.kind == TypeKind::List
                ? interval_of_type(context_, type.element, Constraint::Kind::Range)
                : Interval{};
        if (e.kind == ExprKind::List && !e.args.empty()) {
            Interval out = of(e.args[0]);
            for (std::size_t i = 1; i < e.args.size(); ++i) out = hull(out, of(e.args[i]));
            return meet(declared, out);
        }
        if (e.kind == ExprKind::ListFn && e.list_op == ir::ListOp::Map) {
            return meet(declared, of(context_.module.lambdas[ir::LambdaId{e.index}].body));
        }
        const bool keeps = e.kind == ExprKind::ListFn &&
                           (e.list_op == ir::ListOp::Filter || e.list_op == ir::ListOp::SortBy);
        if (keeps) return meet(declared, of_elements(e.a));
        if (e.kind != ExprKind::Local) return declared;
        const auto let = context_.let_values.find(e.local.index);
        return let != context_.let_values.end() ? meet(declared, of_elements(let->second))
                                                : declared;
    }

    const Context& context_;
    int left_ = 200;
};

}  // namespace

Interval interval_of(const Context& context, ir::ExprId id) {
    return Intervals(context).of(id);
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
