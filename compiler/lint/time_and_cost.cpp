// What a run takes at least and at most, against the time and the budget that it has.
#include <fmt/format.h>

#include <set>
#include <utility>

#include "compiler/ir/takers.h"
#include "compiler/ir/walk.h"
#include "compiler/lint/bounds.h"
#include "compiler/lint/lint.h"

namespace weft::lint {

namespace {

using check::Context;
using Kind = ir::Stmt::Kind;

// The step that takes longest at worst: where to look first.
const ir::Step* longest_step(const Context& context, ir::BlockId body) {
    const ir::Step* out = nullptr;
    std::int64_t longest_ms = 0;
    auto visit = [&](const ir::Stmt& stmt) {
        if (stmt.kind != Kind::Step) return;
        const ir::Step& step = context.module.steps[stmt.row];
        if (!step.worker.has_value()) return;
        auto time = usage_of_step(context, step, Assume::Worst).time_ms.number();
        if (!time || *time <= longest_ms) return;
        longest_ms = *time;
        out = &step;
    };
    ir::for_each_statement(context.module, body, visit);
    return out;
}

// Rows of the steps that stand in compensations: those are shielded from the run's deadline.
std::set<std::uint32_t> rows_of_undos(const Context& context, const ir::Workflow& workflow) {
    std::set<std::uint32_t> out;
    const auto add = [&](const ir::Stmt& stmt) {
        if (stmt.kind == Kind::Step) out.insert(stmt.row);
    };
    const auto visit = [&](const ir::Stmt& stmt) {
        ir::BlockId undo;
        if (stmt.kind == Kind::Step) undo = context.module.steps[stmt.row].undo.body;
        if (stmt.kind == Kind::Each) undo = context.module.eaches[stmt.row].undo.body;
        if (undo.has_value()) ir::for_each_statement(context.module, undo, add);
    };
    ir::for_each_statement(context.module, workflow.body, visit);
    return out;
}

// True when the step alone is longer than the workflow.
bool check_step_time(const Context& context, const ir::Workflow& workflow, const ir::Step& step,
                     bool is_undo) {
    const Policy& policy = step.policy;
    if (step.worker.has_value() && !is_undo && workflow.within_ms > 0 &&
        policy.timeout_ms > workflow.within_ms) {
        auto& d =
            context.report(DiagnosticCode::AttemptExceedsStep, step.span,
                           fmt::format("one attempt of `{}` may take {}, and `{}` as a whole {}",
                                       step.path, time_text(Quantity(policy.timeout_ms)),
                                       workflow.name, time_text(Quantity(workflow.within_ms))));
        d.secondary.push_back({workflow.within_span, "the time for the whole run"});
        return true;
    }
    if (policy.within_ms <= 0) return false;
    ir::Step unbounded = step;
    unbounded.policy.within_ms = 0;
    unbounded.handlers.clear();
    auto least = usage_of_step(context, unbounded, Assume::Least).time_ms.number();
    auto worst = usage_of_step(context, unbounded, Assume::Paced).time_ms.number();
    auto within = time_text(Quantity(policy.within_ms));
    if (least && *least > policy.within_ms) {
        context.report(DiagnosticCode::DeadlineCannotBeMet, step.span,
                       fmt::format("`{}` takes at least {}, and has {}", step.path,
                                   time_text(Quantity(*least)), within));
    } else if (worst && *worst > policy.within_ms && policy.retries > 0 &&
               !ir::takes(step.handlers, "Timeout")) {
        auto& d = context.report(DiagnosticCode::RetriesExceedDeadline, step.span,
                                 fmt::format("all attempts of `{}` take up to {}, and it has {}",
                                             step.path, time_text(Quantity(*worst)), within));
        d.help = "allow fewer or shorter attempts, or more time";
    }
    return false;
}

// True when the reviews of the gate are longer than the workflow.
bool check_reviews(const Context& context, const ir::Workflow& workflow, const ir::Gate& gate) {
    std::int64_t sum_ms = 0;
    for (const auto& rung : gate.rungs) {
        if (rung.kind != ir::Rung::Kind::Review) continue;
        std::int64_t alone_ms = time_of_review(context, rung.terms);
        // One that is too long alone was reported where it stands.
        if (alone_ms > workflow.within_ms) return true;
        sum_ms += alone_ms;
        if (sum_ms <= workflow.within_ms) continue;
        auto& d =
            context.report(DiagnosticCode::ReviewExceedsDeadline, rung.span,
                           fmt::format("the reviews of `{}` may take {}, and `{}` as a whole {}",
                                       gate.path, time_text(Quantity(sum_ms)), workflow.name,
                                       time_text(Quantity(workflow.within_ms))));
        d.secondary.push_back({workflow.within_span, "the time for the whole run"});
        return true;
    }
    return false;
}

void check_time(const Context& context, const ir::Workflow& workflow, bool is_explained) {
    if (workflow.within_ms <= 0) return;
    auto least = usage_of(context, workflow.body, Assume::Least).time_ms.number();
    auto worst = usage_of(context, workflow.body, Assume::Paced).time_ms.number();
    auto within = time_text(Quantity(workflow.within_ms));
    if (least && *least > workflow.within_ms) {
        context.report(DiagnosticCode::DeadlineCannotBeMet, workflow.within_span,
                       fmt::format("the shortest run of `{}` takes {}, and it has {}",
                                   workflow.name, time_text(Quantity(*least)), within));
        return;
    }
    if (is_explained || !worst || *worst <= workflow.within_ms) return;
    auto& d = context.report(DiagnosticCode::RetriesExceedDeadline, workflow.within_span,
                             fmt::format("the longest run of `{}` takes {}, and it has {}",
                                         workflow.name, time_text(Quantity(*worst)), within));
    if (const ir::Step* step = longest_step(context, workflow.body)) {
        auto time = usage_of_step(context, *step, Assume::Worst).time_ms;
        d.secondary.push_back(
            {step->span, fmt::format("up to {} with all its attempts", time_text(time))});
    }
    d.help = "`weft check --bounds` shows what it is made of";
}

// Whether the author takes an error wherever a step that costs money may raise it.
class Taken : public ir::PartVisitor {
  public:
    Taken(const Context& context, std::string_view error)
        : module_(context.module), error_(error) {}

    bool all(const ir::Workflow& workflow) {
        block(workflow.body);
        return all_;
    }
    // Somewhere: then a run goes on without what it could not pay for.
    bool any(const ir::Workflow& workflow) {
        block(workflow.body);
        return any_;
    }
    void stmt(ir::StmtId id) {
        const ir::Stmt& stmt = module_.stmts[id];
        const bool around = std::exchange(taken_, taken_ || ir::is_taken_by(module_, stmt, error_));
        any_ = any_ || taken_;
        if (stmt.kind == Kind::Step) {
            const ir::Step& step = module_.steps[stmt.row];
            const bool costs =
                step.worker.has_value() && module_.workers[step.worker].row.reserve_micros > 0;
            all_ = all_ && (taken_ || !costs);
        }
        ir::visit_parts(module_, stmt, *this);
        taken_ = around;
    }
    void block(ir::BlockId id, ir::BlockRole role = ir::BlockRole::Body) {
        if (!id.has_value() || role == ir::BlockRole::Undo) return;
        for (auto line : module_.blocks[id].stmts) stmt(line);
    }

  private:
    const ir::Module& module_;
    std::string_view error_;
    bool taken_ = false;
    bool all_ = true;
    bool any_ = false;
};

void check_cost(const Context& context, const ir::Workflow& workflow) {
    if (!workflow.has_budget) return;
    auto amount = [&](Assume assume) {
        auto usage = usage_of(context, workflow.body, assume);
        return usage.micros[workflow.budget_currency].number();
    };
    auto text = [&](std::int64_t micros) {
        return money_text({{workflow.budget_currency, Quantity(micros)}});
    };
    auto least = amount(Assume::Least);
    auto worst = amount(Assume::Worst);
    const bool is_over = least && *least > workflow.budget_micros;
    if (is_over && !Taken(context, "Budget").any(workflow)) {
        context.report(DiagnosticCode::CostMustExceedBudget, workflow.budget_span,
                       fmt::format("the cheapest run of `{}` costs {}, and its budget is {}",
                                   workflow.name, text(*least), text(workflow.budget_micros)));
    } else if (worst && *worst > workflow.budget_micros &&
               !Taken(context, "Budget").all(workflow)) {
        auto& d =
            context.report(DiagnosticCode::CostMayExceedBudget, workflow.budget_span,
                           fmt::format("the dearest run of `{}` costs {}, and its budget is {}",
                                       workflow.name, text(*worst), text(workflow.budget_micros)));
        d.help = "raise the budget, or bound lists, retries and rounds; past it the run fails";
    }
}

}  // namespace

void check_time_and_cost(const Context& context, const ir::Workflow& workflow) {
    bool is_explained = false;  // why the longest run is too long
    const auto undos = rows_of_undos(context, workflow);
    auto visit = [&](const ir::Stmt& stmt) {
        bool explains = false;
        if (stmt.kind == Kind::Step) {
            const bool is_undo = undos.contains(stmt.row);
            explains = check_step_time(context, workflow, context.module.steps[stmt.row], is_undo);
        } else if (stmt.kind == Kind::Gate && workflow.within_ms > 0) {
            explains = check_reviews(context, workflow, context.module.gates[stmt.row]);
        }
        is_explained = is_explained || explains;
    };
    ir::for_each_statement(context.module, workflow.body, visit);
    check_time(context, workflow, is_explained);
    check_cost(context, workflow);
}

}  // namespace weft::lint
