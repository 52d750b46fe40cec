// Expressions: every one is pure. `hint` is the type that the place around would like; it decides
// what a literal, `none`, `[]` or the name of a case means, but is not checked here.
#pragma once

#include <string_view>

#include "compiler/check/body.h"
#include "compiler/check/relations.h"

namespace weft::check {

ir::ExprId check_expr(Body& body, ast::Expr expr, TypeId hint = {});
// Must fit `wanted`; `what` names the place, as in "the timeout", for the message.
ir::ExprId expect_expr(Body& body, ast::Expr expr, TypeId wanted, std::string_view what);
// The same for what was checked already. With `excess`, labels that `wanted` lacks are collected
// there instead of being a mistake.
ir::ExprId coerce(Body& body, ir::ExprId expr, TypeId wanted, std::string_view what,
                  LabelSet* excess = nullptr);
// Must be a Bool, labelled or not.
ir::ExprId expect_condition(Body& body, ast::Expr expr, std::string_view what);
// May not carry a label: for places from which values leave the run.
void refuse_labels(Body& body, ir::ExprId expr, std::string_view what);
// The same of a key, which outlives the run and is made again by each attempt.
void refuse_in_key(Body& body, ir::ExprId expr, std::string_view what);

// Parts of check_expr, each in a file of its own.
ir::ExprId check_call(Body& body, ast::Call call, TypeId hint);          // calls.cpp
ir::ExprId check_case_or_type(Body& body, ast::Expr name, TypeId hint);  // construct.cpp
ir::ExprId check_text(Body& body, ast::Text text);                       // text.cpp
ir::ExprId check_unary(Body& body, ast::Unary unary, TypeId hint);       // operators.cpp
ir::ExprId check_binary(Body& body, ast::Binary binary, TypeId hint);    // operators.cpp
ir::ExprId check_match_expr(Body& body, ast::Match match, TypeId hint);  // choices.cpp
ir::ExprId check_if_expr(Body& body, ast::Expr expr, TypeId hint);       // choices.cpp

// A comparison whose sides were checked already (a gate's worker calls); literals take the other
// side's type.
ir::ExprId check_comparison(Body& body, ast::Binary binary, ir::ExprId& left, ir::ExprId& right);

// An Int literal as a Decimal where a Decimal is wanted.
ir::ExprId adapt_literal(Body& body, ir::ExprId expr, TypeId wanted);
ir::ExprId add_field(Body& body, ir::ExprId record, std::uint32_t number, TypeId type, Span span);

}  // namespace weft::check
