// Gates: what their requirements say together, what they look at, and whom they ask.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "compiler/check/gates.h"
#include "compiler/check/labels.h"
#include "compiler/check/relations.h"
#include "compiler/check/truth.h"
#include "compiler/ir/walk.h"
#include "compiler/lint/lint.h"

namespace weft::lint {

namespace {

using check::Context;
using check::Interval;
using ir::ExprKind;
using Kind = ir::Stmt::Kind;

// What a requirement leaves of its score. A worker may answer otherwise when it is asked again, so
// only pure scores can be compared.
std::optional<Interval> demanded(const Context& context, const ir::Requirement& requirement) {
    if (!requirement.score.has_value() || !requirement.steps.empty()) return std::nullopt;
    Interval threshold = check::interval_of(context, requirement.threshold);
    if (requirement.op == ">=" || requirement.op == ">") {
        return Interval{threshold.min, std::nullopt};
    }
    if (requirement.op == "<=" || requirement.op == "<") {
        return Interval{std::nullopt, threshold.max};
    }
    return std::nullopt;
}

void check_together(const Context& context, const ir::Gate& gate) {
    for (std::size_t i = 0; i < gate.requirements.size(); ++i) {
        const auto& one = gate.requirements[i];
        auto a = demanded(context, one);
        if (!a) continue;
        for (std::size_t k = i + 1; k < gate.requirements.size(); ++k) {
            const auto& other = gate.requirements[k];
            auto b = demanded(context, other);
            if (!b || source_of(context, one.score) != source_of(context, other.score)) continue;
            const auto& low = a->min ? a->min : b->min;
            const auto& high = a->max ? a->max : b->max;
            if (!low || !high || Decimal::compare(*low, *high) <= 0) continue;
            auto& d = context.report(
                DiagnosticCode::GateCannotPass, check::span_of(context, other.condition),
                fmt::format("`{}` and `{}` can't both hold", one.text, other.text));
            d.secondary.push_back({check::span_of(context, one.condition), "required here"});
        }
    }
}

// A comparison of words that a model chose.
void check_raw_text(const Context& context, const ir::Gate& gate) {
    for (const auto& requirement : gate.requirements) {
        if (!requirement.condition.has_value()) continue;
        const ir::Expr& e = context.module.exprs[requirement.condition];
        bool compares =
            e.kind == ExprKind::Equal || e.kind == ExprKind::NotEqual || e.kind == ExprKind::In;
        if (!compares) continue;
        for (ir::ExprId side : {e.a, e.b}) {
            if (!side.has_value()) continue;
            TypeId type = check::type_of(context, side);
            bool is_raw = type.has_value() && check::kind_of(context, type) == TypeKind::Text &&
                          (check::outer_labels(context.types(), type) & check::kUntrusted) != 0;
            if (!is_raw) continue;
            auto& d = context.report(
                DiagnosticCode::GateOnRawText, check::span_of(context, requirement.condition),
                fmt::format("`{}` decides by the words of a model", requirement.text));
            d.help = "ask for an enum or a score, and compare that";
            break;
        }
    }
}

void check_escalation(const Context& context, const ir::Gate& gate) {
    std::vector<std::pair<const ir::Rung*, std::string>> asked;
    for (const auto& rung : gate.rungs) {
        // What was made anew is another matter.
        if (rung.kind == ir::Rung::Kind::Retry) asked.clear();
        if (rung.kind != ir::Rung::Kind::Review) continue;
        std::vector<std::string> roles;
        for (const auto& line : rung.terms.lines) {
            roles.insert(roles.end(), line.roles.begin(), line.roles.end());
        }
        auto before = std::find_if(asked.begin(), asked.end(), [&](const auto& other) {
            return other.first->values == rung.values &&
                   std::find(roles.begin(), roles.end(), other.second) != roles.end();
        });
        if (before != asked.end()) {
            auto& d =
                context.report(DiagnosticCode::EscalationCycle, rung.span,
                               fmt::format("`{}` asks \"{}\" again, who refused it or let it lapse",
                                           gate.path, before->second));
            d.secondary.push_back({before->first->span, "asked here first"});
            d.help = "escalate to another role, or give the first review more time";
        }
        for (auto& role : roles) asked.emplace_back(&rung, std::move(role));
    }
}

// Where the values of a workflow come from.
struct Origins {
    Origins(const Context& c, const ir::Workflow& workflow) : context(c) {
        auto visit = [&](const ir::Stmt& stmt) {
            if (stmt.kind == Kind::Let) lets[stmt.local] = stmt.expr;
            if (stmt.kind != Kind::Step) return;
            const ir::Step& step = context.module.steps[stmt.row];
            if (step.worker.has_value()) steps[step.result] = &step;
        };
        ir::for_each_statement(context.module, workflow.body, visit);
    }

    // The steps that give an expression its value, through names that `let` made.
    void collect(ir::ExprId expr, std::vector<const ir::Step*>& out) const {
        std::vector<ir::LocalId> locals;
        check::locals_in(context, expr, locals);
        for (auto local : locals) {
            if (auto step = steps.find(local); step != steps.end()) out.push_back(step->second);
            if (auto let = lets.find(local); let != lets.end()) collect(let->second, out);
        }
    }

    const Context& context;
    std::map<ir::LocalId, ir::ExprId> lets;
    std::map<ir::LocalId, const ir::Step*> steps;
};

// A grade that the same worker gave which wrote what is graded.
void check_grader(const Context& context, const Origins& origins,
                  const ir::Requirement& requirement) {
    if (!requirement.condition.has_value()) return;
    std::vector<const ir::Step*> graders;
    origins.collect(requirement.condition, graders);
    for (const auto* grader : graders) {
        if (!context.module.workers[grader->worker].row.untrusted) continue;
        std::vector<const ir::Step*> writers;
        for (auto arg : grader->args) origins.collect(arg, writers);
        auto same = std::find_if(writers.begin(), writers.end(), [&](const ir::Step* writer) {
            return writer->worker == grader->worker;
        });
        if (same == writers.end()) continue;
        auto& d = context.report(
            DiagnosticCode::SelfGraded, check::span_of(context, requirement.condition),
            fmt::format("`{}` was written by the worker that wrote `{}`, which it grades",
                        grader->path, (*same)->path));
        d.secondary.push_back({grader->span, "the grade"});
        d.secondary.push_back({(*same)->span, "what is graded"});
        d.help = "let another model judge, or a person";
        return;
    }
}

}  // namespace

void check_gates(const Context& context, const ir::Workflow& workflow) {
    Origins origins(context, workflow);
    auto visit = [&](const ir::Stmt& stmt) {
        if (stmt.kind != Kind::Gate) return;
        const ir::Gate& gate = context.module.gates[stmt.row];
        for (const auto& requirement : gate.requirements) {
            check_grader(context, origins, requirement);
        }
        check_together(context, gate);
        check_raw_text(context, gate);
        check_escalation(context, gate);
    };
    ir::for_each_statement(context.module, workflow.body, visit);
}

}  // namespace weft::lint
