#include "compiler/check/json_literals.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/check/constants.h"

namespace weft::check {

namespace {

using ir::ExprKind;

// Types whose values are, byte for byte, those of their JSON. A Decimal is not among them: in Json
// a whole number is an Int.
bool is_json_already(const Context& context, TypeId type) {
    if (is_bottom(context, type)) return true;
    const Type& t = context.module.types[base_of(context, type)];
    switch (t.kind) {
        case TypeKind::Json:
        case TypeKind::Text:
        case TypeKind::Email:
        case TypeKind::Url:
        case TypeKind::Int:
        case TypeKind::Bool:
            return true;
        case TypeKind::List:
        case TypeKind::Map:
        case TypeKind::Optional:
            return is_json_already(context, t.element);
        default:
            return false;
    }
}

// A field whose type is a mistake, reported where it is declared, takes any value.
bool has_mistaken_field(const Context& context, TypeId type, std::set<TypeId>& seen) {
    if (!type.has_value() || !seen.insert(type).second) return false;
    const Type& t = context.module.types[type];
    const auto is_mistaken = [&](const FieldType& field) {
        return is_bottom(context, field.type) || has_mistaken_field(context, field.type, seen);
    };
    return std::ranges::any_of(t.fields, is_mistaken) ||
           std::ranges::any_of(
               t.cases,
               [&](const auto& one) { return std::ranges::any_of(one.fields, is_mistaken); }) ||
           has_mistaken_field(context, t.element, seen);
}

// A part that is known before the run stands for its JSON form, whatever its type.
std::optional<Value> known_json(Context& context, ir::ExprId id) {
    auto value = known_value(context, id);
    if (!value) return std::nullopt;
    if (value->is_none()) return value;
    auto read = from_json(context.types(), context.common.json,
                          to_json(context.types(), type_of(context, id), *value));
    if (!read) return std::nullopt;
    return std::move(*read);
}

ir::ExprId json_part(Body& body, ast::Expr part) {
    Context& context = body.context;
    ir::ExprId id = check_expr(body, part, context.common.json);
    TypeId type = type_of(context, id);
    if (!type.has_value() || is_json_already(context, type)) return id;
    std::set<TypeId> seen;
    if (has_mistaken_field(context, type, seen)) return add_mistake(context, part.span());
    if (auto known = known_json(context, id)) {
        return add_literal(context, std::move(*known), context.common.json, part.span());
    }
    auto& d = context.report(DiagnosticCode::TypeMismatch, part.span(),
                             fmt::format("a {} has no place in a Json", context.text(type)));
    d.help =
        "what a Json is made of are texts, Ints, Bools, other Json, and lists and maps of these; "
        "a hole writes other values as text: \"${…}\"";
    return add_mistake(context, part.span());
}

ir::ExprId whole(Body& body, ir::Expr e) {
    Context& context = body.context;
    LabelSet labels = 0;
    for (ir::ExprId part : e.args) {
        if (!type_of(context, part).has_value()) return add_mistake(context, e.span);
        labels |= all_labels(context.types(), type_of(context, part));
    }
    e.type = with_labels(context.types(), context.common.json, labels);
    return add_expr(context, std::move(e));
}

}  // namespace

bool wants_json(const Context& context, TypeId hint) {
    if (!hint.has_value()) return false;
    TypeId type = base_of(context, hint);
    if (!type.has_value()) return false;
    const Type& t = context.module.types[type];
    return t.kind == TypeKind::Json ||
           (t.kind == TypeKind::Optional && kind_of(context, t.element) == TypeKind::Json);
}

ir::ExprId json_list(Body& body, ast::ListLiteral list) {
    ir::Expr e;
    e.kind = ExprKind::List;
    e.span = list.span();
    for (const auto& item : list.items()) e.args.push_back(json_part(body, item));
    return whole(body, std::move(e));
}

ir::ExprId json_map(Body& body, ast::MapLiteral map) {
    ir::Expr e;
    e.kind = ExprKind::Map;
    e.span = map.span();
    for (const auto& entry : map.entries()) {
        e.args.push_back(expect_expr(body, entry.key(), body.context.common.text, "a key"));
        e.args.push_back(json_part(body, entry.value()));
    }
    return whole(body, std::move(e));
}

}  // namespace weft::check
