// Declarations: what their names mean (types, signatures, policies), found when first needed; and
// their bodies, checked once everything they may name can be resolved.
#pragma once

#include "compiler/check/body.h"

namespace weft::check {

// Makes the declaration's types or signature known. One that needs itself is reported once.
void resolve(Context& context, DeclId id);
// The inside of functions and prompts; workflows are check_workflow's (workflows.cpp).
void check_bodies(Context& context);

// Parts of resolve, each in a file of its own.
void resolve_worker(Context& context, DeclId id);    // workers.cpp
void resolve_workflow(Context& context, DeclId id);  // workflows.cpp
void check_prompt(Context& context, DeclId id);      // prompts.cpp
void check_workflow(Context& context, DeclId id);    // workflows.cpp

// `name: T = default` of anything with parameters.
std::vector<Parameter> resolve_parameters(
    Context& context, ModuleId module, const std::vector<ast::Param>& params,
    const std::vector<std::pair<std::string, TypeId>>* variables);
// The clauses in the order of the layout of their owner: what they add to the module, and so the
// program's hash, does not depend on how the author has ordered them.
std::vector<ast::Clause> in_order(std::vector<ast::Clause> clauses, NodeKind owner);
// timeout, within and retry of a step, a worker or a composite step, over what `policy` holds.
// Reports bounds that contradict each other.
void read_policy(Body& body, const std::vector<ast::Clause>& clauses, Policy& policy);
// Of a default: must be known before the run.
std::optional<Value> constant_default(Body& body, ast::Expr expr, TypeId type,
                                      std::string_view name);
// The name under which an error travels; reports an unknown one.
std::optional<std::string> error_name(Context& context, ModuleId module, ast::Path path);

// Checks the body of a workflow if that was not done yet. False, and reported at `use`, when it is
// being checked: it would run itself.
bool check_workflow_now(Context& context, DeclId id, Span use);
// What runs when (schedules.cpp).
void check_schedules(Context& context);
// What runs that come from other programs take over (migrates.cpp).
void check_migrates(Context& context);
// `key` and `subject` of a workflow, once its parameters are declared (keys.cpp).
void check_start_clauses(Body& body, ast::Workflow node, ir::Workflow& row);

}  // namespace weft::check
