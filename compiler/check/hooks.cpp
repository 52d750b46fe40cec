#include "compiler/check/hooks.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/relations.h"

namespace weft::check {

namespace {

bool is_hook(NodeKind kind) {
    return kind == NodeKind::BeforeStep || kind == NodeKind::AfterStep ||
           kind == NodeKind::OnRetry || kind == NodeKind::OnFailure || kind == NodeKind::Finally;
}

bool is_at_end(NodeKind kind) {
    return kind == NodeKind::OnFailure || kind == NodeKind::Finally;
}

TypeId record(Context& context, std::string name,
              const std::vector<std::pair<std::string, TypeId>>& fields) {
    Type t;
    t.kind = TypeKind::Record;
    t.name = std::move(name);
    for (const auto& [field, type] : fields) t.fields.push_back({field, field, type, {}});
    return context.types().add(std::move(t));
}

TypeId step_type(Context& context) {
    const auto& common = context.common;
    return record(context, "Step",
                  {{"name", common.text},
                   {"worker", common.text},
                   {"attempt", common.integer},
                   {"generation", common.integer}});
}

TypeId outcome_type(Context& context) {
    const auto& common = context.common;
    return record(context, "StepOutcome",
                  {{"ok", common.boolean}, {"error", common.text}, {"message", common.text}});
}

struct Names {
    ast::Name first;
    ast::Name second;
    ast::Block block;
};

Names names_of(ast::Statement node) {
    auto of = [](auto hook) { return Names{hook.first(), hook.second(), hook.block()}; };
    if (auto hook = node.as<ast::BeforeStep>()) return of(hook);
    if (auto hook = node.as<ast::AfterStep>()) return of(hook);
    if (auto hook = node.as<ast::OnRetry>()) return of(hook);
    if (auto hook = node.as<ast::OnFailure>()) return of(hook);
    return of(node.as<ast::Finally>());
}

ir::Hook& hook_of(ir::Workflow& row, NodeKind kind) {
    switch (kind) {
        case NodeKind::BeforeStep:
            return row.before_step;
        case NodeKind::AfterStep:
            return row.after_step;
        case NodeKind::OnRetry:
            return row.on_retry;
        case NodeKind::OnFailure:
            return row.on_failure;
        default:
            return row.finally;
    }
}

void declare_own(Body& body, ast::Statement node, const Names& names, ir::Hook& hook) {
    Context& context = body.context;
    auto add = [&](ast::Name name, TypeId type, std::string_view otherwise) {
        hook.own.push_back(name ? body.declare(std::string(name.text()), type, name.span())
                                : context.add_local(std::string(otherwise), type, node.span()));
    };
    switch (node.kind()) {
        case NodeKind::BeforeStep:
            return add(names.first, step_type(context), "step");
        case NodeKind::AfterStep:
            add(names.first, step_type(context), "step");
            return add(names.second, outcome_type(context), "outcome");
        case NodeKind::OnRetry:
            add(names.first, step_type(context), "step");
            return add(names.second, context.common.error, "error");
        case NodeKind::OnFailure:
            return add(names.first, context.common.error, "error");
        default:
            return;
    }
}

// The steps of the workflow's own block, each as T?: it may not have been reached.
void declare_steps(Body& body, ir::Hook& hook) {
    Context& context = body.context;
    for (const auto& [name, stmt_id] : body.workflow->last_steps) {
        const ir::Stmt& stmt = context.module.stmts[stmt_id];
        ir::LocalId step;
        if (stmt.kind == ir::Stmt::Kind::Step) step = context.module.steps[stmt.row].result;
        if (stmt.kind == ir::Stmt::Kind::Each) step = context.module.eaches[stmt.row].result;
        if (!step.has_value() || body.find(name) != nullptr) continue;
        TypeId type = context.module.locals[step].type;
        Span span = context.module.locals[step].span;
        if (!type.has_value()) continue;
        ir::LocalId here = context.add_local(name, make_optional(context, type), span);
        body.names.push_back({name, here});
        hook.steps.emplace_back(here, step);
    }
}

// Only what the hook reads is handed to it.
void keep_used(Context& context, ir::Hook& hook) {
    std::erase_if(hook.steps, [&](const auto& pair) {
        if (!context.used_locals[pair.first.index]) return true;
        context.use_local(pair.second);
        return false;
    });
}

}  // namespace

std::string_view hook_label(NodeKind kind) {
    switch (kind) {
        case NodeKind::BeforeStep:
            return "`before step`";
        case NodeKind::AfterStep:
            return "`after step`";
        case NodeKind::OnRetry:
            return "`on retry`";
        case NodeKind::OnFailure:
            return "`on failure`";
        default:
            return "`finally`";
    }
}

std::vector<ast::Statement> take_hooks(Body& body, std::vector<ast::Statement>& lines) {
    std::vector<ast::Statement> hooks;
    std::vector<ast::Statement> rest;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto& line = lines[i];
        if (!is_hook(line.kind())) {
            rest.push_back(line);
            continue;
        }
        // Only what the workflow gives may stand behind the hooks of its end.
        bool is_last = std::all_of(
            lines.begin() + static_cast<std::ptrdiff_t>(i), lines.end(), [](const auto& next) {
                return is_hook(next.kind()) || next.kind() == NodeKind::Return ||
                       next.kind() == NodeKind::ExprStmt;
            });
        if (is_at_end(line.kind()) ? !is_last : !rest.empty()) {
            body.context.report(
                DiagnosticCode::MisplacedStatement, line.span(),
                fmt::format("{} stands at the {} of a workflow", hook_label(line.kind()),
                            is_at_end(line.kind()) ? "end" : "top"));
        }
        hooks.push_back(line);
    }
    lines = std::move(rest);
    return hooks;
}

void check_hooks(Body& around, const std::vector<ast::Statement>& hooks, ir::Workflow& row) {
    Context& context = around.context;
    const auto steps = around.workflow->last_steps;
    for (const auto& node : hooks) {
        ir::Hook& hook = hook_of(row, node.kind());
        if (hook.body.has_value()) {
            context.report(DiagnosticCode::DuplicateName, node.span(),
                           fmt::format("{} stands here a second time", hook_label(node.kind())));
            continue;
        }
        Body body{.context = context,
                  .module = around.module,
                  .names = around.names,
                  .workflow = around.workflow};
        std::string name(hook_label(node.kind()));
        std::erase(name, '`');
        std::ranges::replace(name, ' ', '_');
        body.path = fmt::format("{}.{}", row.name, name);
        body.in_hook = true;
        const Names names = names_of(node);
        declare_own(body, node, names, hook);
        around.workflow->last_steps = steps;
        if (is_at_end(node.kind())) declare_steps(body, hook);
        hook.body = check_block(body, names.block);
        keep_used(context, hook);
    }
}

bool may_be_step_of_hook(const Body& body, ast::Step node) {
    ast::View inside = node.body();
    bool is_choice = inside.kind() == NodeKind::If || inside.kind() == NodeKind::IfLet ||
                     inside.kind() == NodeKind::Match;
    if (is_choice && !node.clauses().empty()) {
        auto& d = body.context.report(DiagnosticCode::MisplacedClause, node.clauses()[0].span(),
                                      "in a hook only a step that calls a worker has clauses");
        d.help = "write it at the steps inside";
        return true;
    }
    if (is_choice || inside.as<ast::Expr>()) return true;
    body.context.report(DiagnosticCode::MisplacedStatement, inside.span(),
                        "a step in a hook calls a worker");
    return false;
}

bool may_stand_in_hook(const Body& body, ast::Statement node) {
    switch (node.kind()) {
        case NodeKind::Let:
        case NodeKind::Step:
        case NodeKind::Emit:
        case NodeKind::If:
        case NodeKind::IfLet:
        case NodeKind::Match:
        case NodeKind::ExprStmt:
            return true;
        default:
            break;
    }
    auto& d = body.context.report(DiagnosticCode::MisplacedStatement, node.span(),
                                  "a hook changes nothing in the run, so this can't stand in it");
    d.help = "it may hold `let`, `if`, `match`, `emit`, and steps that read or `compensate none`";
    return false;
}

void check_hook_step(Body& body, const ir::Step& step) {
    Context& context = body.context;
    if (!step.worker.has_value()) return;
    const auto& row = context.module.workers[step.worker].row;
    if (row.irreversible || step.undo.kind == ir::Undo::Kind::Run) {
        auto& d =
            context.report(DiagnosticCode::MisplacedStatement, step.span,
                           fmt::format("`{}` in a hook is {}", row.name,
                                       row.irreversible ? "irreversible" : "never compensated"));
        d.help = "a hook's steps only read, or say `compensate none`";
    }
}

}  // namespace weft::check
