#include "compiler/check/declassify.h"

#include <fmt/format.h>

#include "compiler/check/calls.h"
#include "compiler/check/constants.h"
#include "compiler/check/labels.h"
#include "compiler/check/names.h"
#include "compiler/check/secrets.h"
#include "compiler/check/statements.h"
#include "compiler/ir/walk.h"

namespace weft::check {

namespace {

constexpr LabelSet kRemoved = kPii | kSecret;

void report_no_reason(const Context& context, Span span) {
    auto& d = context.report(DiagnosticCode::DeclassifyWithoutReason, span,
                             "`declassify` takes a label off, and nothing says why");
    d.help = "add a reason, which stays in the log: `declassify(value, \"…\")`";
}

// What has no label of the two stays as it is.
void report_no_effect(Body& body, ast::Call call, ast::Expr value, TypeId from) {
    Context& context = body.context;
    auto& d = context.report(
        DiagnosticCode::RedactNoEffect, call.span(),
        fmt::format("`declassify` takes Pii or Secret off, and a {} has none", context.text(from)));
    if ((all_labels(context.types(), from) & kUntrusted) != 0) {
        d.help = "a gate or a review that names the value takes Untrusted off";
    }
    d.fix = Fix{fmt::format("write `{}`", value.text()),
                {{call.span(), std::string(value.text())}},
                Applicability::Safe};
}

// The event says that it happened and why, never what.
void log_reason(Body& body, ast::Expr expr, Span span) {
    Context& context = body.context;
    ir::ExprId reason = expect_expr(body, expr, context.common.text, "the reason");
    if (!type_of(context, reason).has_value()) return;
    auto known = known_value(context, reason);
    if (known && known->tag() == Tag::Text && known->as_text().empty()) {
        return report_no_reason(context, expr.span());
    }
    if (!known) {
        context.report(DiagnosticCode::NotConstant, expr.span(),
                       "the reason to declassify must be known before the run");
        return;
    }
    ir::StmtId id = add_stmt(body, ir::Stmt::Kind::Emit, 0, span);
    context.module.stmts[id].expr = reason;
    context.module.stmts[id].name = "declassified";
}

// Whether the value is filled in at one place of the code, with no other value named on the way.
bool is_straight(const Context& context, ir::ExprId id) {
    const ir::Expr& e = context.module.exprs[id];
    switch (e.kind) {
        case ir::ExprKind::And:
        case ir::ExprKind::Or:
        case ir::ExprKind::Coalesce:
        case ir::ExprKind::If:
        case ir::ExprKind::InRange:
        case ir::ExprKind::IsNone:
        case ir::ExprKind::Let:
            return false;
        default:
            break;
    }
    bool straight = true;
    ir::for_each_operand(context.module, e, [&](ir::ExprId part) {
        straight = straight && is_straight(context, part);
    });
    return straight;
}

// The verifier takes the labels off the one value that is named behind the event, so whatever is
// more than that is made before it.
ir::ExprId made_before(Body& body, ir::ExprId value, Span span) {
    Context& context = body.context;
    if (!type_of(context, value).has_value() || is_straight(context, value)) return value;
    ir::LocalId held = context.add_local("declassified", type_of(context, value), span);
    context.use_local(held);
    add_let(body, held, value, span);
    return add_local_ref(body, held, span);
}

}  // namespace

ast::Call declassify_call(Body& body, ast::Expr expr) {
    auto call = expr.bare().as<ast::Call>();
    if (!call || body.workflow == nullptr) return {};
    Dotted name = ast::dotted_name(call.callee().bare());
    bool is_it = name.size() == 1 && name[0] == "declassify" && body.find(name[0]) == nullptr;
    return is_it ? call : ast::Call();
}

ir::ExprId check_declassify(Body& body, ast::Call call, TypeId& type) {
    Context& context = body.context;
    auto matched = match_arguments(body, call.arguments(), call.span(), "declassify",
                                   {{"value", false}, {"reason", true}});
    if (!matched.ok) return add_mistake(context, call.span());
    ir::ExprId value = check_expr(body, matched.exprs[0]);
    TypeId from = type_of(context, value);
    bool removes = (all_labels(context.types(), from) & kRemoved) != 0;
    if (matched.exprs[1]) {
        value = made_before(body, value, call.span());
        log_reason(body, matched.exprs[1], call.span());
    } else if (removes) {
        report_no_reason(context, call.span());
    }
    if (!from.has_value()) return value;
    refuse_secret_parts(body, value, "`declassify`");
    type = cleared_of(context.types(), from, kRemoved);
    if (!removes) {
        report_no_effect(body, call, matched.exprs[0], from);
    } else if ((all_labels(context.types(), type) & kRemoved) != 0) {
        auto& d = context.report(
            DiagnosticCode::TypeMismatch, matched.exprs[0].span(),
            fmt::format("`declassify` takes one value, and this {} has labelled fields",
                        context.text(from)));
        d.help = "declassify the field that is needed";
    }
    return value;
}

}  // namespace weft::check
