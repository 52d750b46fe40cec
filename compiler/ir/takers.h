// Who takes an error: the handlers of a step, and the statements that keep an error from those
// around them. It knows nothing of which errors come.
#pragma once

#include <string_view>
#include <vector>

#include "compiler/ir/module.h"

namespace weft::ir {

bool takes(const std::vector<Handler>& handlers, std::string_view error);
// Whether the error, raised inside of the statement, stays inside.
bool is_taken_by(const Module& module, const Stmt& stmt, std::string_view error);

}  // namespace weft::ir
