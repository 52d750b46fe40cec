// The call of a worker: its arguments, what may flow into it, and how it is tried.
#pragma once

#include "compiler/check/body.h"

namespace weft::check {

// The worker that a call names; none when it names something else.
DeclId find_worker(Body& body, ast::Expr expr);
// Fills worker, args, types and the worker's default policy. False when the call has mistakes.
bool bind_effect(Body& body, ast::Call call, DeclId worker, ir::Step& step);
// Untrusted conditions around an irreversible effect choose whether it happens.
void check_control(Body& body, const ir::Step& step, LabelSet control);
// `key` and `cache` of a step: constant for an attempt, without labels (keys.cpp).
void check_keys(Body& body, ast::Step node, ir::Step& step);
// Timeout, keys and doubt, once the step's own clauses are read.
void check_policy(Body& body, ir::Step& step);

// Whether the message was given already with the worker that is declared there.
bool is_told(const Context& context, DiagnosticCode code, Span declared);

}  // namespace weft::check
