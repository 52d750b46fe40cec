// Hooks of a workflow: taken out of its block, checked once its steps are known.
#pragma once

#include <string_view>
#include <vector>

#include "compiler/check/statements.h"

namespace weft::check {

// "`before step`" …
std::string_view hook_label(NodeKind kind);
// The lines that are hooks; the others stay in `lines`.
std::vector<ast::Statement> take_hooks(Body& body, std::vector<ast::Statement>& lines);
// `around`: knows the workflow's parameters and tunes alone.
void check_hooks(Body& around, const std::vector<ast::Statement>& hooks, ir::Workflow& row);
// Whether a statement may stand inside a hook; reports if not.
bool may_stand_in_hook(const Body& body, ast::Statement node);
// Whether it may stand after `step` there; reports if not.
bool may_be_step_of_hook(const Body& body, ast::Step node);
// A step inside a hook leaves nothing to undo.
void check_hook_step(Body& body, const ir::Step& step);

}  // namespace weft::check
