// Workflows: header clauses, parameters, tunes, and the body.
#include <fmt/format.h>

#include "compiler/check/constants.h"
#include "compiler/check/declare.h"
#include "compiler/check/flow.h"
#include "compiler/check/statements.h"
#include "compiler/check/types.h"
#include "grammar/comments.h"

namespace weft::check {

namespace {

void read_header(Body& body, ast::Workflow node, ir::Workflow& row, WorkflowFrame& frame) {
    Context& context = body.context;
    bool has_within = false;
    for (const auto& clause : node.clauses()) {
        if (auto within = clause.as<ast::Within>()) {
            has_within = true;
            row.within_ms = constant_duration(body, within.value(), "the time within").value_or(0);
        } else if (auto costing = clause.as<ast::Costing>()) {
            row.has_budget = true;
            if (auto money = constant_money(body, costing.value(), "the budget")) {
                row.budget_micros = money->micros;
                row.budget_currency = money->currency;
            }
        } else if (auto retain = clause.as<ast::Retain>()) {
            row.retain_ms =
                constant_duration(body, retain.value(), "the time to retain").value_or(0);
        } else if (auto timeout = clause.as<ast::Timeout>()) {
            frame.timeout_ms = constant_duration(body, timeout.value(), "the timeout").value_or(1);
        } else {
            context.report(
                DiagnosticCode::NotSupportedYet, clause.span(),
                fmt::format("`{}` is not supported yet on a workflow", label(clause.kind())));
        }
    }
    if (!has_within) {
        auto& d =
            context.report(DiagnosticCode::MissingTimeout, node.name().span(),
                           fmt::format("nothing bounds the time of the workflow `{}`", row.name));
        d.help = "add `within 1h` to its header";
    }
    frame.within_ms = row.within_ms;
}

ir::WorkflowParameter check_parameter(Body& body, const Parameter& p, DiagnosticCode unused) {
    ir::WorkflowParameter out;
    if (p.default_value && p.type.has_value()) {
        out.default_value = constant_default(body, p.default_value, p.type, p.name);
    }
    out.local = body.declare(p.name, p.type, p.span);
    body.context.watched.push_back({out.local, unused});
    return out;
}

// Tunes stand at the top, before every step.
std::vector<ast::Statement> take_tunes(Body& body, ast::Block block, ir::Workflow& row,
                                       WorkflowFrame& frame) {
    std::vector<ast::Statement> rest;
    for (const auto& line : block.statements()) {
        auto tune = line.as<ast::Tune>();
        if (!tune || !rest.empty()) {
            rest.push_back(line);
            continue;
        }
        TypeId type = resolve_type(body.context, body.module, tune.type());
        if (!tune.type()) type = type_of(body.context, check_expr(body, tune.default_value()));
        Parameter p{std::string(tune.name().text()), type, tune.default_value(),
                    tune.name().span()};
        row.tunes.push_back(check_parameter(body, p, DiagnosticCode::UnusedDeclaration));
        frame.tunes.push_back(row.tunes.back().local);
    }
    return rest;
}

void check_result(Body& body, ast::Workflow node, ir::Workflow& row, WorkflowFrame& frame) {
    Context& context = body.context;
    ir::Block& block = context.module.blocks[row.body];
    if (!block.leaves) {
        ir::ExprId value = block.value;
        TypeId type = value.has_value() ? type_of(context, value) : context.common.none;
        bool gives = value.has_value() && type != context.common.none;
        if (frame.result_declared && frame.result.has_value() &&
            frame.result != context.common.none) {
            if (!gives) {
                // After a syntax error its end may not have been understood.
                bool is_whole = !context.modules[body.module].parsed->has_errors;
                if (type.has_value() && is_whole) {
                    auto& d = context.report(DiagnosticCode::MissingReturn, node.name().span(),
                                             fmt::format("`{}` can end without its {}", row.name,
                                                         context.text(frame.result)));
                    d.help = "end it with `return`";
                }
            } else {
                ir::ExprId fitted =
                    coerce(body, value, frame.result, fmt::format("the result of `{}`", row.name));
                context.module.blocks[row.body].value = fitted;
            }
        } else if (!frame.result_declared) {
            TypeId both = frame.result.has_value() ? join(context, frame.result, type) : type;
            frame.result = both;
        }
    }
    row.result = frame.result.has_value() ? frame.result : context.common.none;
}

// What the header should say, given what the body does.
void check_promises(Context& context, const Declaration& decl, const ir::Workflow& row,
                    std::size_t first_step) {
    bool has_cost = false;
    for (std::size_t i = first_step; i < context.module.steps.size(); ++i) {
        const ir::Step& step = context.module.steps[i];
        has_cost = has_cost || (step.worker.has_value() &&
                                context.module.workers[step.worker].row.reserve_micros > 0);
    }
    if (has_cost && !row.has_budget) {
        auto& d = context.report(DiagnosticCode::NoBudget, decl.name_span,
                                 fmt::format("`{}` costs money and has no budget", decl.name));
        d.help = "add `costing at most 2.00 USD` to its header";
    }
    LabelSet labels = 0;
    for (const auto& p : decl.signature.parameters) labels |= all_labels(context.types(), p.type);
    if ((labels & kPii) != 0 && row.retain_ms == 0) {
        auto& d = context.report(
            DiagnosticCode::RetentionMissing, decl.name_span,
            fmt::format("`{}` takes Pii and does not say how long it is kept", decl.name));
        d.help = "add `retain 90d` to its header";
    }
}

}  // namespace

void resolve_workflow(Context& context, DeclId id) {
    Declaration decl = context.declarations[id];
    auto node = decl.node.as<ast::Workflow>();
    Signature signature;
    signature.parameters = resolve_parameters(context, decl.module, node.params(), nullptr);
    signature.result = resolve_type(context, decl.module, node.type());
    context.declarations[id].signature = std::move(signature);
    context.declarations[id].row = static_cast<std::uint32_t>(context.module.workflows.size());
    ir::Workflow row;
    row.name = decl.qualified;
    row.doc = doc_comment(node.tree(), node.id());
    row.span = decl.name_span;
    context.module.workflows.push_back(std::move(row));
}

void check_workflow(Context& context, DeclId id) {
    Declaration decl = context.declarations[id];
    auto node = decl.node.as<ast::Workflow>();
    ir::Workflow row = context.module.workflows[decl.row];
    WorkflowFrame frame;
    frame.name = decl.name;
    frame.result = decl.signature.result;
    frame.result_declared = bool(node.type());
    Body body{.context = context, .module = decl.module, .workflow = &frame, .path = row.name};
    std::size_t first_step = context.module.steps.size();
    read_header(body, node, row, frame);
    for (const auto& p : decl.signature.parameters) {
        row.parameters.push_back(check_parameter(body, p, DiagnosticCode::UnusedInput));
    }
    if (!node.body()) return;
    auto lines = take_tunes(body, node.body(), row, frame);
    row.body = check_lines(body, lines, {true, frame.result, {}});
    check_result(body, node, row, frame);
    check_promises(context, decl, row, first_step);
    check_flow(context, row);
    context.module.workflows[decl.row] = std::move(row);
}

}  // namespace weft::check
