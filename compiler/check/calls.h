// Arguments to parameters, and the calls of what is pure. A worker's call is an effect and belongs
// to a step (steps.h).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "compiler/check/expressions.h"

namespace weft::check {

// What a parameter list looks like to the matching of arguments.
struct ParameterName {
    std::string name;
    bool may_be_missing = false;
};

// One expression a parameter, empty where the default stands. Reports arguments that have no place
// and parameters that got none; then `ok` is false.
struct MatchedArguments {
    std::vector<ast::Expr> exprs;
    bool ok = true;
};
MatchedArguments match_arguments(Body& body, const std::vector<ast::Argument>& arguments, Span call,
                                 std::string_view callee, const std::vector<ParameterName>& names);

// Arguments of a fn, prompt or worker as expressions, type parameters found. Labels that a
// parameter lacks are collected in `excess`, one set a parameter.
struct BoundCall {
    std::vector<ir::ExprId> args;
    std::vector<TypeId> parameter_types;
    std::vector<LabelSet> excess;
    TypeId result;
    bool ok = true;
};
BoundCall bind_call(Body& body, ast::Call call, std::string_view callee, const Signature& signature,
                    ModuleId home);

// The list functions, which take lambdas (list_functions.cpp). None when `name` is none of them.
std::optional<ir::ExprId> check_list_function(Body& body, ast::Call call, std::string_view name);
// The built-ins of bytecode/builtins.def (builtins.cpp).
std::optional<ir::ExprId> check_builtin(Body& body, ast::Call call, std::string_view name);
// Whether a built-in has the name.
bool is_function(std::string_view name);
// Records, cases and errors (construct.cpp).
ir::ExprId check_construct(Body& body, ast::Call call, const std::vector<std::string_view>& name,
                           TypeId hint);

}  // namespace weft::check
