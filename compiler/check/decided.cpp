// What untrusted output decides without standing around an effect: a run that may end before it.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "compiler/check/body.h"
#include "compiler/check/flow.h"
#include "compiler/check/gates.h"
#include "compiler/ir/walk.h"

namespace weft::check {

namespace {

using Kind = ir::Stmt::Kind;

struct Decision {
    ir::ExprId condition;
    std::vector<ir::LocalId> locals;  // that the condition was made from
};

class Decisions : public ir::PartVisitor {
  public:
    explicit Decisions(const Context& context) : context_(context), module_(context.module) {}

    void stmt(ir::StmtId id) {
        const ir::Stmt& stmt = module_.stmts[id];
        if (stmt.kind == Kind::Let) made_from_[stmt.local] = stmt.expr;
        if (stmt.kind == Kind::Return || stmt.kind == Kind::Fail) ++ends_;
        if (stmt.kind == Kind::Step) step(module_.steps[stmt.row]);
        if (stmt.kind == Kind::If) return branches(module_.ifs[stmt.row]);
        ir::visit_parts(module_, stmt, *this);
        if (stmt.kind == Kind::Gate) clear(module_.gates[stmt.row]);
    }
    void block(ir::BlockId id, ir::BlockRole role = ir::BlockRole::Body) {
        if (role == ir::BlockRole::Undo) return;
        for (auto line : module_.blocks[id].stmts) stmt(line);
    }

  private:
    [[nodiscard]] bool is_untrusted(ir::ExprId condition) const {
        TypeId type = type_of(context_, condition);
        return type.has_value() && (outer_labels(context_.types(), type) & kUntrusted) != 0;
    }

    void branches(const ir::If& row) {
        std::size_t ends = ends_;
        block(row.then_block);
        if (row.else_block.has_value()) block(row.else_block);
        if (ends_ == ends || !is_untrusted(row.condition)) return;
        Decision decision{row.condition, {}};
        expand(row.condition, decision.locals);
        open_.push_back(std::move(decision));
    }

    // The locals in an expression, and those that they were made from.
    void expand(ir::ExprId expr, std::vector<ir::LocalId>& out) const {
        std::vector<ir::LocalId> direct;
        locals_in(context_, expr, direct);
        for (auto local : direct) {
            if (std::find(out.begin(), out.end(), local) != out.end()) continue;
            out.push_back(local);
            auto made = made_from_.find(local);
            if (made != made_from_.end()) expand(made->second, out);
        }
    }

    // A gate that judged the value stands between.
    void clear(const ir::Gate& gate) {
        auto named = cleared_by(context_, gate);
        std::erase_if(open_, [&](const Decision& decision) {
            return std::any_of(named.begin(), named.end(), [&](ir::LocalId local) {
                return std::find(decision.locals.begin(), decision.locals.end(), local) !=
                       decision.locals.end();
            });
        });
    }

    void step(const ir::Step& step) const {
        bool counts = step.worker.has_value() && !open_.empty() &&
                      module_.workers[step.worker].row.irreversible;
        if (!counts || is_reported(step.span)) return;
        auto& d = context_.report(
            DiagnosticCode::ModelOutputToEffect, step.span,
            fmt::format("untrusted output decides whether the irreversible effect `{}` happens",
                        module_.workers[step.worker].row.name));
        d.secondary.push_back(
            {span_of(context_, open_.front().condition), "the run may end before it here"});
        d.help = "let a gate that names the value stand before the decision";
    }

    // Of an effect that stands inside such a decision too.
    [[nodiscard]] bool is_reported(Span span) const {
        const auto& items = context_.diagnostics.items();
        return std::any_of(items.begin(), items.end(), [&](const Diagnostic& d) {
            return d.code == DiagnosticCode::ModelOutputToEffect && d.span == span;
        });
    }

    const Context& context_;
    const ir::Module& module_;
    std::map<ir::LocalId, ir::ExprId> made_from_;
    std::vector<Decision> open_;
    std::size_t ends_ = 0;
};

}  // namespace

void check_decided(const Context& context, const ir::Workflow& workflow) {
    if (workflow.body.has_value()) Decisions(context).block(workflow.body);
}

}  // namespace weft::check
