// Eval blocks: a workflow over a set of cases, what each run is worth, and what is required of all
// of them. The cases themselves are data, which nothing here reads.
#pragma once

#include <vector>

#include "compiler/check/context.h"
#include "compiler/ir/tests.h"

namespace weft::check {

// Of all modules; those of the main one are given back. Their expressions are added to the
// context's module, like those of tests.
std::vector<ir::Eval> check_evals(Context& context);

}  // namespace weft::check
