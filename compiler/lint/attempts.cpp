// How single steps are tried, and what is done with their errors.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/check/effects.h"
#include "compiler/ir/walk.h"
#include "compiler/lint/lint.h"

namespace weft::lint {

namespace {

using check::Context;
using Kind = ir::Stmt::Kind;

void check_doubt(const Context& context, const ir::Step& step) {
    const ir::Worker& worker = context.module.workers[step.worker];
    if (worker.row.effect != EffectClass::Once || worker.probe.has_value()) return;
    if (step.undo.even_in_doubt) return;  // then nobody is asked
    if (check::is_told(context, DiagnosticCode::DoubtNeedsPerson, worker.span)) return;
    auto& d = context.report(
        DiagnosticCode::DoubtNeedsPerson, step.span,
        fmt::format(
            "`{}` happens once and has no probe: after a crash or timeout a person must say "
            "whether it was done",
            worker.row.name));
    d.secondary.push_back({worker.span, "declared here"});
    d.help =
        "give the worker a `probe`, or declare it `idempotent for …` if its receiver drops "
        "duplicates";
}

void check_retried_errors(const Context& context, const ir::Step& step) {
    // Another attempt is refused for the same reason.
    constexpr std::array<std::string_view, 3> kPermanent = {"Rejected", "Budget", "Trap"};
    for (const auto& name : step.policy.retry_on) {
        if (std::find(kPermanent.begin(), kPermanent.end(), name) == kPermanent.end()) continue;
        context.report(DiagnosticCode::RetryPermanentError, step.span,
                       fmt::format("`{}` is retried on `{}`, which another attempt can't cure",
                                   step.path, name));
    }
}

void check_handlers(const Context& context, const ir::Step& step) {
    for (const auto& handler : step.handlers) {
        const ir::Block& block = context.module.blocks[handler.body];
        bool is_read = handler.error.has_value() && context.used_locals[handler.error.index];
        if (!handler.errors.empty() || is_read || !block.stmts.empty() || block.leaves) continue;
        Span span = block.value.has_value() ? context.module.exprs[block.value].span : step.span;
        auto& d = context.report(
            DiagnosticCode::SwallowedError, span,
            fmt::format("every error of `{}` becomes this value, and nothing says which it was",
                        step.path));
        d.help = "name the errors that it stands for, or `emit` what happened";
    }
}

}  // namespace

void check_attempts(const Context& context, const ir::Workflow& workflow) {
    auto visit = [&](const ir::Stmt& stmt) {
        if (stmt.kind != Kind::Step) return;
        const ir::Step& step = context.module.steps[stmt.row];
        if (step.worker.has_value()) {
            check_doubt(context, step);
            check_retried_errors(context, step);
        }
        check_handlers(context, step);
    };
    ir::for_each_statement(context.module, workflow.body, visit);
}

}  // namespace weft::lint
