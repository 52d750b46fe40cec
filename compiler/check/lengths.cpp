// How long a list or text can be, from where it comes: its type, the list functions that it went
// through, the value of a `let`.
#include "bytecode/image.h"
#include "compiler/check/constants.h"

namespace weft::check {

namespace {

using ir::ExprKind;

Interval unknown() {
    return {Decimal(), std::nullopt};
}

Interval from_zero(const Interval& length) {
    return {Decimal(), length.max};
}

Interval sum_of(const Interval& a, const Interval& b) {
    Interval out;
    if (a.min && b.min) out.min = Decimal::add(*a.min, *b.min);
    if (a.max && b.max) out.max = Decimal::add(*a.max, *b.max);
    return out;
}

Interval product_of(const Interval& a, const Interval& b) {
    Interval out;
    if (a.min && b.min) out.min = Decimal::multiply(*a.min, *b.min);
    if (a.max && b.max) out.max = Decimal::multiply(*a.max, *b.max);
    return out;
}

// Looks at so many expressions and no more: each of many `let`s may name the one before it twice.
class Lengths {
  public:
    explicit Lengths(const Context& context) : context_(context) {}

    Interval of(ir::ExprId id) {
        const ir::Expr& e = context_.module.exprs[id];
        if (!e.type.has_value() || --left_ < 0) return unknown();
        return meet(of_expression(id),
                    interval_of_type(context_, e.type, Constraint::Kind::Length));
    }

  private:
    Interval of_expression(ir::ExprId id) {
        const ir::Expr& e = context_.module.exprs[id];
        switch (e.kind) {
            case ExprKind::List: {
                const auto n = Decimal::from_int(static_cast<std::int64_t>(e.args.size()));
                return {n, n};
            }
            case ExprKind::Local:
                return of_local(e.local, id);
            case ExprKind::Builtin:
                return of_builtin(e);
            case ExprKind::ListFn:
                return of_list_function(e);
            case ExprKind::If:
                return hull(of(e.b), of(e.args[0]));
            case ExprKind::Coalesce:
                return hull(of(e.a), of(e.b));
            case ExprKind::Let:
                return of(e.b);
            case ExprKind::CallFn: {
                const auto body = context_.module.fns[ir::FnId{e.index}].body;
                return body.has_value() ? of(body) : unknown();
            }
            default:
                return unknown();
        }
    }

    // The result of `each` is as long as its list, a `let` as its value.
    Interval of_local(ir::LocalId local, ir::ExprId place) {
        const auto let = context_.let_values.find(local.index);
        if (let != context_.let_values.end()) return of(let->second);
        const ir::Each* each = context_.each_of(local);
        if (each != nullptr && each->list.has_value() && each->list.index < place.index) {
            return of(each->list);
        }
        return unknown();
    }

    // What a function of lists gives, by the lengths of those that it takes.
    Interval of_builtin(const ir::Expr& e) {
        switch (static_cast<BuiltinFunction>(e.index)) {
            case BuiltinFunction::Take: {
                const auto n = known_value(context_, e.args[1]);
                return meet(from_zero(of(e.args[0])),
                            {Decimal(), n ? number_in(*n) : std::nullopt});
            }
            case BuiltinFunction::Reverse:
            case BuiltinFunction::Indexed:
            case BuiltinFunction::Keys:
            case BuiltinFunction::Values:
                return of(e.args[0]);
            case BuiltinFunction::Drop:
            case BuiltinFunction::Distinct:
            case BuiltinFunction::OutcomeValues:
            case BuiltinFunction::OutcomeErrors:
                return from_zero(of(e.args[0]));
            case BuiltinFunction::ListConcat:
                return sum_of(of(e.args[0]), of(e.args[1]));
            default:
                return unknown();
        }
    }

    Interval of_list_function(const ir::Expr& e) {
        switch (e.list_op) {
            case ir::ListOp::Map:
            case ir::ListOp::SortBy:
                return of(e.a);
            case ir::ListOp::FlatMap:
                return product_of(of(e.a), of(context_.module.lambdas[ir::LambdaId{e.index}].body));
            case ir::ListOp::Filter:
            case ir::ListOp::GroupBy:
                return from_zero(of(e.a));
            default:
                return unknown();
        }
    }

    const Context& context_;
    int left_ = 200;
};

}  // namespace

Interval length_of(const Context& context, ir::ExprId id) {
    return Lengths(context).of(id);
}

}  // namespace weft::check
