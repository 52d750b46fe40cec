// From written types to TypeIds.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/check/context.h"

namespace weft::check {

using TypeVariables = std::vector<std::pair<std::string, TypeId>>;

// None where the type is missing or unknown; that was reported.
TypeId resolve_type(Context& context, ModuleId module, ast::TypeExpr type,
                    const TypeVariables* variables = nullptr);
// `base where condition`, under `name` ("" for one without).
TypeId refine_type(Context& context, ModuleId module, TypeId base, ast::Expr condition,
                   std::string name, std::string doc);
// A built-in type without arguments; none when `name` is no such.
TypeId simple_type(const CommonTypes& common, std::string_view name);
// What an approved review gives: the value, by whom, why and when.
TypeId make_approval(Context& context, TypeId value);
// Fills Context::common.
void make_common_types(Context& context);

}  // namespace weft::check
