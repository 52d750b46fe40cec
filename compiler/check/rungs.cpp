// The ladder of a gate: retry, review, and its ends.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/constants.h"
#include "compiler/check/expressions.h"
#include "compiler/check/flow.h"
#include "compiler/check/gates.h"
#include "compiler/check/names.h"
#include "compiler/check/origins.h"
#include "compiler/check/statements.h"
#include "grammar/literals.h"

namespace weft::check {

namespace {

using RungKind = ir::Rung::Kind;

constexpr std::int64_t kRoundsMax = 100;

void check_override(Body& body, ast::With with, ir::Rung& rung) {
    Context& context = body.context;
    const auto& tunes = body.workflow->tunes;
    for (auto tune : tunes) {
        if (context.module.locals[tune].name != with.name().text()) continue;
        TypeId type = context.module.locals[tune].type;
        const Wanting wanting(body, {{}, {}, context.module.locals[tune].span});
        rung.with.emplace_back(
            tune, expect_expr(body, with.value(), type, fmt::format("`{}`", with.name().text())));
        context.use_local(tune);
        return;
    }
    std::vector<std::string> legal;
    for (auto tune : tunes) legal.push_back(context.module.locals[tune].name);
    report_unknown(context, DiagnosticCode::UnknownName, with.name().span(), "tune",
                   with.name().text(), legal);
}

// Only what can be undone, or did nothing, may stand in what is run again.
void check_rerun(Body& body, const ir::Rung& rung, Span span) {
    Context& context = body.context;
    const auto& stmts = body.block->stmts;
    auto first = std::find(stmts.begin(), stmts.end(), rung.from);
    for (auto it = first; it != stmts.end(); ++it) {
        auto step = find_lasting_effect(context, *it);
        if (!step) continue;
        const ir::Step& row = context.module.steps[*step];
        auto& d =
            context.report(DiagnosticCode::UncompensatedInRetry, span,
                           fmt::format("`{}` would be run again, and nothing undoes it", row.path));
        d.secondary.push_back({row.span, "this stays done"});
        return;
    }
}

void check_retry(Body& body, ast::RetryFrom node, ir::Rung& rung) {
    Context& context = body.context;
    rung.kind = RungKind::Retry;
    std::vector<std::string> legal;
    for (const auto& [name, stmt] : body.block->steps) {
        legal.push_back(name);
        if (name == node.step().text()) rung.from = stmt;
    }
    if (!rung.from.has_value()) {
        if (node.step()) {
            auto& d = report_unknown(context, DiagnosticCode::UnknownName, node.step().span(),
                                     "earlier step of this block", node.step().text(), legal);
            if (body.find(node.step().text()) != nullptr) {
                d.notes.emplace_back("a gate goes back to a step of its own block only");
            }
        }
    } else {
        check_rerun(body, rung, node.step().span());
    }
    for (const auto& with : node.overrides()) check_override(body, with, rung);
    if (node.up_to()) {
        rung.times = static_cast<std::uint32_t>(
            constant_int(body, node.up_to(), "the number of rounds", 1, kRoundsMax).value_or(1));
    }
}

void check_review_rung(Body& body, ast::Review node, ir::Rung& rung, const ir::Gate& gate) {
    Context& context = body.context;
    rung.kind = RungKind::Review;
    for (const auto& value : node.values()) {
        auto ref = value.bare().as<ast::NameRef>();
        const LocalName* local = ref ? body.find(ref.text()) : nullptr;
        if (local == nullptr) {
            ir::ExprId id = check_expr(body, value);
            if (type_of(context, id).has_value()) {
                context.report(DiagnosticCode::TypeMismatch, value.span(),
                               "a gate's review shows values by their names, so that they can be "
                               "revised");
            }
            continue;
        }
        context.use_local(local->local);
        if ((all_labels(context.types(), body.type_of(local->local)) & kSecret) != 0) {
            context.report(DiagnosticCode::SecretInLog, value.span(),
                           fmt::format("a review may not show the Secret `{}`", ref.text()));
        }
        rung.values.push_back(local->local);
    }
    rung.terms =
        check_review_terms(body, node, fmt::format("a review of the gate `{}`", gate.name));
    if (node.asking()) {
        rung.terms.form = {};
        context.report(DiagnosticCode::MisplacedClause, node.asking().span(),
                       "a gate's review gives no form: what it shows is revised instead");
    }
}

}  // namespace

void check_rung(Body& body, ast::Otherwise node, ir::Gate& gate, bool is_last) {
    Context& context = body.context;
    ast::View inside = node.rung();
    if (!inside) return;
    ir::Rung rung;
    rung.span = inside.span();
    rung.text = inside.text();
    bool ends = true;
    if (auto retry = inside.as<ast::RetryFrom>()) {
        check_retry(body, retry, rung);
        ends = false;
    } else if (auto review = inside.as<ast::Review>()) {
        check_review_rung(body, review, rung, gate);
        ends = false;
    } else if (auto fail = inside.as<ast::Fail>()) {
        rung.kind = RungKind::Fail;
        rung.value = check_fail(body, fail.value(), fail.span());
    } else if (auto ret = inside.as<ast::Return>()) {
        rung.kind = RungKind::Return;
        rung.value = check_return(body, ret.value(), ret.span());
    } else if (auto accept = inside.as<ast::Accept>()) {
        rung.kind = RungKind::Accept;
        rung.value = add_literal(context, Value::text(plain_text(accept.reason()).value_or("")),
                                 context.common.text, accept.span());
    } else if (auto block = inside.as<ast::Block>()) {
        rung.kind = RungKind::Block;
        rung.body = check_block(body, block);
        if (!context.module.blocks[rung.body].leaves) {
            context.report(DiagnosticCode::GateWithoutEnd, block.span(),
                           "this rung must end in `fail` or `return`");
        }
    } else {
        return;
    }
    if (is_last && !ends) {
        auto& d = context.report(DiagnosticCode::GateWithoutEnd, inside.span(),
                                 fmt::format("the ladder of `{}` does not end here", gate.name));
        d.help = "add `otherwise fail \"…\"`, `otherwise return …` or `otherwise accept \"…\"`";
    } else if (!is_last && ends) {
        context.report(DiagnosticCode::UnreachableStep, inside.span(),
                       "the rungs after this one are never taken");
    }
    gate.rungs.push_back(std::move(rung));
}

}  // namespace weft::check
