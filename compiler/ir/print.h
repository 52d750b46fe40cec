// Expressions of the IR as text, for print(Module) and for messages to people.
#pragma once

#include <string>

#include "compiler/ir/module.h"

namespace weft::ir {

std::string print_expr(const Module& module, ExprId expr);

}  // namespace weft::ir
