// After everything is checked: what nothing reads, what calls itself, and which messages the author
// has silenced.
#pragma once

#include "compiler/check/context.h"

namespace weft::check {

void check_usage(Context& context);
void check_recursion(const Context& context);
// `// weft:allow name, "reason"` on the line of a message, or alone on the line above
// (suppress.cpp).
void apply_suppressions(Context& context);

}  // namespace weft::check
