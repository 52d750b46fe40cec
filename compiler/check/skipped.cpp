#include "compiler/check/skipped.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft::check {

namespace {

// The condition under which the step that gives this value runs.
ir::ExprId condition_of(const Context& context, ir::ExprId value) {
    const ir::Expr& e = context.module.exprs[value];
    if (e.kind != ir::ExprKind::Local) return {};
    const auto& steps = context.module.steps;
    auto found = std::find_if(steps.rbegin(), steps.rend(),
                              [&](const ir::Step& step) { return step.result == e.local; });
    return found == steps.rend() ? ir::ExprId{} : found->when;
}

}  // namespace

Diagnostic& report_none(const Context& context, ir::ExprId value, Span span, std::string message) {
    ir::ExprId when = condition_of(context, value);
    if (!when.has_value()) {
        return context.report(DiagnosticCode::PossibleNone, span, std::move(message));
    }
    const ir::Local& local = context.module.locals[context.module.exprs[value].local];
    auto& d =
        context.report(DiagnosticCode::MayNotHaveRun, span,
                       fmt::format("`{}` is read, but its step may not have run", local.name));
    d.secondary.push_back({span_of(context, when), "it is skipped unless this holds"});
    return d;
}

bool report_ended(const Body& body, Span span, std::string_view name) {
    auto found = std::find_if(body.ended.rbegin(), body.ended.rend(),
                              [&](const LocalName& entry) { return entry.name == name; });
    if (found == body.ended.rend()) return false;
    auto& d = body.context.report(
        DiagnosticCode::MayNotHaveRun, span,
        fmt::format("`{}` is read behind the block that it belongs to, and may not have run",
                    name));
    d.secondary.push_back({body.context.module.locals[found->local].span, "declared in here"});
    d.help = "let the block give the value: `step name = if …`";
    body.context.use_local(found->local);
    return true;
}

}  // namespace weft::check
