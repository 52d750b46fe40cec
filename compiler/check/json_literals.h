// List and map literals where a Json is wanted: `{"id": order.id, "tags": ["a", 1, none]}`. Their
// parts need not be of one type. Must not know what the Json is for.
#pragma once

#include "compiler/check/expressions.h"

namespace weft::check {

// Whether what is expected is a Json, or a Json that may be none.
bool wants_json(const Context& context, TypeId hint);

ir::ExprId json_list(Body& body, ast::ListLiteral list);
ir::ExprId json_map(Body& body, ast::MapLiteral map);

}  // namespace weft::check
