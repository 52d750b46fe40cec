// Reviews: who decides, until when, and what an approval is worth.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/constants.h"
#include "compiler/check/effects.h"
#include "compiler/check/labels.h"
#include "compiler/check/names.h"
#include "compiler/check/statements.h"
#include "compiler/check/types.h"

namespace weft::check {

namespace {

constexpr std::int64_t kApprovalsMax = 100;

std::optional<std::string> role_of(Body& body, ast::Expr expr) {
    // `by clerk`: a name that nothing has is a role without its quotes.
    auto bare = expr.bare().as<ast::NameRef>();
    if (bare && body.find(bare.text()) == nullptr &&
        !find_value(body.context, body.module, {bare.text()}).has_value()) {
        auto& d = body.context.report(DiagnosticCode::UnknownName, expr.span(),
                                      fmt::format("there is no value `{}`", bare.text()));
        d.help = "a role is a text, in quotes";
        d.fix = Fix{fmt::format("write `\"{}\"`", bare.text()),
                    {{expr.span(), fmt::format("\"{}\"", bare.text())}},
                    Applicability::MaybeWrong};
        return std::nullopt;
    }
    ir::ExprId role = expect_expr(body, expr, body.context.common.text, "a role");
    if (auto text = known_value(body.context, role); text && text->tag() == Tag::Text) {
        return text->as_text();
    }
    if (type_of(body.context, role).has_value()) {
        body.context.report(DiagnosticCode::NotConstant, expr.span(),
                            "a role must be known before the run");
    }
    return std::nullopt;
}

// The time that a review's step has, behind another clause.
ast::View time_of_step(const ast::View& review) {
    // Only its name stands between a step and its body.
    NodeId id = review.id();
    while (id.index > 0 && review.tree()[id].kind != NodeKind::Step) --id.index;
    const ast::View step(review.tree(), id);
    if (step.kind() != NodeKind::Step || step.child<ast::Review>() != review) return {};
    if (auto within = step.child<ast::Within>()) return within;
    return step.child<ast::Until>();
}

// One line of people: the first, or an `overdue by`.
void add_line(Body& body, const ast::View& node, ast::Expr by, std::string_view what,
              ir::ReviewTerms& terms) {
    Context& context = body.context;
    ir::ReviewLine line;
    line.span = by.span();
    if (auto role = role_of(body, by)) {
        for (const auto& earlier : terms.lines) {
            if (earlier.roles.front() != *role) continue;
            context.report(DiagnosticCode::EscalationCycle, by.span(),
                           fmt::format("\"{}\" did not decide before", *role));
            break;
        }
        line.roles.push_back(*role);
    } else {
        line.roles.emplace_back("?");
    }
    line.deadline = check_deadline(body, node, "the review's time");
    if (!line.deadline.has_value()) {
        if (!context.has_syntax_error(node.span())) {
            auto& d = context.report(DiagnosticCode::ReviewWithoutDeadline, node.span(),
                                     fmt::format("{} waits without end", what));
            d.help = "add `within 24h`";
            if (const auto late = time_of_step(node)) {
                d.secondary.push_back(
                    {late.span(), "of the step: it stands behind another clause"});
                d.help = "write it right behind the role";
            }
        }
        line.deadline =
            add_literal(context, Value::duration(1), context.common.duration, node.span());
    }
    terms.lines.push_back(std::move(line));
}

void check_overdue(Body& body, ast::Overdue node, bool is_last, std::string_view what,
                   ir::ReviewTerms& terms) {
    if (!node.verdict()) return add_line(body, node, node.by(), what, terms);
    terms.end = node.verdict().text() == "approve" ? ReviewEnd::Approve : ReviewEnd::Reject;
    if (is_last) return;
    body.context.report(DiagnosticCode::UnreachableStep, node.span(),
                        "the `overdue` lines after this one are never taken");
}

// All lines together may not take longer than the workflow.
void check_time(Body& body, const ir::ReviewTerms& terms, Span span) {
    std::int64_t sum = 0;
    for (const auto& line : terms.lines) {
        auto known = known_value(body.context, line.deadline);
        if (known && known->tag() == Tag::Duration) sum += known->as_int();
    }
    const auto& workflow = *body.workflow;
    if (workflow.within_ms == 0 || sum <= workflow.within_ms) return;
    if (is_told(body.context, DiagnosticCode::ReviewExceedsDeadline, workflow.within_span)) return;
    auto& d = body.context.report(
        DiagnosticCode::ReviewExceedsDeadline, span,
        fmt::format("the review may take longer than `{}` as a whole", workflow.name));
    d.secondary.push_back({workflow.within_span, "the time for the whole run"});
}

// The name of a shown value: what is revised by it.
std::string shown_name(ast::Expr value, const std::vector<std::string>& taken) {
    std::string_view text = value.bare().text();
    if (auto dot = text.rfind('.'); dot != std::string_view::npos) text.remove_prefix(dot + 1);
    bool is_name = !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
    std::string base(is_name ? text : "value");
    std::string out = base;
    for (int i = 2; std::ranges::find(taken, out) != taken.end(); ++i) {
        out = fmt::format("{}_{}", base, i);
    }
    return out;
}

// The type of Approval's `value`: of the one value shown, or a record of several.
TypeId reviewed_type(Body& body, const ir::Review& row) {
    Context& context = body.context;
    std::vector<FieldType> fields;
    for (std::size_t i = 0; i < row.values.size(); ++i) {
        TypeId type = type_of(context, row.values[i]);
        if (!type.has_value()) return {};
        // People have seen it: it is not untrusted any more.
        type = cleared_of(context.types(), type, kUntrusted);
        fields.push_back({row.names[i], row.names[i], type, {}});
    }
    if (fields.size() == 1) return fields.front().type;
    Type t;
    t.kind = TypeKind::Record;
    t.name = "Reviewed";
    t.fields = std::move(fields);
    return context.types().add(std::move(t));
}

}  // namespace

ir::ReviewTerms check_review_terms(Body& body, ast::Review node, std::string_view what) {
    Context& context = body.context;
    ir::ReviewTerms terms;
    terms.span = node.span();
    add_line(body, node, node.by(), what, terms);
    auto overdue = node.overdue();
    for (std::size_t i = 0; i < overdue.size(); ++i) {
        check_overdue(body, overdue[i], i + 1 == overdue.size(), what, terms);
    }
    check_time(body, terms, node.span());
    if (node.needing()) {
        terms.approvals_needed = static_cast<std::uint16_t>(
            constant_int(body, node.needing(), "the approvals", 1, kApprovalsMax).value_or(1));
    }
    if (auto except = node.except()) {
        for (const auto& person : except.people()) {
            terms.except.push_back(
                expect_expr(body, person, context.common.text, "a person who may not decide"));
        }
    }
    if (node.asking()) terms.form = resolve_type(context, body.module, node.asking());
    if (terms.form.has_value() && terms.end == ReviewEnd::Approve) {
        context.report(DiagnosticCode::MisplacedClause, node.asking().span(),
                       "nobody gives this when the review is approved because it is overdue");
        terms.end = ReviewEnd::Expire;
    }
    return terms;
}

StatementResult check_review(Body& body, ast::Review node, std::string_view name) {
    Context& context = body.context;
    if (body.in_undo) {
        context.report(DiagnosticCode::MisplacedStatement, node.span(),
                       "`review` is refused inside a compensation");
    }
    ir::Review row;
    row.span = node.span();
    row.path = own_path(body, name);
    for (const auto& value : node.values()) {
        ir::ExprId id = check_expr(body, value);
        TypeId type = type_of(context, id);
        if (type.has_value() && (all_labels(context.types(), type) & kSecret) != 0) {
            context.report(DiagnosticCode::SecretInLog, value.span(),
                           fmt::format("a review may not show the Secret `{}`", value.text()));
        }
        row.names.push_back(shown_name(value, row.names));
        row.values.push_back(id);
    }
    row.terms = check_review_terms(body, node, "this review");
    row.reviewed = row.terms.form.has_value() ? row.terms.form : reviewed_type(body, row);
    row.result =
        context.add_local(std::string(name), make_approval(context, row.reviewed), node.span());
    context.use_local(row.result);
    StatementResult result;
    result.value = add_local_ref(body, row.result, node.span());
    context.module.reviews.push_back(std::move(row));
    add_stmt(body, ir::Stmt::Kind::Review, context.module.reviews.size() - 1, node.span());
    return result;
}

}  // namespace weft::check
