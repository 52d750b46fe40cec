// Whether what an expression gives may stand where another type is wanted, and the message if not.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "compiler/check/constants.h"
#include "compiler/check/expressions.h"
#include "compiler/check/origins.h"
#include "compiler/check/skipped.h"
#include "compiler/check/truth.h"

namespace weft::check {

namespace {

using ir::ExprKind;

// The conjuncts that only a run can decide are left out of what is known.
bool proves(const Context& context, ir::ExprId id, TypeId wanted) {
    for (const auto& c : constraints_of(context, wanted)) {
        Interval have;
        if (c.kind == Constraint::Kind::Range) {
            have = interval_of(context, id);
        } else if (c.kind == Constraint::Kind::Length) {
            have = length_of(context, id);
        } else {
            return false;
        }
        if (c.min) {
            if (!have.min) return false;
            int order = Decimal::compare(*have.min, *c.min);
            if (order < 0 || (order == 0 && c.min_open)) return false;
        }
        if (c.max) {
            if (!have.max) return false;
            int order = Decimal::compare(*have.max, *c.max);
            if (order > 0 || (order == 0 && c.max_open)) return false;
        }
    }
    return true;
}

bool is_refined(const Context& context, TypeId type) {
    return !constraints_of(context, type).empty();
}

// A literal of text is an Email, Url or refined text if it is a good one; so in a list of literals.
bool takes_literal(const Context& context, TypeId from, TypeId wanted) {
    if (fits(context, base_of(context, from), base_of(context, wanted))) return true;
    TypeKind kind = kind_of(context, wanted);
    if (kind == TypeKind::List && kind_of(context, from) == TypeKind::List) {
        return takes_literal(context, context.types()[base_of(context, from)].element,
                             context.types()[base_of(context, wanted)].element);
    }
    return kind_of(context, from) == TypeKind::Text &&
           (kind == TypeKind::Email || kind == TypeKind::Url);
}

// Gives the expression as `wanted`, or reports why its value does not fit, or does neither.
std::optional<ir::ExprId> coerce_known(Body& body, ir::ExprId id, TypeId wanted,
                                       std::string_view what) {
    Context& context = body.context;
    TypeId target = without_labels(context.types(), wanted);
    if (context.types()[target].kind == TypeKind::Optional) {
        target = without_labels(context.types(), context.types()[target].element);
    }
    auto value = known_value(context, id);
    if (!value || value->is_none() || !takes_literal(context, type_of(context, id), target)) {
        return std::nullopt;
    }
    std::vector<PredicateCall> calls;
    auto misfit = check_value(context.types(), target, *value, &calls);
    if (misfit) {
        context.report(DiagnosticCode::LiteralOutOfRange, span_of(context, id),
                       fmt::format("{} must be a {}: {}{}{}", what, context.text(target),
                                   misfit->path, misfit->path.empty() ? "" : " ", misfit->message));
        return add_mistake(context, span_of(context, id));
    }
    if (!calls.empty()) return std::nullopt;
    if (context.module.exprs[id].kind != ExprKind::Literal) return id;
    return add_literal(context, std::move(*value), target, span_of(context, id));
}

void report_labels(Body& body, ir::ExprId id, TypeId wanted, LabelSet extra,
                   std::string_view what) {
    Context& context = body.context;
    DiagnosticCode code = (extra & kSecret) != 0 ? DiagnosticCode::SecretInLog
                          : (extra & kPii) != 0  ? DiagnosticCode::PiiToSink
                                                 : DiagnosticCode::TypeMismatch;
    auto& d = context.report(code, span_of(context, id),
                             fmt::format("{} takes a {}, which may not be {}", what,
                                         context.text(wanted), label_text(extra)));
    d.label = context.text(type_of(context, id));
}

// " where length in 1..80": of a refinement that has no name to be called by, else nothing.
std::string unnamed_refinement(const Context& context, TypeId type) {
    const Type& bare = context.types()[without_labels(context.types(), type)];
    if (bare.kind != TypeKind::Refined || !bare.name.empty()) return {};
    std::vector<std::string> parts;
    for (const auto& c : bare.constraints) {
        if (c.kind == Constraint::Kind::Length) {
            parts.push_back("length in " + range_text({c.min, c.max}));
        } else if (c.kind == Constraint::Kind::Matches) {
            parts.push_back("matches(/" + c.pattern + "/)");
        } else if (c.kind == Constraint::Kind::Range && is_number(kind_of(context, type))) {
            parts.push_back("it in " + range_text({c.min, c.max}));
        } else {
            parts.emplace_back("…");
        }
    }
    return fmt::format(" where {}", fmt::join(parts, " and "));
}

// Where it is told: a constant stands where it is used, not where it is declared.
Span place_of(const Body& body, ir::ExprId id) {
    const Span span = span_of(body.context, id);
    const Span& place = body.place;
    if (!place.file.has_value()) return span;
    const bool is_inside =
        span.file == place.file && place.begin <= span.begin && span.end <= place.end;
    return is_inside ? span : place;
}

void report_mismatch(Body& body, ir::ExprId id, TypeId wanted, std::string_view what) {
    Context& context = body.context;
    TypeId from = type_of(context, id);
    TypeId bare = base_of(context, from);
    TypeId target = base_of(context, wanted);
    Span span = place_of(body, id);
    const Type& have = context.types()[bare];
    const Type& want = context.types()[target];
    if (have.kind == TypeKind::Optional && want.kind != TypeKind::Optional &&
        fits(context, base_of(context, have.element), target, all_labels(context.types(), from))) {
        // `null` was reported as what it is.
        if (from == context.common.none && context.has_syntax_error(span)) return;
        auto& d = report_none(
            context, id, span,
            fmt::format("{} takes a {}, but this may be none", what, context.text(wanted)));
        note_origins(body, d, {id});
        d.help = "give a value for none with `??`, or take it apart with `if let`";
        return;
    }
    if (want.kind == TypeKind::Duration &&
        (have.kind == TypeKind::Int || have.kind == TypeKind::Decimal)) {
        if (context.has_syntax_error(span)) return;  // `1 m`
        auto& d = context.report(DiagnosticCode::BareDuration, span,
                                 fmt::format("{} is a Duration, and a number has no unit", what));
        note_origins(body, d, {id});
        d.help = "write the unit: `30s`, `5m`, `2h`";
        return;
    }
    if (want.kind == TypeKind::Money && have.kind == TypeKind::Money) {
        auto& d = context.report(DiagnosticCode::MixedCurrency, span,
                                 fmt::format("{} takes {}, but this is {}", what,
                                             context.text(wanted), context.text(from)));
        note_origins(body, d, {id});
        if (have.currency.empty()) {
            d.help = fmt::format("narrow it with `{}.from(…)`", context.text(target));
        }
        return;
    }
    bool same_base = fits(context, bare, target);
    const auto refinement = unnamed_refinement(context, wanted);
    auto& d = context.report(DiagnosticCode::TypeMismatch, span,
                             fmt::format("{} takes a {}{}, but this is a {}", what,
                                         context.text(wanted), refinement, context.text(from)));
    note_origins(body, d, {id});
    if (same_base && !refinement.empty()) {
        d.help = fmt::format(
            "give the type a name, `type Name = {}{}`: then `Name.from(…)` gives the value if it "
            "fits, else none",
            context.text(without_labels(context.types(), wanted)), refinement);
    } else if (same_base && is_refined(context, wanted)) {
        d.help = fmt::format("`{}.from(…)` gives the value if it fits, else none",
                             context.text(without_labels(context.types(), wanted)));
    } else if (have.kind == TypeKind::Int && want.kind == TypeKind::Decimal) {
        d.help = "dividing an Int by 1 gives a Decimal";
    }
}

}  // namespace

ir::ExprId adapt_literal(Body& body, ir::ExprId id, TypeId wanted) {
    Context& context = body.context;
    const ir::Expr& e = context.module.exprs[id];
    if (!wanted.has_value() || !e.type.has_value()) return id;
    if (e.kind == ExprKind::Let) {
        // The names of a pattern around a literal.
        ir::ExprId inside = adapt_literal(body, e.b, wanted);
        if (inside == context.module.exprs[id].b) return id;
        ir::Expr adapted = context.module.exprs[id];
        adapted.b = inside;
        adapted.type = type_of(context, inside);
        return add_expr(context, std::move(adapted));
    }
    if (e.kind != ExprKind::Literal) return id;
    TypeId target = base_of(context, wanted);
    if (context.types()[target].kind == TypeKind::Optional) {
        target = base_of(context, context.types()[target].element);
    }
    if (context.types()[target].kind != TypeKind::Decimal || e.value.tag() != Tag::Int) return id;
    return add_literal(context, Value::decimal(Decimal::from_int(e.value.as_int())),
                       context.common.decimal, e.span);
}

ir::ExprId coerce(Body& body, ir::ExprId id, TypeId wanted, std::string_view what,
                  LabelSet* excess) {
    Context& context = body.context;
    TypeId from = type_of(context, id);
    if (!from.has_value() || !wanted.has_value() || is_bottom(context, wanted)) return id;
    id = adapt_literal(body, id, wanted);
    from = type_of(context, id);
    // What a test makes up is no secret.
    if (body.test == nullptr && (outer_labels(context.types(), wanted) & kSecret) != 0 &&
        known_value(context, id)) {
        auto& d = context.report(DiagnosticCode::SecretLiteral, span_of(context, id),
                                 fmt::format("{} is a Secret that stands in the source", what));
        d.help = "take it as a parameter of the workflow; `weft.toml` names where it is kept";
        return id;
    }
    LabelSet all = all_labels(context.types(), from);
    bool fits_unlabelled = fits(context, from, wanted, all);
    if (!fits_unlabelled) {
        if (auto known = coerce_known(body, id, wanted, what)) return *known;
        TypeId target = without_labels(context.types(), wanted);
        bool proved = is_refined(context, wanted) &&
                      fits(context, base_of(context, from), base_of(context, target), all) &&
                      proves(context, id, wanted);
        if (!proved) {
            report_mismatch(body, id, wanted, what);
            return add_mistake(context, span_of(context, id));
        }
        all = outer_labels(context.types(), from);
        if ((all & ~outer_labels(context.types(), wanted)) == 0) return id;
    } else if (fits(context, from, wanted)) {
        return id;
    }
    LabelSet extra = 0;
    for (LabelSet one : {kPii, kSecret, kUntrusted}) {
        LabelSet rest = static_cast<LabelSet>(all & ~one);
        if ((all & one) != 0 && (!fits_unlabelled || !fits(context, from, wanted, rest)))
            extra |= one;
    }
    extra &= static_cast<LabelSet>(~outer_labels(context.types(), wanted));
    if (excess != nullptr) {
        *excess |= extra;
        return id;
    }
    report_labels(body, id, wanted, extra, what);
    return add_mistake(context, span_of(context, id));
}

ir::ExprId expect_expr(Body& body, ast::Expr expr, TypeId wanted, std::string_view what) {
    const ir::ExprId id = check_expr(body, expr, wanted);
    const Span around = std::exchange(body.place, expr ? expr.span() : Span{});
    const ir::ExprId out = coerce(body, id, wanted, what);
    body.place = around;
    return out;
}

ir::ExprId expect_condition(Body& body, ast::Expr expr, std::string_view what) {
    Context& context = body.context;
    ir::ExprId id = check_expr(body, expr, context.common.boolean);
    TypeId type = type_of(context, id);
    if (!type.has_value() || kind_of(context, type) == TypeKind::Bool) return id;
    auto& d = context.report(
        DiagnosticCode::NotABool, span_of(context, id),
        fmt::format("{} must be a Bool, but this is a {}", what, context.text(type)));
    note_origins(body, d, {id});
    if (kind_of(context, type) == TypeKind::Optional) d.help = "compare it with none: `x != none`";
    return add_mistake(context, span_of(context, id));
}

void refuse_labels(Body& body, ir::ExprId id, std::string_view what) {
    Context& context = body.context;
    LabelSet labels = all_labels(context.types(), type_of(context, id));
    if (labels == 0) return;
    DiagnosticCode code = (labels & kSecret) != 0 ? DiagnosticCode::SecretInLog
                          : (labels & kPii) != 0  ? DiagnosticCode::PiiToSink
                                                  : DiagnosticCode::TypeMismatch;
    auto& d = context.report(
        code, span_of(context, id),
        fmt::format("{} takes no labelled value, but this is {}", what, label_text(labels)));
    if ((labels & kPii) != 0 && (labels & kSecret) == 0) {
        d.help = "leave it out, or say why it may be seen: `let shown = declassify(value, \"…\")`";
    }
}

}  // namespace weft::check
