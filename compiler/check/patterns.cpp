// The patterns of a match, and what they leave open.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/choices.h"
#include "compiler/check/names.h"
#include "compiler/check/secrets.h"

namespace weft::check {

namespace {

using ir::ExprKind;

}  // namespace

PatternMatch::PatternMatch(Body& body, ir::ExprId subject, Span span)
    : body_(body), context_(body.context), subject_(subject), span_(span) {
    TypeId type = type_of(context_, subject);
    if (!type.has_value()) return;
    labels_ = outer_labels(context_.types(), type);
    inner_ = base_of(context_, type);
    if (context_.types()[inner_].kind == TypeKind::Optional) {
        is_optional_ = true;
        inner_ = context_.types()[inner_].element;
    }
}

ir::ExprId PatternMatch::boolean(ExprKind kind, Span span, ir::ExprId a, ir::ExprId b) {
    ir::Expr e;
    e.kind = kind;
    e.a = a;
    e.b = b;
    e.span = span;
    e.type = with_labels(context_.types(), context_.common.boolean, labels_);
    return add_expr(context_, std::move(e));
}

ir::ExprId PatternMatch::inner_subject(Span span) {
    if (!is_optional_) return subject_;
    ir::Expr e;
    e.kind = ExprKind::Unwrap;
    e.a = subject_;
    e.span = span;
    e.type = with_labels(context_.types(), inner_, labels_);
    return add_expr(context_, std::move(e));
}

void PatternMatch::cover(Span span, std::string what) {
    // A pattern that was reported is not what was meant.
    if (context_.has_syntax_error(span)) {
        has_mistake_ = true;
        return;
    }
    bool again = std::find(covered_.begin(), covered_.end(), what) != covered_.end();
    if (takes_all_ || again) {
        context_.report(DiagnosticCode::UnreachableCase, span,
                        "an arm before this one takes all that it could take");
    }
    if (what == "_") takes_all_ = true;
    covered_.push_back(std::move(what));
}

CheckedPattern PatternMatch::literal(ast::PatternLiteral pattern) {
    ast::Expr value = pattern.value().bare();
    if (!value) return {};
    cover(pattern.span(), std::string(value.text()));
    if (!inner_.has_value()) {
        return {add_mistake(context_, pattern.span()), {}};
    }
    if (value.kind() == NodeKind::None) {
        if (!is_optional_) {
            context_.report(DiagnosticCode::TypeMismatch, pattern.span(),
                            fmt::format("a {} is never none", context_.text(inner_)));
        }
        return {boolean(ExprKind::IsNone, pattern.span(), subject_), {}};
    }
    // Told once, though each arm looks.
    has_mistake_ = has_mistake_ || refuse_secret_parts(body_, subject_, "a match");
    TypeId base = base_of(context_, inner_);
    ir::ExprId inner = inner_subject(pattern.span());
    ir::ExprId fits_inner;
    auto range = value.as<ast::Binary>();
    if (range && range.op() == Operator::Range) {
        fits_inner = boolean(ExprKind::InRange, pattern.span(), inner);
        ir::ExprId low = expect_expr(body_, range.left(), base, "the lower end");
        ir::ExprId high = expect_expr(body_, range.right(), base, "the upper end");
        context_.module.exprs[fits_inner].args = {low, high};
    } else {
        ir::ExprId literal = expect_expr(body_, value, base, "the pattern");
        fits_inner = boolean(ExprKind::Equal, pattern.span(), inner, literal);
    }
    if (!is_optional_) return {fits_inner, {}};
    ir::ExprId is_none = boolean(ExprKind::IsNone, pattern.span(), subject_);
    return {boolean(ExprKind::And, pattern.span(), boolean(ExprKind::Not, pattern.span(), is_none),
                    fits_inner),
            {}};
}

CheckedPattern PatternMatch::enum_case(ast::PatternCase pattern) {
    Dotted path = dotted_of(pattern.path());
    CheckedPattern out;
    out.condition = add_mistake(context_, pattern.span());
    auto names = pattern.names();
    auto give_up = [&] {
        for (const auto& n : names) {
            if (n.text() != "_") body_.declare(std::string(n.text()), {}, n.span());
        }
        return out;
    };
    if (!inner_.has_value() || path.empty()) return give_up();
    Type type = context_.types()[base_of(context_, inner_)];
    if (type.kind != TypeKind::Enum) {
        // Told once, though each arm has the same mistake.
        if (!has_mistake_) {
            context_.report(DiagnosticCode::TypeMismatch, pattern.span(),
                            fmt::format("a {} has no cases", context_.text(inner_)));
        }
        has_mistake_ = true;
        return give_up();
    }
    std::uint32_t number = 0;
    std::vector<std::string> legal;
    for (const auto& c : type.cases) legal.push_back(c.name);
    while (number < type.cases.size() && type.cases[number].name != path.back()) ++number;
    if (number == type.cases.size()) {
        has_mistake_ = true;
        report_unknown(context_, DiagnosticCode::UnknownName, pattern.path().span(),
                       fmt::format("case of {}", context_.text(inner_)), path.back(), legal);
        return give_up();
    }
    find_cases(context_, body_.module, path);
    cover(pattern.span(), std::string(path.back()));
    const auto& fields = type.cases[number].fields;
    if (names.size() != fields.size() && !names.empty()) {
        context_.report(DiagnosticCode::ArgumentMismatch, pattern.span(),
                        fmt::format("the case `{}` has {} fields, not {}", path.back(),
                                    fields.size(), names.size()));
        return give_up();
    }
    ir::ExprId inner = inner_subject(pattern.span());
    out.condition = boolean(ExprKind::CaseIs, pattern.span(), inner);
    context_.module.exprs[out.condition].index = number;
    if (is_optional_) {
        ir::ExprId is_none = boolean(ExprKind::IsNone, pattern.span(), subject_);
        out.condition = boolean(ExprKind::And, pattern.span(),
                                boolean(ExprKind::Not, pattern.span(), is_none), out.condition);
    }
    for (std::uint32_t i = 0; i < names.size(); ++i) {
        if (names[i].text() == "_") continue;
        ir::Expr e;
        e.kind = ExprKind::CaseField;
        e.a = inner;
        e.index = i;
        e.extra = number;
        e.span = names[i].span();
        e.type = with_labels(context_.types(), fields[i].type, labels_);
        TypeId field = e.type;
        ir::ExprId value = add_expr(context_, std::move(e));
        out.names.push_back(
            {body_.declare(std::string(names[i].text()), field, names[i].span()), value});
    }
    return out;
}

CheckedPattern PatternMatch::name(ast::PatternName pattern) {
    bool none_is_gone = std::find(covered_.begin(), covered_.end(), "none") != covered_.end();
    cover(pattern.span(), "_");
    ir::ExprId value = is_optional_ && none_is_gone ? inner_subject(pattern.span()) : subject_;
    CheckedPattern out;
    out.names.push_back({body_.declare(std::string(pattern.name().text()), type_of(context_, value),
                                       pattern.span()),
                         value});
    return out;
}

CheckedPattern PatternMatch::pattern(ast::Pattern pattern) {
    if (auto p = pattern.as<ast::PatternLiteral>()) return literal(p);
    if (auto p = pattern.as<ast::PatternCase>()) return enum_case(p);
    if (auto p = pattern.as<ast::PatternName>()) return name(p);
    if (pattern) cover(pattern.span(), "_");
    return {};
}

CheckedPattern PatternMatch::arm(ast::Arm arm) {
    auto patterns = arm.patterns();
    if (patterns.empty()) return {add_mistake(context_, arm.span()), {}};
    CheckedPattern out = pattern(patterns[0]);
    for (std::size_t i = 1; i < patterns.size(); ++i) {
        CheckedPattern other = pattern(patterns[i]);
        if (!other.names.empty() || !out.names.empty()) {
            context_.report(DiagnosticCode::TypeMismatch, patterns[i].span(),
                            "alternatives joined by `|` can't make names");
        }
        if (!out.condition.has_value()) continue;
        out.condition = other.condition.has_value()
                            ? boolean(ExprKind::Or, arm.span(), out.condition, other.condition)
                            : ir::ExprId{};
    }
    return out;
}

void PatternMatch::finish() {
    if (takes_all_ || !inner_.has_value()) return;
    std::vector<std::string> wanted;
    if (is_optional_) wanted.emplace_back("none");
    const Type& type = context_.types()[base_of(context_, inner_)];
    if (type.kind == TypeKind::Enum) {
        for (const auto& c : type.cases) wanted.push_back(c.name);
    } else if (type.kind == TypeKind::Bool) {
        wanted.emplace_back("true");
        wanted.emplace_back("false");
    } else {
        wanted.emplace_back("_");
    }
    std::erase_if(wanted, [&](const std::string& w) {
        return std::find(covered_.begin(), covered_.end(), w) != covered_.end();
    });
    // A case that is misspelt was reported, and may be the one.
    if (wanted.empty() || has_mistake_) return;
    auto& d = context_.report(DiagnosticCode::UnhandledCase, span_,
                              fmt::format("no arm takes `{}`", fmt::join(wanted, "`, `")));
    d.help = fmt::format("add an arm: `{} => …`", wanted.front());
}

}  // namespace weft::check
