#include "compiler/check/truth.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/relations.h"

namespace weft::check {

namespace {

using ir::ExprKind;

std::optional<bool> negated(std::optional<bool> value) {
    return value ? std::optional(!*value) : std::nullopt;
}

Operator operator_of(ExprKind kind) {
    switch (kind) {
        case ExprKind::Equal:
            return Operator::Equal;
        case ExprKind::NotEqual:
            return Operator::NotEqual;
        case ExprKind::Less:
            return Operator::Less;
        case ExprKind::LessEqual:
            return Operator::LessEqual;
        case ExprKind::Greater:
            return Operator::Greater;
        case ExprKind::GreaterEqual:
            return Operator::GreaterEqual;
        default:
            return Operator::Unknown;
    }
}

std::optional<bool> both(std::optional<bool> a, std::optional<bool> b) {
    if ((a && !*a) || (b && !*b)) return false;
    return a && b ? std::optional(true) : std::nullopt;
}

}  // namespace

std::optional<bool> compare_ranges(Operator op, const Interval& a, const Interval& b) {
    auto order = [](const std::optional<Decimal>& x, const std::optional<Decimal>& y) {
        return x && y ? std::optional(Decimal::compare(*x, *y)) : std::nullopt;
    };
    // The smallest that `a` can be against the largest of `b`, and the other way round.
    auto low = order(a.min, b.max);
    auto high = order(a.max, b.min);
    auto decide = [](bool always, bool never) -> std::optional<bool> {
        if (always) return true;
        if (never) return false;
        return std::nullopt;
    };
    switch (op) {
        case Operator::GreaterEqual:
            return decide(low && *low >= 0, high && *high < 0);
        case Operator::Greater:
            return decide(low && *low > 0, high && *high <= 0);
        case Operator::LessEqual:
            return decide(high && *high <= 0, low && *low > 0);
        case Operator::Less:
            return decide(high && *high < 0, low && *low >= 0);
        case Operator::Equal:
            return decide(low && high && *low == 0 && *high == 0,
                          (low && *low > 0) || (high && *high < 0));
        case Operator::NotEqual:
            return negated(compare_ranges(Operator::Equal, a, b));
        default:
            return std::nullopt;
    }
}

std::optional<bool> truth_of(const Context& context, ir::ExprId condition) {
    const ir::Expr& e = context.module.exprs[condition];
    if (!e.type.has_value()) return std::nullopt;
    switch (e.kind) {
        case ExprKind::Literal:
            if (e.value.tag() == Tag::True) return true;
            if (e.value.tag() == Tag::False) return false;
            return std::nullopt;
        case ExprKind::Not:
            return negated(truth_of(context, e.a));
        case ExprKind::And:
            return both(truth_of(context, e.a), truth_of(context, e.b));
        case ExprKind::Or:
            return negated(both(negated(truth_of(context, e.a)), negated(truth_of(context, e.b))));
        case ExprKind::InRange: {
            Interval a = interval_of(context, e.a);
            return both(compare_ranges(Operator::GreaterEqual, a, interval_of(context, e.args[0])),
                        compare_ranges(Operator::LessEqual, a, interval_of(context, e.args[1])));
        }
        default: {
            Operator op = operator_of(e.kind);
            bool numbers = op != Operator::Unknown && type_of(context, e.a).has_value() &&
                           is_number(kind_of(context, type_of(context, e.a)));
            if (!numbers) return std::nullopt;
            return compare_ranges(op, interval_of(context, e.a), interval_of(context, e.b));
        }
    }
}

void check_constant(const Context& context, ir::ExprId condition) {
    if (!condition.has_value()) return;
    auto truth = truth_of(context, condition);
    if (!truth) return;
    Span span = span_of(context, condition);
    const auto& items = context.diagnostics.items();
    bool is_said = std::any_of(items.begin(), items.end(), [&](const Diagnostic& d) {
        return d.code == DiagnosticCode::ConstantCondition && d.span.file == span.file &&
               d.span.begin >= span.begin && d.span.end <= span.end;
    });
    if (is_said) return;
    auto& d = context.report(DiagnosticCode::ConstantCondition, span,
                             fmt::format("the condition is always {}", *truth));
    const ir::Expr& e = context.module.exprs[condition];
    if (operator_of(e.kind) == Operator::Unknown) return;
    d.notes.push_back(fmt::format("its left side lies in {}, its right side in {}",
                                  range_text(interval_of(context, e.a)),
                                  range_text(interval_of(context, e.b))));
}

void check_always_none(const Context& context, ir::ExprId value) {
    if (!value.has_value() || type_of(context, value) != context.common.none) return;
    const ir::Expr& e = context.module.exprs[value];
    if (e.kind != ExprKind::Local) return;
    const auto& name = context.module.locals[e.local].name;
    auto& d = context.report(DiagnosticCode::ConstantCondition, span_of(context, value),
                             fmt::format("`{}` is always none: nothing gives it a value", name));
    ir::LocalId given = e.local;  // what the name was bound to
    for (const auto& stmt : context.module.stmts) {
        if (stmt.kind != ir::Stmt::Kind::Let || stmt.local != e.local) continue;
        const ir::Expr& bound = context.module.exprs[stmt.expr];
        if (bound.kind == ExprKind::Local) given = bound.local;
    }
    const auto& waits = context.module.waits;
    if (std::ranges::find(waits, given, &ir::Wait::result) == waits.end()) return;
    d.notes.emplace_back("a signal that is declared without a type has no value");
    d.help =
        "to tell whether it came, give a value in the arm: `wait within … { on name { true } } "
        "else { false }`";
}

std::string range_text(const Interval& range) {
    auto bound = [](const std::optional<Decimal>& d) { return d ? d->to_string() : "…"; };
    return fmt::format("{}..{}", bound(range.min), bound(range.max));
}

}  // namespace weft::check
