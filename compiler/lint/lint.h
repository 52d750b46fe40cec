// Checks of a program that has no errors so far: they read the IR (and, for what is not in it, the
// trees) and report; they change nothing. One file a theme.
#pragma once

#include "compiler/check/context.h"

namespace weft::lint {

// All of them, over every workflow and every module that is not of the standard library.
void check_all(check::Context& context);

// An expression as it was written.
std::string source_of(const check::Context& context, ir::ExprId expr);

void check_time_and_cost(const check::Context& context, const ir::Workflow& workflow);
void check_fanout(const check::Context& context, const ir::Workflow& workflow);
void check_compensations(const check::Context& context, const ir::Workflow& workflow);
void check_attempts(const check::Context& context, const ir::Workflow& workflow);
void check_gates(const check::Context& context, const ir::Workflow& workflow);
void check_edits(const check::Context& context, const ir::Workflow& workflow);
void check_types(const check::Context& context);
void check_people(const check::Context& context, const ir::Workflow& workflow);
void check_progress(const check::Context& context, const ir::Workflow& workflow);
void check_unhandled(const check::Context& context);
void check_roles(const check::Context& context);
// What weft.toml says besides (settings.cpp).
void check_settings(check::Context& context);
void check_documented(const check::Context& context);
void check_comments(const check::Context& context);

}  // namespace weft::lint
