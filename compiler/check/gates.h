// The parts of check_gate (statements.h).
#pragma once

#include <vector>

#include "compiler/check/body.h"

namespace weft::check {

// One `otherwise` of the ladder; `is_last` must end the gate (rungs.cpp).
void check_rung(Body& body, ast::Otherwise node, ir::Gate& gate, bool is_last);
// A threshold that the score's range can't fail or can't pass.
void check_threshold(Context& context, const ir::Requirement& requirement, Operator op, Span span);
// All locals that an expression reads.
void locals_in(const Context& context, ir::ExprId expr, std::vector<ir::LocalId>& out);

// The values that are no longer Untrusted behind the gate.
std::vector<ir::LocalId> cleared_by(const Context& context, const ir::Gate& gate);

}  // namespace weft::check
