// `run other(args)`: a workflow in a run of its own. Its parameters are its clearance, its errors
// are the step's, and it counts like the steps that it runs.
#include <fmt/format.h>

#include "compiler/check/calls.h"
#include "compiler/check/constants.h"
#include "compiler/check/declare.h"
#include "compiler/check/names.h"
#include "compiler/check/statements.h"

namespace weft::check {

namespace {

using Kind = ir::Stmt::Kind;

// The workflow that the call names, its body checked, since its result may come from there.
DeclId find_workflow(Body& body, ast::Expr expr) {
    Context& context = body.context;
    auto call = expr.bare().as<ast::Call>();
    Dotted name = call ? ast::dotted_name(call.callee().bare()) : Dotted{};
    if (name.empty()) {
        if (expr) {
            context.report(DiagnosticCode::TypeMismatch, expr.span(),
                           "`run` takes a workflow and its arguments");
        }
        return {};
    }
    DeclId id = find_value(context, body.module, name);
    if (id.has_value() && context.declarations[id].kind != DeclKind::Workflow) {
        auto& d =
            context.report(DiagnosticCode::TypeMismatch, call.callee().span(),
                           fmt::format("`run` starts a workflow, and `{}` is none", joined(name)));
        if (context.declarations[id].kind == DeclKind::Worker) {
            d.help = fmt::format("call it in a step: `step {}(…)`", joined(name));
        }
        return {};
    }
    if (!id.has_value()) {
        report_unknown(context, DiagnosticCode::UnknownName, call.callee().span(), "workflow",
                       joined(name), legal_values(context, body.module, name));
        return {};
    }
    if (!check_workflow_now(context, id, call.callee().span())) return {};
    return id;
}

// A value may not lose a label on its way into another run.
void check_clearance(Body& body, const BoundCall& bound, const Declaration& decl) {
    Context& context = body.context;
    for (std::size_t i = 0; i < bound.args.size(); ++i) {
        LabelSet excess = bound.excess[i];
        if (excess == 0) continue;
        bool is_private = (excess & (kPii | kSecret)) != 0;
        auto& d =
            context.report(is_private ? DiagnosticCode::PiiToSink : DiagnosticCode::TypeMismatch,
                           span_of(context, bound.args[i]),
                           fmt::format("`{}` is not declared to take {} as `{}`", decl.qualified,
                                       label_text(excess), decl.signature.parameters[i].name));
        d.help = "declare the parameter with the label, or clear the value before";
    }
}

void check_run_control(Body& body, const ir::Step& step, Span span) {
    Context& context = body.context;
    const auto& workflow = context.module.workflows[step.workflow];
    if ((body.control & kUntrusted) == 0 || !workflow.may_be_irreversible) return;
    auto& d = context.report(
        DiagnosticCode::ModelOutputToEffect, span,
        fmt::format("untrusted output decides whether `{}` runs, which has an irreversible effect",
                    workflow.name));
    d.help = "let a gate that names the value stand before the decision";
}

// Fills everything but name and clauses.
bool bind_run(Body& body, ast::Run node, ir::Step& step) {
    Context& context = body.context;
    if (body.in_undo) {
        context.report(DiagnosticCode::MisplacedStatement, node.span(),
                       "`run` is refused inside a compensation");
        return false;
    }
    DeclId id = find_workflow(body, node.call());
    if (!id.has_value()) return false;
    Declaration decl = context.declarations[id];
    BoundCall bound = bind_call(body, node.call().bare().as<ast::Call>(), decl.qualified,
                                decl.signature, decl.module);
    step.workflow = decl.row;
    step.detached = node.is_detached();
    step.result_type =
        step.detached ? context.common.text : context.module.workflows[decl.row].result;
    if (!bound.ok) return false;
    check_clearance(body, bound, decl);
    step.argument_types = bound.parameter_types;
    step.args = std::move(bound.args);
    check_run_control(body, step, node.span());
    return true;
}

void refuse_run_clauses(Body& body, const std::vector<ast::Clause>& clauses, bool is_detached) {
    for (const auto& clause : clauses) {
        bool is_attempt = clause.kind() == NodeKind::Timeout || clause.kind() == NodeKind::Key ||
                          clause.kind() == NodeKind::Cache;
        bool is_end = clause.kind() == NodeKind::Within || clause.kind() == NodeKind::Until ||
                      clause.kind() == NodeKind::On;
        if (is_attempt) {
            auto& d = body.context.report(
                DiagnosticCode::MisplacedStatement, clause.span(),
                fmt::format("`{}` has no meaning for a run", label(clause.kind())));
            d.help = "it belongs to the steps and to the header of the workflow that is run";
        } else if (is_detached && is_end) {
            body.context.report(
                DiagnosticCode::MisplacedStatement, clause.span(),
                fmt::format("nobody waits for the end of a detached run, so `{}` has no meaning",
                            label(clause.kind())));
        }
    }
}

}  // namespace

void check_run_step(Body& body, ast::Step node, ast::Run run, const StepName& name,
                    StatementResult& result) {
    ir::Step step;
    step.path = new_path(body, name.text);
    step.span = run.span();
    step.name_span = name.span;
    bool ok = bind_run(body, run, step);
    refuse_run_clauses(body, node.clauses(), run.is_detached());
    read_policy(body, node.clauses(), step.policy);
    step.policy.timeout_ms = 0;
    check_until(body, node, step);
    check_when(body, node.child<ast::When>(), step);
    if (!ok) step.result_type = {};
    finish_step(body, node, name, std::move(step), result);
}

void check_run(Body& body, ast::Run run, std::string_view name, Span name_span,
               StatementResult& result) {
    Context& context = body.context;
    ir::Step step;
    step.path = new_path(body, name);
    step.span = run.span();
    step.name_span = name_span;
    bool ok = bind_run(body, run, step);
    TypeId type = ok ? step.result_type : TypeId{};
    step.result = context.add_local(fmt::format("{}…", name), type, name_span);
    context.use_local(step.result);
    ir::LocalId local = step.result;
    context.module.steps.push_back(std::move(step));
    add_stmt(body, Kind::Step, context.module.steps.size() - 1, run.span());
    result.value = add_local_ref(body, local, name_span);
}

}  // namespace weft::check
