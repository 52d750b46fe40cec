// What a reviewer may have changed after a gate had judged it: the gate's own reviews are judged
// anew, one that stands behind the gate is not.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "compiler/check/gates.h"
#include "compiler/check/relations.h"
#include "compiler/ir/walk.h"
#include "compiler/lint/lint.h"

namespace weft::lint {

namespace {

using check::Context;
using ir::ExprKind;
using Kind = ir::Stmt::Kind;

struct Limit {
    const ir::Gate* gate = nullptr;
    const ir::Requirement* requirement = nullptr;
};

struct Edited {
    const ir::Review* review = nullptr;
    Limit limit;
};

class Edits {
  public:
    explicit Edits(const Context& context) : context_(context), module_(context.module) {}

    void statement(const ir::Stmt& stmt) {
        if (stmt.kind == Kind::Let) made_from_[stmt.local] = stmt.expr;
        if (stmt.kind == Kind::Gate) gate(module_.gates[stmt.row]);
        if (stmt.kind == Kind::Review) review(module_.reviews[stmt.row]);
        if (stmt.kind == Kind::Step) step(module_.steps[stmt.row]);
    }

  private:
    // The values that an expression is made from, through names that `let` made.
    void collect(ir::ExprId expr, std::set<ir::LocalId>& out) const {
        std::vector<ir::LocalId> direct;
        check::locals_in(context_, expr, direct);
        for (auto local : direct) {
            if (!out.insert(local).second) continue;
            auto made = made_from_.find(local);
            if (made != made_from_.end()) collect(made->second, out);
        }
    }

    [[nodiscard]] bool is_number(ir::ExprId expr) const {
        if (!expr.has_value() || !check::type_of(context_, expr).has_value()) return false;
        return check::is_number(check::kind_of(context_, check::type_of(context_, expr))) ||
               check::kind_of(context_, check::type_of(context_, expr)) == TypeKind::Money;
    }

    // Limits of numbers: what a person writes in place of a text is the person's to judge.
    void gate(const ir::Gate& gate) {
        for (const auto& requirement : gate.requirements) {
            if (!requirement.condition.has_value()) continue;
            std::set<ir::LocalId> read;
            collect(requirement.condition, read);
            for (auto local : read) edited_.erase(local);
            if (!requirement.steps.empty()) continue;
            for (ir::ExprId side : sides(requirement.condition)) {
                std::set<ir::LocalId> limited;
                collect(side, limited);
                for (auto local : limited) limits_[local] = {&gate, &requirement};
            }
        }
    }

    // The numbers that a comparison limits: values themselves, not what is computed from them. Of
    // a text or a list that is counted nothing is limited but its length.
    [[nodiscard]] std::vector<ir::ExprId> sides(ir::ExprId condition) const {
        const ir::Expr& e = module_.exprs[condition];
        const bool compares = e.kind == ExprKind::Less || e.kind == ExprKind::LessEqual ||
                              e.kind == ExprKind::Greater || e.kind == ExprKind::GreaterEqual ||
                              e.kind == ExprKind::InRange;
        std::vector<ir::ExprId> out;
        if (!compares) return out;
        for (ir::ExprId side : {e.a, e.b}) {
            if (!side.has_value() || !is_number(side)) continue;
            const auto kind = module_.exprs[side].kind;
            if (kind == ExprKind::Local || kind == ExprKind::Field) out.push_back(side);
        }
        return out;
    }

    void review(const ir::Review& review) {
        if (review.terms.form.has_value() || !review.result.has_value()) return;
        for (auto value : review.values) {
            std::set<ir::LocalId> shown;
            collect(value, shown);
            for (auto local : shown) {
                auto limit = limits_.find(local);
                if (limit != limits_.end()) edited_[review.result] = {&review, limit->second};
            }
        }
    }

    // What a name was bound to: `step agreed = review …` gives the review's result a name.
    [[nodiscard]] ir::LocalId source_of_name(ir::LocalId local) const {
        auto made = made_from_.find(local);
        if (made == made_from_.end()) return local;
        const ir::Expr& e = module_.exprs[made->second];
        return e.kind == ExprKind::Local ? source_of_name(e.local) : local;
    }

    // The review whose `value` an expression reads, and none of its other fields.
    [[nodiscard]] const Edited* edited_in(ir::ExprId id) const {
        const ir::Expr& e = module_.exprs[id];
        if (e.kind == ExprKind::Field && module_.exprs[e.a].kind == ExprKind::Local) {
            auto found = edited_.find(source_of_name(module_.exprs[e.a].local));
            if (found != edited_.end()) return e.index == 0 ? &found->second : nullptr;
        }
        if (e.kind == ExprKind::Local) {
            auto made = made_from_.find(e.local);
            if (made != made_from_.end()) return edited_in(made->second);
        }
        const Edited* out = nullptr;
        ir::for_each_operand(module_, e, [&](ir::ExprId part) {
            if (out == nullptr) out = edited_in(part);
        });
        return out;
    }

    void step(const ir::Step& step) const {
        if (!step.worker.has_value() || !module_.workers[step.worker].row.irreversible) return;
        for (auto arg : step.args) {
            if (!check::type_of(context_, arg).has_value()) continue;
            const bool record =
                check::kind_of(context_, check::type_of(context_, arg)) == TypeKind::Record;
            if (!is_number(arg) && !record) continue;
            const Edited* edited = edited_in(arg);
            if (edited == nullptr) continue;
            report(step, arg, *edited);
            return;
        }
    }

    void report(const ir::Step& step, ir::ExprId arg, const Edited& edited) const {
        auto& d = context_.report(
            DiagnosticCode::EditNotRevalidated, check::span_of(context_, arg),
            fmt::format("`{}` may have been changed in `{}` after the gate `{}` had judged it",
                        source_of(context_, arg), edited.review->path, edited.limit.gate->path));
        d.secondary.push_back(
            {check::span_of(context_, edited.limit.requirement->condition), "judged here"});
        d.secondary.push_back({edited.review->span, "who decides here may change it"});
        d.notes.push_back(
            fmt::format("`{}` is irreversible", module_.workers[step.worker].row.name));
        d.help =
            "make the review a rung of the gate, `otherwise review …`, so that a revision is "
            "judged "
            "again, or put a gate behind it";
    }

    const Context& context_;
    const ir::Module& module_;
    std::map<ir::LocalId, ir::ExprId> made_from_;
    std::map<ir::LocalId, Limit> limits_;   // by what was judged
    std::map<ir::LocalId, Edited> edited_;  // by the result of the review
};

}  // namespace

void check_edits(const Context& context, const ir::Workflow& workflow) {
    Edits edits(context);
    auto visit = [&](const ir::Stmt& stmt) { edits.statement(stmt); };
    ir::for_each_statement(context.module, workflow.body, visit);
}

}  // namespace weft::lint
