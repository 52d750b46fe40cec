// Outcome<T>: what a branch came to that may fail, `Done(value)` or `Failed(error)`. An enum like
// any other, but for its name: no source declares it.
#pragma once

#include "compiler/check/context.h"

namespace weft::check {

TypeId make_outcome(Context& context, TypeId value);
// The T of an Outcome<T>; none of anything else.
TypeId outcome_value(const TypeTable& types, TypeId type);
// The same outcome of another value.
TypeId outcome_of(TypeTable& types, TypeId outcome, TypeId value);

}  // namespace weft::check
