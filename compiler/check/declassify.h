// `let name = declassify(value, "reason")`: the one way by which Pii and Secret are taken off a
// value. It knows nothing of how labels flow.
#pragma once

#include "compiler/check/body.h"

namespace weft::check {

// The call, if the expression is one and nothing else.
ast::Call declassify_call(Body& body, ast::Expr expr);

// Gives the value with the type that it has without the labels. The reason becomes an event.
ir::ExprId check_declassify(Body& body, ast::Call call, TypeId& type);

}  // namespace weft::check
