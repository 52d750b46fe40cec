// What a condition is whenever it is asked, as far as ranges tell.
#pragma once

#include "compiler/check/constants.h"
#include "grammar/tree.h"

namespace weft::check {

// `a op b` for all values in the ranges; nothing when it depends on them.
std::optional<bool> compare_ranges(Operator op, const Interval& a, const Interval& b);
std::optional<bool> truth_of(const Context& context, ir::ExprId condition);
// Reports a condition that is always the same, unless one of its parts was reported as that.
void check_constant(const Context& context, ir::ExprId condition);
// Reports a value that nothing can be but none, where it is asked whether it is.
void check_always_none(const Context& context, ir::ExprId value);
// "0..1", with … for an open end.
std::string range_text(const Interval& range);

}  // namespace weft::check
