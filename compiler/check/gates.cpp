// Gates: requirements with scores, and the ladder of what is done on a miss.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/constants.h"
#include "compiler/check/effects.h"
#include "compiler/check/flow.h"
#include "compiler/check/gates.h"
#include "compiler/check/names.h"
#include "compiler/check/statements.h"
#include "compiler/check/truth.h"
#include "compiler/ir/walk.h"

namespace weft::check {

namespace {

// One side of a requirement: a pure expression, or the call of a read worker, which becomes a step.
ir::ExprId check_side(Body& body, ast::Expr expr, TypeId hint, ir::Requirement& requirement) {
    Context& context = body.context;
    DeclId worker = find_worker(body, expr);
    if (!worker.has_value()) return check_expr(body, expr, hint);
    const auto& decl = context.declarations[worker];
    std::string_view last = decl.name;
    if (auto dot = last.rfind('.'); dot != std::string_view::npos) last.remove_prefix(dot + 1);
    std::string name(last);
    ir::Step step;
    step.path = new_path(body, name);
    step.span = expr.span();
    step.name_span = step.span;
    bool ok = bind_effect(body, expr.bare().as<ast::Call>(), worker, step);
    if (context.module.workers[step.worker].row.effect != EffectClass::Read) {
        context.report(DiagnosticCode::EffectInExpression, expr.span(),
                       fmt::format("a requirement asks a `read` worker, and `{}` changes the world",
                                   decl.qualified));
    }
    if (!ok) return add_mistake(context, expr.span());
    check_policy(body, step);
    ir::LocalId local = context.add_local(name, step.result_type, expr.span());
    context.use_local(local);
    step.result = local;
    context.module.steps.push_back(std::move(step));
    requirement.steps.push_back(
        add_stmt(body, ir::Stmt::Kind::Step, context.module.steps.size() - 1, expr.span()));
    body.block->stmts.pop_back();  // it belongs to the requirement
    return add_local_ref(body, local, expr.span());
}

bool is_comparison(Operator op) {
    return op == Operator::Less || op == Operator::LessEqual || op == Operator::Greater ||
           op == Operator::GreaterEqual || op == Operator::Equal || op == Operator::NotEqual;
}

Operator mirrored(Operator op) {
    switch (op) {
        case Operator::Less:
            return Operator::Greater;
        case Operator::LessEqual:
            return Operator::GreaterEqual;
        case Operator::Greater:
            return Operator::Less;
        case Operator::GreaterEqual:
            return Operator::LessEqual;
        default:
            return op;
    }
}

// An image has no more, and its verifier would refuse it.
constexpr std::size_t kRequirementsMax = 255;

ir::ExprId as_score(Body& body, ir::ExprId id) {
    Context& context = body.context;
    if (kind_of(context, type_of(context, id)) != TypeKind::Int) return id;
    ir::Expr e;
    e.kind = ir::ExprKind::ToDecimal;
    e.a = id;
    e.span = span_of(context, id);
    e.type = with_labels(context.types(), context.common.decimal,
                         outer_labels(context.types(), type_of(context, id)));
    return add_expr(context, std::move(e));
}

ir::Requirement check_requirement(Body& body, ast::Require node) {
    Context& context = body.context;
    ir::Requirement out;
    ast::Expr expr = node.value().bare();
    if (!expr) return out;
    out.text = node.value().text();
    auto binary = expr.as<ast::Binary>();
    if (!binary || !is_comparison(binary.op())) {
        ir::ExprId id = check_side(body, expr, context.common.boolean, out);
        TypeId type = type_of(context, id);
        if (type.has_value() && kind_of(context, type) != TypeKind::Bool) {
            auto& d = context.report(
                DiagnosticCode::NotABool, expr.span(),
                fmt::format("a requirement must be a Bool, but this is a {}", context.text(type)));
            if (is_number(kind_of(context, type))) d.help = "compare it: `… >= 0.80`";
        }
        if (auto truth = truth_of(context, id)) {
            context.report(
                *truth ? DiagnosticCode::GateCannotFail : DiagnosticCode::GateCannotPass,
                expr.span(),
                fmt::format("`{}` {}", out.text, *truth ? "always holds" : "can never hold"));
        }
        out.condition = id;
        return out;
    }
    ir::ExprId left = check_side(body, binary.left(), {}, out);
    ir::ExprId right = check_side(body, binary.right(), type_of(context, left), out);
    out.condition = check_comparison(body, binary, left, right);
    if (!type_of(context, out.condition).has_value()) return out;
    TypeKind kind = kind_of(context, type_of(context, left));
    if (kind != TypeKind::Int && kind != TypeKind::Decimal) return out;
    bool is_swapped = context.module.exprs[left].kind == ir::ExprKind::Literal;
    Operator op = is_swapped ? mirrored(binary.op()) : binary.op();
    out.op = spelling(op);
    out.score = as_score(body, is_swapped ? right : left);
    out.threshold = as_score(body, is_swapped ? left : right);
    check_threshold(context, out, op, expr.span());
    return out;
}

}  // namespace

void locals_in(const Context& context, ir::ExprId id, std::vector<ir::LocalId>& out) {
    if (!id.has_value()) return;
    const ir::Expr& e = context.module.exprs[id];
    if (e.kind == ir::ExprKind::Local) out.push_back(e.local);
    ir::for_each_operand(context.module, e,
                         [&](ir::ExprId part) { locals_in(context, part, out); });
}

std::vector<ir::LocalId> cleared_by(const Context& context, const ir::Gate& gate) {
    std::vector<ir::LocalId> named;
    for (const auto& rung : gate.rungs) {
        // What was let through unjudged is as untrusted as before.
        if (rung.kind == ir::Rung::Kind::Accept) return named;
    }
    for (const auto& requirement : gate.requirements) {
        locals_in(context, requirement.condition, named);
        for (auto stmt : requirement.steps) {
            const auto& step = context.module.steps[context.module.stmts[stmt].row];
            for (auto arg : step.args) locals_in(context, arg, named);
        }
    }
    for (const auto& rung : gate.rungs) {
        named.insert(named.end(), rung.values.begin(), rung.values.end());
    }
    return named;
}

void check_threshold(Context& context, const ir::Requirement& requirement, Operator op, Span span) {
    Interval score = interval_of(context, requirement.score);
    Interval threshold = interval_of(context, requirement.threshold);
    auto truth = compare_ranges(op, score, threshold);
    if (!truth) return;
    auto& d = context.report(
        *truth ? DiagnosticCode::GateCannotFail : DiagnosticCode::GateCannotPass, span,
        fmt::format("`{}` {}", requirement.text, *truth ? "always holds" : "can never hold"));
    d.notes.push_back(fmt::format("the score lies in {}", range_text(score)));
}

void check_gate(Body& body, ast::Gate node, StatementResult& result) {
    Context& context = body.context;
    if (body.in_undo) {
        context.report(DiagnosticCode::MisplacedStatement, node.span(),
                       "`gate` is refused inside a compensation");
    }
    ir::Gate gate;
    gate.name = node.name().text();
    gate.path = new_path(body, gate.name);
    gate.span = node.name() ? node.name().span() : node.span();
    std::string around = std::exchange(body.path, gate.path);
    for (const auto& require : node.requirements()) {
        gate.requirements.push_back(check_requirement(body, require));
    }
    if (gate.requirements.empty()) {
        context.report(DiagnosticCode::GateCannotFail, gate.span,
                       fmt::format("the gate `{}` requires nothing", gate.name));
    }
    if (gate.requirements.size() > kRequirementsMax) {
        auto& d =
            context.report(DiagnosticCode::ProgramTooLarge, gate.span,
                           fmt::format("the gate `{}` has {} requirements, and a gate holds {}",
                                       gate.name, gate.requirements.size(), kRequirementsMax));
        d.help = "divide it into gates that follow each other";
    }
    auto ladder = node.ladder();
    body.gate = gate.name;
    for (std::size_t i = 0; i < ladder.size(); ++i) {
        check_rung(body, ladder[i], gate, i + 1 == ladder.size());
    }
    body.gate.clear();
    body.path = std::move(around);
    if (ladder.empty() && !context.has_syntax_error(node.span())) {
        auto& d = context.report(
            DiagnosticCode::GateWithoutEnd, gate.span,
            fmt::format("the gate `{}` does not say what happens on a miss", gate.name));
        d.help =
            "end it with `otherwise fail \"…\"`, `otherwise return …` or `otherwise accept \"…\"`";
    }
    auto cleared = cleared_by(context, gate);
    body.cleared.insert(body.cleared.end(), cleared.begin(), cleared.end());
    gate.verdict = body.declare(gate.name, context.common.verdict, gate.span);
    ir::LocalId verdict = gate.verdict;
    context.module.gates.push_back(std::move(gate));
    add_stmt(body, ir::Stmt::Kind::Gate, context.module.gates.size() - 1, node.span());
    result.value = add_local_ref(body, verdict, node.span());
}

}  // namespace weft::check
