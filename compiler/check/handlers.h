// `on`: what a step goes on with when it has failed.
#pragma once

#include "compiler/check/body.h"

namespace weft::check {

// Adds the handlers to the step, and makes `result` the type that the step's name has behind them.
void check_handlers(Body& body, ast::Step node, ir::Step& step, TypeId& result);

}  // namespace weft::check
