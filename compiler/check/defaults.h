// What a parameter takes that is not given: an expression of the declaration, checked anew for each
// call that leaves it out, since its type may follow from the other arguments.
#pragma once

#include "compiler/check/body.h"

namespace weft::check {

// In the module of the declaration, not in that of the call. A mistake, reported, when it needs
// itself, or when defaults that take defaults grow beyond all bounds.
ir::ExprId check_default(Context& context, ModuleId home, const Parameter& parameter, TypeId hint);

// Those of one declaration, whether somebody leaves them out or not.
void check_defaults(Context& context, DeclId id);

}  // namespace weft::check
