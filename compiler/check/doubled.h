// Clauses, keys and values that stand twice where one would take the place of the other. It knows
// the tree alone, neither names nor types.
#pragma once

#include "compiler/check/context.h"

namespace weft::check {

void refuse_doubled(const Context& context, const Tree& tree);

}  // namespace weft::check
