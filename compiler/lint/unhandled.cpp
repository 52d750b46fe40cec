// Errors that a step declares to come, past the point of no return, where only a person would take
// them: nothing is undone there, and no failure ends the run.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/ir/walk.h"
#include "compiler/lint/lint.h"
#include "compiler/lower/prove.h"

namespace weft::lint {

namespace {

using check::Context;
using Kind = ir::Stmt::Kind;

class Unhandled : public ir::PartVisitor {
  public:
    Unhandled(const Context& context, const lowering::Proofs& proofs)
        : context_(context), module_(context.module), proofs_(proofs) {}

    void stmt(ir::StmtId id) {
        const ir::Stmt& stmt = module_.stmts[id];
        const ir::Step* step = stmt.kind == Kind::Step ? &module_.steps[stmt.row] : nullptr;
        const auto around = taken_;
        if (step != nullptr) take(*step);
        if (step != nullptr && step->worker.has_value() && proofs_.steps[stmt.row].past_return) {
            check(*step);
        }
        ir::visit_parts(module_, stmt, *this);
        taken_ = around;
    }
    void block(ir::BlockId id, ir::BlockRole role = ir::BlockRole::Body) {
        if (role == ir::BlockRole::Undo) return;
        for (auto line : module_.blocks[id].stmts) stmt(line);
    }

  private:
    void take(const ir::Step& step) {
        for (const auto& handler : step.handlers) {
            if (handler.errors.empty()) taken_.insert("");
            taken_.insert(handler.errors.begin(), handler.errors.end());
        }
    }

    void check(const ir::Step& step) const {
        // The author says that it is to be held.
        if (taken_.contains("") || step.policy.then_hold) return;
        const WorkerRow& row = module_.workers[step.worker].row;
        for (const auto& error : row.fails) {
            if (taken_.contains(error)) continue;
            auto& d = context_.report(
                DiagnosticCode::ErrorUnhandled, step.span,
                fmt::format("`{}` may fail with `{}`, and past the point of no return that holds "
                            "the run",
                            row.name, error));
            d.help = fmt::format("add `on {} (e) {{ … }}`, or `then hold` if a person is to see it",
                                 error);
            return;
        }
    }

    const Context& context_;
    const ir::Module& module_;
    const lowering::Proofs& proofs_;
    std::set<std::string, std::less<>> taken_;  // "": any
};

}  // namespace

void check_unhandled(const Context& context) {
    const auto proofs = lowering::prove(context.module);
    for (const auto& workflow : context.module.workflows) {
        if (workflow.body.has_value()) Unhandled(context, proofs).block(workflow.body);
    }
}

}  // namespace weft::lint
