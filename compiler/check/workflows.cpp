// Workflows: header clauses, parameters, tunes, and the body.
#include <fmt/format.h>

#include "compiler/check/constants.h"
#include "compiler/check/declare.h"
#include "compiler/check/flow.h"
#include "compiler/check/hooks.h"
#include "compiler/check/origins.h"
#include "compiler/check/statements.h"
#include "compiler/check/types.h"
#include "grammar/comments.h"

namespace weft::check {

namespace {

Span header_of(ast::Workflow node) {
    Span out = node.span();
    if (node.body()) out.end = node.body().span().begin;
    return out;
}

// Behind the brace it was reported as a clause that belongs to nothing.
bool is_within_in_block(ast::Workflow node) {
    if (!node.body()) return false;
    const auto& tree = node.body().tree();
    for (NodeId id : tree.children(node.body().id())) {
        if (tree[id].kind == NodeKind::Within || tree[id].kind == NodeKind::Until) return true;
    }
    return false;
}

void read_header(Body& body, ast::Workflow node, ir::Workflow& row, WorkflowFrame& frame) {
    Context& context = body.context;
    bool has_within = false;
    for (const auto& clause : in_order(node.clauses(), NodeKind::Workflow)) {
        if (auto within = clause.as<ast::Within>()) {
            has_within = true;
            row.within_span = within.span();
            row.within_ms = constant_duration(body, within.value(), "the time within").value_or(0);
        } else if (auto costing = clause.as<ast::Costing>()) {
            row.has_budget = true;
            row.budget_span = costing.span();
            if (auto money = constant_money(body, costing.value(), "the budget")) {
                row.budget_micros = money->micros;
                row.budget_currency = money->currency;
            }
        } else if (auto retain = clause.as<ast::Retain>()) {
            row.retain_ms =
                constant_duration(body, retain.value(), "the time to retain").value_or(1);
        } else if (clause.as<ast::StrictOrder>()) {
            row.strict_order = true;
        } else if (clause.as<ast::Key>() || clause.as<ast::Subject>() || clause.as<ast::Until>()) {
            has_within = has_within || clause.as<ast::Until>();
            continue;  // once the parameters are known
        } else if (auto timeout = clause.as<ast::Timeout>()) {
            frame.timeout_ms = constant_duration(body, timeout.value(), "the timeout").value_or(1);
        } else {
            auto& d = context.report(
                DiagnosticCode::MisplacedClause, clause.span(),
                fmt::format("`{}` has no meaning on a workflow", label(clause.kind())));
            if (clause.as<ast::Retry>()) {
                d.help = "steps are tried again, each as it says; so is a block: `step n { … }`";
            }
        }
    }
    Span header = header_of(node);
    if (!has_within && !context.has_syntax_error(header) && !is_within_in_block(node)) {
        auto& d =
            context.report(DiagnosticCode::MissingTimeout, node.name().span(),
                           fmt::format("nothing bounds the time of the workflow `{}`", row.name));
        d.help = "add `within 1h` to its header";
    }
    frame.within_ms = row.within_ms;
    frame.within_span = row.within_span;
}

ir::WorkflowParameter check_parameter(Body& body, const Parameter& p, DiagnosticCode unused) {
    ir::WorkflowParameter out;
    if (p.default_value && p.type.has_value()) {
        const Wanting wanting(body, {{}, {}, p.span});
        out.default_value = constant_default(body, p.default_value, p.type, p.name);
    }
    out.local = body.declare(p.name, p.type, p.span);
    body.context.watched.push_back({out.local, unused});
    return out;
}

// What runs and senders know it by.
const std::string& identity_of(const ir::Signal& signal) {
    return signal.was.empty() ? signal.name : signal.was;
}

void declare_signal(Body& body, ast::Signal node, WorkflowFrame& frame) {
    ir::Signal signal;
    signal.name = node.name().text();
    signal.span = node.name().span();
    if (auto was = node.was()) signal.was = was.old_name().text();
    signal.type = node.type() ? resolve_type(body.context, body.module, node.type())
                              : body.context.common.none;
    if (signal.name.empty()) return;
    for (const auto& other : frame.signals) {
        if (other.name == signal.name) {
            auto& d =
                body.context.report(DiagnosticCode::DuplicateName, signal.span,
                                    fmt::format("the signal `{}` is declared twice", other.name));
            d.secondary.push_back({other.span, "by this one, too"});
        } else if (identity_of(other) == identity_of(signal)) {
            auto& d = body.context.report(
                DiagnosticCode::StepIdReused, signal.span,
                fmt::format("`{}` is the identity of another signal already", identity_of(other)));
            d.secondary.push_back({other.span, "of this one"});
        }
    }
    frame.signals.push_back(std::move(signal));
    frame.awaited.push_back(false);
}

// Tunes and signals stand at the top, before every step.
std::vector<ast::Statement> take_tunes(Body& body, ast::Block block, ir::Workflow& row,
                                       WorkflowFrame& frame) {
    std::vector<ast::Statement> rest;
    for (const auto& line : block.statements()) {
        auto tune = line.as<ast::Tune>();
        if (auto signal = line.as<ast::Signal>()) {
            declare_signal(body, signal, frame);
            if (rest.empty()) continue;
            // Where it stands is what is wrong.
            if (!frame.awaited.empty()) frame.awaited.back() = true;
        }
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

// What a workflow gives is what it says: by `-> T`, a `return`, or an expression on its last line.
// A step that happens to stand last is none of these.
void drop_unsaid_value(Body& body, const std::vector<ast::Statement>& lines,
                       const ir::Workflow& row, const WorkflowFrame& frame) {
    const bool says = frame.result_declared || frame.result.has_value() ||
                      (!lines.empty() && lines.back().kind() == NodeKind::ExprStmt);
    ir::Block& block = body.context.module.blocks[row.body];
    if (says || block.leaves) return;
    block.value = {};
    block.type = body.context.common.none;
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
                const Wanting wanting(body, {"result", row.name});
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
void check_promises(Context& context, const Declaration& decl, const ir::Workflow& row) {
    bool has_cost = false;
    for (const ir::Step& step : context.module.steps) {
        if (!step.path.starts_with(row.name + ".")) continue;
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
    const Span header = header_of(decl.node.as<ast::Workflow>());
    if ((labels & kPii) != 0 && row.retain_ms == 0 && !context.has_syntax_error(header)) {
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

bool check_workflow_now(Context& context, DeclId id, Span use) {
    resolve(context, id);
    auto& decl = context.declarations[id];
    if (decl.body_state == Declaration::State::InProgress) {
        context.report(DiagnosticCode::RecursiveDefinition, use,
                       fmt::format("`{}` runs itself, maybe over others", decl.qualified));
        return false;
    }
    if (decl.body_state == Declaration::State::Done) return true;
    decl.body_state = Declaration::State::InProgress;
    check_workflow(context, id);
    context.declarations[id].body_state = Declaration::State::Done;
    return true;
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
    for (const auto& p : decl.signature.parameters) {
        row.parameters.push_back(check_parameter(body, p, DiagnosticCode::UnusedInput));
    }
    read_header(body, node, row, frame);
    check_start_clauses(body, node, row);
    if (!node.body()) return;
    auto lines = take_tunes(body, node.body(), row, frame);
    auto hooks = take_hooks(body, lines);
    row.body = check_lines(body, lines, {true, frame.result, {}});
    check_hooks(body, hooks, row);
    check_signals_awaited(context, frame);
    row.signals = std::move(frame.signals);
    drop_unsaid_value(body, lines, row, frame);
    check_result(body, node, row, frame);
    check_promises(context, decl, row);
    check_flow(context, row);
    check_decided(context, row);
    row.may_be_irreversible = may_be_irreversible(context, row);
    check_locks(context, row);
    context.module.workflows[decl.row] = std::move(row);
}

}  // namespace weft::check
