#include "compiler/check/relations.h"

#include <algorithm>

#include "compiler/check/outcomes.h"

namespace weft::check {

namespace {

// Names no source can spell.
constexpr std::string_view kVariableMark = "'";
constexpr std::string_view kIndexedMark = "Indexed<";

const Type& at(const Context& context, TypeId id) {
    return context.module.types[id];
}

bool is_variable(const Context& context, TypeId id) {
    const Type& t = at(context, id);
    return t.kind == TypeKind::Record && t.name.starts_with(kVariableMark);
}

bool is_indexed(const Type& t) {
    return t.kind == TypeKind::Record && t.name.starts_with(kIndexedMark);
}

bool below(const std::optional<Decimal>& a, bool a_open, const std::optional<Decimal>& b,
           bool b_open) {
    if (!b) return true;
    if (!a) return false;
    int order = Decimal::compare(*a, *b);
    return order < 0 || (order == 0 && (a_open || !b_open));
}

bool above(const std::optional<Decimal>& a, bool a_open, const std::optional<Decimal>& b,
           bool b_open) {
    if (!b) return true;
    if (!a) return false;
    int order = Decimal::compare(*a, *b);
    return order > 0 || (order == 0 && (a_open || !b_open));
}

bool implies(const Constraint& have, const Constraint& want) {
    if (have.kind != want.kind) return false;
    if (want.kind == Constraint::Kind::Length || want.kind == Constraint::Kind::Range) {
        return below(have.max, have.max_open, want.max, want.max_open) &&
               above(have.min, have.min_open, want.min, want.min_open);
    }
    return have == want;
}

TypeId of_element(Context& context, TypeKind kind, TypeId element) {
    if (!element.has_value()) return element;
    Type t;
    t.kind = kind;
    t.element = element;
    return context.types().add(std::move(t));
}

}  // namespace

TypeId make_list(Context& context, TypeId element) {
    return of_element(context, TypeKind::List, element);
}
TypeId make_map(Context& context, TypeId element) {
    return of_element(context, TypeKind::Map, element);
}
TypeId make_optional(Context& context, TypeId element) {
    if (!element.has_value()) return element;
    LabelSet labels = outer_labels(context.types(), element);
    TypeId bare = without_labels(context.types(), element);
    if (at(context, bare).kind == TypeKind::Optional) return element;
    return with_labels(context.types(), of_element(context, TypeKind::Optional, bare), labels);
}

TypeId make_variable(Context& context, std::string_view name, char kind) {
    Type t;
    t.kind = TypeKind::Record;
    t.name = std::string(kVariableMark) + kind + std::string(name);
    return context.types().add(std::move(t));
}

TypeId make_indexed(Context& context, TypeId element) {
    Type t;
    t.kind = TypeKind::Record;
    t.name = std::string(kIndexedMark) + context.text(element) + ">";
    t.fields.push_back({"index", "index", context.common.integer, {}});
    t.fields.push_back({"value", "value", element, {}});
    return context.types().add(std::move(t));
}

TypeId make_money(Context& context, std::string_view currency) {
    Type t;
    t.kind = TypeKind::Money;
    t.currency = currency;
    return context.types().add(std::move(t));
}

TypeId base_of(const Context& context, TypeId type) {
    while (type.has_value()) {
        const Type& t = at(context, type);
        if (t.kind != TypeKind::Labelled && t.kind != TypeKind::Refined) break;
        type = t.element;
    }
    return type;
}

TypeKind kind_of(const Context& context, TypeId type) {
    WEFT_CHECK(type.has_value());
    return at(context, base_of(context, type)).kind;
}

std::vector<Constraint> constraints_of(const Context& context, TypeId type) {
    std::vector<Constraint> out;
    while (type.has_value()) {
        const Type& t = at(context, type);
        if (t.kind != TypeKind::Labelled && t.kind != TypeKind::Refined) break;
        out.insert(out.end(), t.constraints.begin(), t.constraints.end());
        type = t.element;
    }
    return out;
}

bool is_bottom(const Context& context, TypeId type) {
    return type == context.common.bottom;
}

bool is_ordered(TypeKind kind) {
    return is_number(kind) || kind == TypeKind::Text || kind == TypeKind::Email ||
           kind == TypeKind::Url || kind == TypeKind::Date || kind == TypeKind::Time;
}

bool is_number(TypeKind kind) {
    return kind == TypeKind::Int || kind == TypeKind::Decimal || kind == TypeKind::Money ||
           kind == TypeKind::Duration;
}

bool fits(const Context& context, TypeId from, TypeId to, LabelSet granted) {
    if (!from.has_value() || !to.has_value() || from == to || is_bottom(context, from)) return true;
    const TypeTable& types = context.module.types;
    granted |= outer_labels(types, to);
    if ((outer_labels(types, from) & ~granted) != 0) return false;
    from = without_labels(types, from);
    to = without_labels(types, to);
    if (from == to || is_bottom(context, from)) return true;
    const Type& f = types[from];
    const Type& t = types[to];
    if (t.kind == TypeKind::Optional) {
        return f.kind == TypeKind::Optional ? fits(context, f.element, t.element, granted)
                                            : fits(context, from, t.element, granted);
    }
    if (t.kind == TypeKind::Refined) {
        auto have = constraints_of(context, from);
        for (const auto& want : constraints_of(context, to)) {
            if (std::none_of(have.begin(), have.end(),
                             [&](const Constraint& c) { return implies(c, want); })) {
                return false;
            }
        }
        return fits(context, base_of(context, from), base_of(context, to), granted);
    }
    if (f.kind == TypeKind::Refined) return fits(context, f.element, to, granted);
    if (f.kind != t.kind) {
        return t.kind == TypeKind::Text && (f.kind == TypeKind::Email || f.kind == TypeKind::Url);
    }
    switch (f.kind) {
        case TypeKind::List:
        case TypeKind::Map:
            return fits(context, f.element, t.element, granted);
        case TypeKind::Prompt:
            return fits(context, f.element, t.element, granted);
        case TypeKind::Money:
            return t.currency.empty();
        default:
            return false;  // records and enums are what their names say
    }
}

TypeId join(Context& context, TypeId a, TypeId b) {
    if (!a.has_value() || !b.has_value()) return {};
    TypeTable& types = context.types();
    LabelSet labels = outer_labels(types, a) | outer_labels(types, b);
    a = without_labels(types, a);
    b = without_labels(types, b);
    if (fits(context, a, b)) return with_labels(types, b, labels);
    if (fits(context, b, a)) return with_labels(types, a, labels);
    Type ta = types[a];
    Type tb = types[b];
    if (ta.kind == TypeKind::Optional || tb.kind == TypeKind::Optional) {
        TypeId inner = join(context, ta.kind == TypeKind::Optional ? ta.element : a,
                            tb.kind == TypeKind::Optional ? tb.element : b);
        return with_labels(types, make_optional(context, inner), labels);
    }
    if (ta.kind == TypeKind::Refined || tb.kind == TypeKind::Refined) {
        TypeId inner = join(context, base_of(context, a), base_of(context, b));
        return with_labels(types, inner, labels);
    }
    if (ta.kind == tb.kind && (ta.kind == TypeKind::List || ta.kind == TypeKind::Map)) {
        TypeId inner = join(context, ta.element, tb.element);
        return with_labels(types, of_element(context, ta.kind, inner), labels);
    }
    return {};
}

bool has_variable(const Context& context, TypeId pattern) {
    // The element of `none` stands for no type that arguments could give.
    if (!pattern.has_value() || is_bottom(context, pattern)) return false;
    if (is_variable(context, pattern)) return true;
    const Type& t = at(context, pattern);
    if (is_indexed(t)) return has_variable(context, t.fields[1].type);
    if (TypeId value = outcome_value(context.module.types, pattern); value.has_value()) {
        return has_variable(context, value);
    }
    return t.element.has_value() && has_variable(context, t.element);
}

bool unify(Context& context, TypeId pattern, TypeId actual, Bindings& bindings) {
    if (!pattern.has_value() || !actual.has_value()) return true;
    TypeTable& types = context.types();
    if (is_variable(context, pattern)) {
        char kind = at(context, pattern).name[1];
        TypeId bound =
            kind == 'N' ? with_labels(types, base_of(context, actual), outer_labels(types, actual))
                        : actual;
        if (!is_bottom(context, actual)) {
            if (kind == 'N' && !is_number(kind_of(context, actual))) return false;
            if (kind == 'K' && !is_ordered(kind_of(context, actual))) return false;
        }
        auto [it, is_new] = bindings.try_emplace(pattern, bound);
        if (is_new) return true;
        TypeId both = join(context, it->second, bound);
        if (!both.has_value() && it->second.has_value()) return false;
        it->second = both;
        return true;
    }
    if (!has_variable(context, pattern)) return true;  // `fits` judges it after substitution
    Type p = at(context, without_labels(types, pattern));
    TypeId bare = without_labels(types, actual);
    if (at(context, bare).kind == TypeKind::Refined && p.kind != TypeKind::Refined) {
        bare = base_of(context, bare);
    }
    if (is_bottom(context, bare)) return true;
    Type a = at(context, bare);
    if (at(context, pattern).kind == TypeKind::Labelled) {
        return unify(context, without_labels(types, pattern), bare, bindings);
    }
    if (p.kind == TypeKind::Optional && a.kind != TypeKind::Optional) {
        return unify(context, p.element, actual, bindings);
    }
    if (p.kind != a.kind) return false;
    if (is_indexed(p)) {
        return is_indexed(a) && unify(context, p.fields[1].type, a.fields[1].type, bindings);
    }
    if (p.kind == TypeKind::Enum) {
        TypeId value = outcome_value(types, bare);
        return value.has_value() && unify(context, outcome_value(types, pattern), value, bindings);
    }
    return unify(context, p.element, a.element, bindings);
}

TypeId substitute(Context& context, TypeId pattern, const Bindings& bindings) {
    if (!pattern.has_value() || !has_variable(context, pattern)) return pattern;
    if (is_variable(context, pattern)) {
        auto found = bindings.find(pattern);
        return found == bindings.end() ? TypeId{} : found->second;
    }
    Type t = at(context, pattern);
    if (is_indexed(t)) {
        TypeId inner = substitute(context, t.fields[1].type, bindings);
        return inner.has_value() ? make_indexed(context, inner) : inner;
    }
    if (TypeId value = outcome_value(context.types(), pattern); value.has_value()) {
        return make_outcome(context, substitute(context, value, bindings));
    }
    TypeId inner = substitute(context, t.element, bindings);
    if (!inner.has_value()) return inner;
    if (t.kind == TypeKind::Labelled) return with_labels(context.types(), inner, bit(t.label));
    if (t.kind == TypeKind::Optional) return make_optional(context, inner);
    t.element = inner;
    return context.types().add(std::move(t));
}

}  // namespace weft::check
