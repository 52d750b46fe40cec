// Values that are built like calls: records, cases, errors; and bare upper-case names.
#include <fmt/format.h>

#include "compiler/check/calls.h"
#include "compiler/check/declare.h"
#include "compiler/check/names.h"
#include "compiler/check/origins.h"

namespace weft::check {

namespace {

using ir::ExprKind;

// Fields by the arguments of the call; parts that carry more labels than their field give them to
// the whole.
struct Fields {
    std::vector<ir::ExprId> args;
    LabelSet labels = 0;
    bool ok = true;
};

Fields check_fields(Body& body, ast::Call call, std::string_view name,
                    const std::vector<FieldType>& types, bool in_error) {
    Context& context = body.context;
    std::vector<ParameterName> names;
    for (const auto& f : types) {
        bool optional = f.type.has_value() && kind_of(context, f.type) == TypeKind::Optional;
        names.push_back({f.name, optional || f.default_value.has_value()});
    }
    Fields out;
    auto matched = match_arguments(body, call ? call.arguments() : std::vector<ast::Argument>{},
                                   call ? call.span() : Span{}, name, names);
    out.ok = matched.ok;
    for (std::size_t i = 0; i < types.size() && out.ok; ++i) {
        const auto& f = types[i];
        ir::ExprId id;
        if (!matched.exprs[i]) {
            id = add_literal(context, f.default_value.value_or(Value::none()), f.type, call.span());
        } else {
            std::string what = fmt::format("`{}`", f.name);
            const Wanting wanting(body, {name, f.name});
            id = coerce(body, check_expr(body, matched.exprs[i], f.type), f.type, what,
                        in_error ? nullptr : &out.labels);
        }
        if (!type_of(context, id).has_value()) out.ok = false;
        out.args.push_back(id);
    }
    return out;
}

ir::ExprId build(Body& body, ExprKind kind, Span span, TypeId type, Fields fields,
                 std::uint32_t index = 0) {
    Context& context = body.context;
    if (!fields.ok) return add_mistake(context, span);
    ir::Expr e;
    e.kind = kind;
    e.span = span;
    e.index = index;
    e.args = std::move(fields.args);
    e.type = with_labels(context.types(), type, fields.labels);
    return add_expr(context, std::move(e));
}

// The text that people read first: the error's own `reason`, or its name.
ir::ExprId error_message(Body& body, const Declaration& decl, const Fields& fields, Span span) {
    Context& context = body.context;
    const auto& types = context.types()[decl.type].fields;
    for (std::size_t i = 0; i < fields.args.size(); ++i) {
        bool is_text = base_of(context, type_of(context, fields.args[i])) == context.common.text;
        if (types[i].name == "reason" && is_text) return fields.args[i];
    }
    return add_literal(context, Value::text(decl.name), context.common.text, span);
}

ir::ExprId error_of(Body& body, const Declaration& decl, Fields fields, Span span) {
    Context& context = body.context;
    const auto& common = context.common;
    ir::ExprId message = error_message(body, decl, fields, span);
    ir::ExprId detail = build(body, ExprKind::Record, span, decl.type, std::move(fields));
    Fields whole;
    whole.args = {add_literal(context, Value::text(decl.name), common.text, span), message,
                  add_literal(context, Value::text(""), common.text, span),
                  add_literal(context, Value::integer(0), common.integer, span), detail};
    return build(body, ExprKind::Record, span, decl.error_type, std::move(whole));
}

ir::ExprId build_error(Body& body, ast::Call call, DeclId id) {
    Context& context = body.context;
    resolve(context, id);
    Declaration decl = context.declarations[id];
    auto types = context.types()[decl.type].fields;
    Fields fields = check_fields(body, call, decl.qualified, types, true);
    if (!fields.ok) return add_mistake(context, call.span());
    return error_of(body, decl, std::move(fields), call.span());
}

// An error without fields is built by its name alone, as a case is.
std::optional<ir::ExprId> bare_error(Body& body, const Dotted& name, Span span) {
    Context& context = body.context;
    DeclId id = find_error(context, body.module, name);
    if (!id.has_value()) return std::nullopt;
    resolve(context, id);
    Declaration decl = context.declarations[id];
    if (!context.types()[decl.type].fields.empty()) return std::nullopt;
    return error_of(body, decl, {}, span);
}

// The case that `hint` or the module means by the name.
std::optional<std::pair<TypeId, std::uint32_t>> find_case(Body& body, const Dotted& name,
                                                          TypeId hint, Span span) {
    Context& context = body.context;
    TypeId wanted = hint.has_value() ? base_of(context, hint) : hint;
    if (wanted.has_value() && context.types()[wanted].kind == TypeKind::Optional) {
        wanted = base_of(context, context.types()[wanted].element);
    }
    if (name.size() == 1 && wanted.has_value() && context.types()[wanted].kind == TypeKind::Enum) {
        const auto& cases = context.types()[wanted].cases;
        for (std::uint32_t i = 0; i < cases.size(); ++i) {
            if (cases[i].name == name[0]) {
                find_cases(context, body.module, name);
                return std::pair(wanted, i);
            }
        }
    }
    auto refs = find_cases(context, body.module, name);
    if (refs.empty()) return std::nullopt;
    if (refs.size() > 1) {
        context.report(DiagnosticCode::DuplicateName, span,
                       fmt::format("`{}` is a case of more than one enum", joined(name)));
    }
    context.declarations[refs[0].owner].used = true;
    resolve(context, refs[0].owner);
    return std::pair(context.declarations[refs[0].owner].type, refs[0].number);
}

ir::ExprId unknown_upper(Body& body, const Dotted& name, Span span, TypeId hint) {
    Context& context = body.context;
    if (name.size() > 1 && is_broken_import(context, body.module, name[0])) {
        return add_mistake(context, span);
    }
    std::vector<std::string> legal;
    for (const auto& [word, refs] : context.modules[body.module].cases) legal.push_back(word);
    for (const auto& [word, id] : context.modules[body.module].types) legal.push_back(word);
    for (const auto& [word, id] : context.modules[body.module].errors) legal.push_back(word);
    for (const auto& word : legal_types(context, body.module, name)) {
        if (word.contains('.')) legal.push_back(word);
    }
    for (const auto& word : legal_errors(context, body.module, name)) {
        if (word.contains('.')) legal.push_back(word);
    }
    TypeId wanted = hint.has_value() ? base_of(context, hint) : hint;
    if (wanted.has_value() && context.types()[wanted].kind == TypeKind::Enum) {
        legal.clear();
        for (const auto& c : context.types()[wanted].cases) legal.push_back(c.name);
    }
    report_unknown(context, DiagnosticCode::UnknownName, span, "record, case or error",
                   joined(name), legal);
    return add_mistake(context, span);
}

}  // namespace

ir::ExprId check_construct(Body& body, ast::Call call, const Dotted& name, TypeId hint) {
    Context& context = body.context;
    if (auto found = find_case(body, name, hint, call.callee().span())) {
        auto types = context.types()[found->first].cases[found->second].fields;
        return build(body, ExprKind::Case, call.span(), found->first,
                     check_fields(body, call, joined(name), types, false), found->second);
    }
    DeclId id = find_type(context, body.module, name);
    if (id.has_value()) {
        resolve(context, id);
        TypeId type = context.declarations[id].type;
        if (!type.has_value()) return add_mistake(context, call.span());
        if (context.types()[type].kind == TypeKind::Record) {
            auto types = context.types()[type].fields;
            return build(body, ExprKind::Record, call.span(), type,
                         check_fields(body, call, joined(name), types, false));
        }
        auto& d = context.report(DiagnosticCode::TypeMismatch, call.span(),
                                 fmt::format("`{}` is no record and can't be built", joined(name)));
        d.help = fmt::format("`{}.from(…)` gives the value if it fits, else none", joined(name));
        return add_mistake(context, call.span());
    }
    if (DeclId error = find_error(context, body.module, name); error.has_value()) {
        return build_error(body, call, error);
    }
    return unknown_upper(body, name, call.callee().span(), hint);
}

ir::ExprId check_case_or_type(Body& body, ast::Expr expr, TypeId hint) {
    Context& context = body.context;
    Dotted name = ast::dotted_name(expr);
    if (auto found = find_case(body, name, hint, expr.span())) {
        const CaseType& c = context.types()[found->first].cases[found->second];
        if (c.fields.empty()) {
            return build(body, ExprKind::Case, expr.span(), found->first, {}, found->second);
        }
        context.report(DiagnosticCode::ArgumentMismatch, expr.span(),
                       fmt::format("the case `{}` has fields: `{}(…)`", joined(name), c.name));
        return add_mistake(context, expr.span());
    }
    if (auto error = bare_error(body, name, expr.span())) return *error;
    bool is_type = find_type(context, body.module, name).has_value();
    bool is_error = find_error(context, body.module, name).has_value();
    if (!is_type && !is_error) return unknown_upper(body, name, expr.span(), hint);
    auto& d = context.report(DiagnosticCode::TypeMismatch, expr.span(),
                             fmt::format("`{}` is no value", joined(name)));
    d.help = fmt::format("build one: `{}(…)`", joined(name));
    return add_mistake(context, expr.span());
}

}  // namespace weft::check
