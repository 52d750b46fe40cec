// What is known of a value before anything runs: the value itself where it is built from literals,
// else the range in which a number, or the length of a text or list, must lie.
#pragma once

#include <optional>

#include "compiler/check/body.h"

namespace weft::check {

struct Interval {
    std::optional<Decimal> min;  // absent: unbounded
    std::optional<Decimal> max;
};

std::optional<Value> known_value(const Context& context, ir::ExprId expr);
// Of a number; Durations in milliseconds.
Interval interval_of(const Context& context, ir::ExprId expr);
Interval interval_of_type(const Context& context, TypeId type, Constraint::Kind kind);
// Of a text or list (lengths.cpp).
Interval length_of(const Context& context, ir::ExprId expr);
// What lies in both; the least that holds both.
Interval meet(const Interval& a, const Interval& b);
Interval hull(const Interval& a, const Interval& b);
// The number in a value, where it is one.
std::optional<Decimal> number_in(const Value& value);

// A clause's expression that must be constant. Reports and gives nothing otherwise.
std::optional<std::int64_t> constant_duration(Body& body, ast::Expr expr, std::string_view what);
std::optional<std::int64_t> constant_int(Body& body, ast::Expr expr, std::string_view what,
                                         std::int64_t min, std::int64_t max);
struct ConstantMoney {
    std::int64_t micros = 0;
    std::string currency;
};
std::optional<ConstantMoney> constant_money(Body& body, ast::Expr expr, std::string_view what);

}  // namespace weft::check
