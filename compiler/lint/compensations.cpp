// Compensations that nothing can need, and those that may not come to their end.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/effects.h"
#include "compiler/ir/walk.h"
#include "compiler/lint/lint.h"

namespace weft::lint {

namespace {

using check::Context;
using ir::ExprKind;
using Kind = ir::Stmt::Kind;

// Whether an expression can't trap: it only takes values apart and puts them together.
bool is_plain(const ir::Module& module, ir::ExprId id) {
    if (!id.has_value()) return true;
    const ir::Expr& e = module.exprs[id];
    switch (e.kind) {
        case ExprKind::Literal:
        case ExprKind::Local:
        case ExprKind::ThisRun:
        case ExprKind::Field:
        case ExprKind::Record:
        case ExprKind::Case:
        case ExprKind::List:
        case ExprKind::Coalesce:
        case ExprKind::IsNone:
            break;
        default:
            return false;
    }
    bool plain = true;
    ir::for_each_operand(module, e,
                         [&](ir::ExprId part) { plain = plain && is_plain(module, part); });
    return plain;
}

// From the end of a workflow backwards, as long as nothing behind can fail.
class Ends {
  public:
    explicit Ends(const Context& context) : context_(context), module_(context.module) {}

    // Whether something in the block, or behind it, can fail.
    bool block(ir::BlockId id, bool fails_behind) {
        if (!id.has_value()) return fails_behind;
        const ir::Block& block = module_.blocks[id];
        bool fails = fails_behind || !is_plain(module_, block.value);
        for (auto it = block.stmts.rbegin(); it != block.stmts.rend() && !fails; ++it) {
            fails = statement(module_.stmts[*it]);
        }
        return fails;
    }

  private:
    // Of a statement behind which nothing fails.
    bool statement(const ir::Stmt& stmt) {
        switch (stmt.kind) {
            case Kind::Let:
            case Kind::Return:
            case Kind::Emit:
                return !is_plain(module_, stmt.expr);
            case Kind::If: {
                const ir::If& row = module_.ifs[stmt.row];
                bool then_fails = block(row.then_block, false);
                bool else_fails = block(row.else_block, false);
                return then_fails || else_fails || !is_plain(module_, row.condition);
            }
            case Kind::Step: {
                const ir::Step& step = module_.steps[stmt.row];
                // One that runs even in doubt runs when the step itself fails.
                if (step.undo.kind == ir::Undo::Kind::Run && !step.undo.even_in_doubt) report(step);
                return true;
            }
            default:
                return true;
        }
    }

    void report(const ir::Step& step) const {
        auto& d = context_.report(
            DiagnosticCode::DeadCompensation, step.undo.span,
            fmt::format("nothing behind `{}` can fail, so only a cancel or the deadline that comes "
                        "while it is under way undoes it",
                        step.path));
        d.secondary.push_back({step.span, "the last that can fail"});
        d.help = "leave it to `compensate none \"…\"`, or move the step before what can fail";
    }

    const Context& context_;
    const ir::Module& module_;
};

// What stands behind such a workflow stands in another one.
bool is_run_by_others(const Context& context, const ir::Workflow& workflow) {
    const auto& steps = context.module.steps;
    return std::any_of(steps.begin(), steps.end(), [&](const ir::Step& step) {
        return step.workflow != ir::kNoWorkflow && !step.detached &&
               &context.module.workflows[step.workflow] == &workflow;
    });
}

void check_undo(const Context& context, const ir::Undo& undo, std::string_view path) {
    if (undo.kind != ir::Undo::Kind::Run) return;
    auto visit = [&](const ir::Stmt& stmt) {
        if (stmt.kind != Kind::Step) return;
        const ir::Step& step = context.module.steps[stmt.row];
        bool tried_once = step.worker.has_value() && step.policy.retries == 0 &&
                          !step.policy.then_hold && step.handlers.empty();
        if (!tried_once) return;
        const ir::Worker& worker = context.module.workers[step.worker];
        if (check::is_told(context, DiagnosticCode::CompensationMayFail, worker.span)) return;
        auto& d = context.report(
            DiagnosticCode::CompensationMayFail, step.span,
            fmt::format("`{}` undoes `{}` and is tried only once", worker.row.name, path));
        d.secondary.push_back({worker.span, "declared without a `retry`"});
        d.help = "give the worker, or a step in a block of the compensation, a `retry`";
    };
    ir::for_each_statement(context.module, undo.body, visit);
}

}  // namespace

void check_compensations(const Context& context, const ir::Workflow& workflow) {
    if (!is_run_by_others(context, workflow)) Ends(context).block(workflow.body, false);
    auto visit = [&](const ir::Stmt& stmt) {
        if (stmt.kind == Kind::Step) {
            const ir::Step& step = context.module.steps[stmt.row];
            check_undo(context, step.undo, step.path);
        } else if (stmt.kind == Kind::Each) {
            const ir::Each& each = context.module.eaches[stmt.row];
            check_undo(context, each.undo, each.path);
        }
    };
    ir::for_each_statement(context.module, workflow.body, visit);
}

}  // namespace weft::lint
