#include "compiler/check/expressions.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/constants.h"
#include "compiler/check/declare.h"
#include "compiler/check/json_literals.h"
#include "compiler/check/migrates.h"
#include "compiler/check/names.h"
#include "compiler/check/others.h"
#include "compiler/check/skipped.h"
#include "compiler/check/test_names.h"
#include "grammar/literals.h"
#include "value/currency.h"

namespace weft::check {

namespace {

using ir::ExprKind;

struct FileField {
    std::string_view name;
    bool is_int;
};
// The parts of a File, in the order of its record.
constexpr std::array<FileField, 5> kFileFields = {
    {{"id", false}, {"name", false}, {"media", false}, {"size", true}, {"sha256", false}}};

ir::ExprId number_literal(Body& body, ast::Expr expr, TypeId hint) {
    Context& context = body.context;
    bool wants_decimal = hint.has_value() && base_of(context, hint).has_value() &&
                         kind_of(context, hint) == TypeKind::Decimal;
    std::string digits = number_digits(expr.text());
    if (expr.kind() == NodeKind::Int && !wants_decimal) {
        auto value = int_value(expr.text());
        if (value)
            return add_literal(context, Value::integer(*value), context.common.integer,
                               expr.span());
        // One that is not formed rightly was reported.
        if (!context.has_syntax_error(expr.span())) {
            context.report(DiagnosticCode::LiteralOutOfRange, expr.span(),
                           fmt::format("`{}` does not fit an Int", expr.text()));
        }
        return add_mistake(context, expr.span());
    }
    auto value = Decimal::parse(digits);
    if (value)
        return add_literal(context, Value::decimal(*value), context.common.decimal, expr.span());
    context.report(DiagnosticCode::LiteralOutOfRange, expr.span(),
                   fmt::format("`{}` has more than the 34 digits of a Decimal", expr.text()));
    return add_mistake(context, expr.span());
}

ir::ExprId other_literal(Body& body, ast::Expr expr) {
    Context& context = body.context;
    const auto& common = context.common;
    auto bad = [&](std::string_view what) {
        context.report(DiagnosticCode::LiteralOutOfRange, expr.span(),
                       fmt::format("`{}` is no {}", expr.text(), what));
        return add_mistake(context, expr.span());
    };
    switch (expr.kind()) {
        case NodeKind::Money: {
            auto text = money_text(expr.text());
            auto amount = Decimal::parse(text.amount);
            if (!amount || !is_currency(text.currency)) return bad("amount of money");
            return add_literal(context, Value::money(*amount, text.currency),
                               make_money(context, text.currency), expr.span());
        }
        case NodeKind::Duration: {
            auto ms = duration_ms(expr.text());
            if (!ms) return bad("duration that fits");
            return add_literal(context, Value::duration(*ms), common.duration, expr.span());
        }
        case NodeKind::Date:
        case NodeKind::Time: {
            bool is_date = expr.kind() == NodeKind::Date;
            TypeId type = is_date ? common.date : common.time;
            auto value = from_json(context.types(), type, fmt::format("\"{}\"", expr.text()));
            if (!value) return bad(is_date ? "date of the calendar" : "time of the calendar");
            return add_literal(context, std::move(*value), type, expr.span());
        }
        case NodeKind::Bool:
            return add_literal(context, Value::boolean(expr.text() == "true"), common.boolean,
                               expr.span());
        default:
            return add_mistake(context, expr.span());
    }
}

ir::ExprId list_literal(Body& body, ast::ListLiteral list, TypeId hint) {
    Context& context = body.context;
    if (wants_json(context, hint)) return json_list(body, list);
    TypeId wanted;
    if (hint.has_value() && kind_of(context, hint) == TypeKind::List) {
        wanted = context.types()[base_of(context, hint)].element;
    }
    ir::Expr e;
    e.kind = ExprKind::List;
    e.span = list.span();
    TypeId element = context.common.bottom;
    for (const auto& item : list.items()) {
        ir::ExprId id = check_expr(body, item, wanted);
        if (wanted.has_value()) id = adapt_literal(body, id, wanted);
        TypeId both = join(context, element, type_of(context, id));
        if (!both.has_value() && type_of(context, id).has_value() && element.has_value()) {
            context.report(DiagnosticCode::TypeMismatch, item.span(),
                           fmt::format("this element is {}, those before it are {}",
                                       context.text(type_of(context, id)), context.text(element)));
        }
        element = both;
        e.args.push_back(id);
    }
    e.type = make_list(context, element);
    return add_expr(context, std::move(e));
}

ir::ExprId map_literal(Body& body, ast::MapLiteral map, TypeId hint) {
    Context& context = body.context;
    if (wants_json(context, hint)) return json_map(body, map);
    TypeId wanted;
    if (hint.has_value() && kind_of(context, hint) == TypeKind::Map) {
        wanted = context.types()[base_of(context, hint)].element;
    }
    ir::Expr e;
    e.kind = ExprKind::Map;
    e.span = map.span();
    TypeId element = context.common.bottom;
    for (const auto& entry : map.entries()) {
        e.args.push_back(expect_expr(body, entry.key(), context.common.text, "a key"));
        ir::ExprId id = check_expr(body, entry.value(), wanted);
        if (wanted.has_value()) id = adapt_literal(body, id, wanted);
        TypeId both = join(context, element, type_of(context, id));
        if (!both.has_value() && type_of(context, id).has_value() && element.has_value()) {
            context.report(DiagnosticCode::TypeMismatch, entry.value().span(),
                           fmt::format("this value is {}, those before it are {}",
                                       context.text(type_of(context, id)), context.text(element)));
        }
        element = both;
        e.args.push_back(id);
    }
    e.type = make_map(context, element);
    return add_expr(context, std::move(e));
}

ir::ExprId declared_value(Body& body, DeclId id, Span span) {
    Context& context = body.context;
    resolve(context, id);
    Declaration& decl = context.declarations[id];
    if (decl.kind == DeclKind::Const) {
        return decl.value.has_value() ? decl.value : add_mistake(context, span);
    }
    auto& d = context.report(DiagnosticCode::TypeMismatch, span,
                             fmt::format("`{}` is no value", decl.qualified));
    d.help = fmt::format("call it: `{}(…)`", decl.qualified);
    return add_mistake(context, span);
}

ir::ExprId unknown_value(Body& body, Span span, const Dotted& name) {
    Context& context = body.context;
    if (is_broken_import(context, body.module, name[0])) return add_mistake(context, span);
    if (name.size() == 1 && report_ended(body, span, name[0])) return add_mistake(context, span);
    if (!body.gate.empty() && name[0] == body.gate) {
        auto& d = context.report(
            DiagnosticCode::UnknownName, span,
            fmt::format("the verdict of `{}` is read in one of its own rungs", body.gate));
        d.help =
            "it is there behind the gate, once something has let it pass; `emit` and `fail` here "
            "say what they know of themselves";
        return add_mistake(context, span);
    }
    const bool is_signal = body.workflow != nullptr &&
                           std::ranges::any_of(body.workflow->signals,
                                               [&](const auto& s) { return s.name == name[0]; });
    if (is_signal) {
        auto& d = context.report(DiagnosticCode::UnknownName, span,
                                 fmt::format("`{}` is a signal, and no value by itself", name[0]));
        d.help = fmt::format("its value is what a wait gives: `step {} = wait {} within …`",
                             name[0] == "value" ? "it" : "value", name[0]);
        return add_mistake(context, span);
    }
    auto legal = legal_values(context, body.module, name);
    if (name.size() == 1) {
        for (auto& word : body.names_in_reach()) legal.push_back(std::move(word));
    }
    report_unknown(
        context, body.in_prompt ? DiagnosticCode::UnknownPlaceholder : DiagnosticCode::UnknownName,
        span, "value", joined(name), legal);
    return add_mistake(context, span);
}

ir::ExprId name_ref(Body& body, ast::NameRef ref, TypeId hint) {
    Context& context = body.context;
    if (ref.is_upper()) return check_case_or_type(body, ast::Expr(ref.tree(), ref.id()), hint);
    if (const LocalName* local = body.find(ref.text())) {
        context.use_local(local->local);
        return add_local_ref(body, local->local, ref.span());
    }
    if (ref.text() == "this_run" && body.workflow != nullptr) {
        ir::Expr e;
        e.kind = ExprKind::ThisRun;
        e.type = context.common.this_run;
        e.span = ref.span();
        return add_expr(context, std::move(e));
    }
    if (body.test != nullptr) {
        if (auto observed = check_test_name(body, {ref.text()}, ref.span())) return *observed;
    }
    DeclId id = find_value(context, body.module, {ref.text()});
    if (id.has_value()) return declared_value(body, id, ref.span());
    return unknown_value(body, ref.span(), {ref.text()});
}

const std::vector<FieldType>* fields_of(Context& context, TypeId record) {
    const Type& t = context.types()[record];
    return t.kind == TypeKind::Record ? &t.fields : nullptr;
}

ir::ExprId field_of(Body& body, ir::ExprId base, ast::Name name) {
    Context& context = body.context;
    TypeId type = type_of(context, base);
    if (!type.has_value()) return add_mistake(context, name.span());
    LabelSet labels = outer_labels(context.types(), type);
    TypeId record = base_of(context, type);
    TypeKind kind = context.types()[record].kind;
    if (kind == TypeKind::Optional) {
        auto& d = report_none(context, base, name.span(),
                              fmt::format("`{}` is read of a {}, which may be none", name.text(),
                                          context.text(type)));
        d.help = "take it apart with `if let` first, or give a value for none with `??`";
        return add_mistake(context, name.span());
    }
    auto with = [&](TypeId field) { return with_labels(context.types(), field, labels); };
    if (kind == TypeKind::File) {
        for (std::uint32_t i = 0; i < kFileFields.size(); ++i) {
            if (kFileFields[i].name != name.text()) continue;
            TypeId field = kFileFields[i].is_int ? context.common.integer : context.common.text;
            return add_field(body, base, i, with(field), name.span());
        }
    }
    std::vector<std::string> legal;
    if (const auto* fields = fields_of(context, record)) {
        for (std::uint32_t i = 0; i < fields->size(); ++i) {
            if ((*fields)[i].name == name.text()) {
                return add_field(body, base, i, with((*fields)[i].type), name.span());
            }
            if ((*fields)[i].name != "detail") legal.push_back((*fields)[i].name);
        }
        // A declared error's own fields stand beside those that every error has.
        if (context.types()[record].name.starts_with("error ")) {
            TypeId detail = fields->back().type;
            auto number = static_cast<std::uint32_t>(fields->size() - 1);
            if (const auto* own = fields_of(context, detail)) {
                for (std::uint32_t i = 0; i < own->size(); ++i) {
                    TypeId own_type = (*own)[i].type;
                    legal.push_back((*own)[i].name);
                    if ((*own)[i].name != name.text()) continue;
                    return add_field(body, add_field(body, base, number, detail, name.span()), i,
                                     own_type, name.span());
                }
            }
        }
    }
    auto& d = report_unknown(context, DiagnosticCode::UnknownName, name.span(),
                             fmt::format("field of {}", context.text(record)), name.text(), legal);
    if (d.help.empty() && legal.empty()) {
        const bool counts = kind_of(context, record) != TypeKind::Text && name.text() == "length";
        d.help = function_for_method("…", counts ? "count" : name.text());
    }
    return add_mistake(context, name.span());
}

ir::ExprId field_access(Body& body, ast::FieldAccess access, TypeId hint) {
    Context& context = body.context;
    ast::Expr whole(access.tree(), access.id());
    Dotted dotted = ast::dotted_name(whole);
    if (!dotted.empty() && body.find(dotted[0]) == nullptr && dotted[0] != "this_run") {
        if (access.field().text().empty()) return add_mistake(context, access.span());
        if (body.test != nullptr) {
            if (auto observed = check_test_name(body, dotted, access.span())) return *observed;
        }
        if (body.migrate != nullptr && dotted[0] == "old") {
            return check_old_value(body, dotted, access.span(), hint);
        }
        bool is_upper = access.field().text()[0] >= 'A' && access.field().text()[0] <= 'Z';
        if (is_upper) return check_case_or_type(body, whole, hint);
        DeclId id = find_value(context, body.module, dotted);
        if (id.has_value()) return declared_value(body, id, access.span());
        if (is_import(context, body.module, dotted[0])) {
            return unknown_value(body, access.span(), dotted);
        }
    }
    const ir::ExprId base = check_expr(body, access.base());
    if (access.field().text().empty()) return add_mistake(context, access.span());
    return field_of(body, base, access.field());
}

ir::ExprId index_expr(Body& body, ast::IndexExpr index) {
    Context& context = body.context;
    ir::ExprId base = check_expr(body, index.base());
    TypeId type = type_of(context, base);
    TypeId element;
    ir::ExprId position;
    if (type.has_value() && kind_of(context, type) == TypeKind::List) {
        position = expect_expr(body, index.index(), context.common.integer, "an index");
        element = context.types()[base_of(context, type)].element;
    } else if (type.has_value() && kind_of(context, type) == TypeKind::Map) {
        position = expect_expr(body, index.index(), context.common.text, "a key");
        element = context.types()[base_of(context, type)].element;
    } else {
        position = check_expr(body, index.index());
        if (type.has_value()) {
            context.report(DiagnosticCode::TypeMismatch, index.span(),
                           fmt::format("{} has no elements", context.text(type)));
        }
        return add_mistake(context, index.span());
    }
    ir::Expr e;
    e.kind = ExprKind::Index;
    e.span = index.span();
    e.a = base;
    e.b = position;
    e.type = with_labels(context.types(), make_optional(context, element),
                         outer_labels(context.types(), type));
    return add_expr(context, std::move(e));
}

}  // namespace

ir::ExprId add_field(Body& body, ir::ExprId record, std::uint32_t number, TypeId type, Span span) {
    if (is_bottom(body.context, type)) return add_mistake(body.context, span);
    ir::Expr e;
    e.kind = ExprKind::Field;
    e.a = record;
    e.index = number;
    e.type = type;
    e.span = span;
    return add_expr(body.context, std::move(e));
}

ir::ExprId check_expr(Body& body, ast::Expr written, TypeId hint) {
    Context& context = body.context;
    ast::Expr expr = written.bare();
    if (!expr) return add_mistake(context, written ? written.span() : Span{});
    switch (expr.kind()) {
        case NodeKind::Int:
        case NodeKind::Decimal:
            return number_literal(body, expr, hint);
        case NodeKind::Money:
        case NodeKind::Duration:
        case NodeKind::Date:
        case NodeKind::Time:
        case NodeKind::Bool:
            return other_literal(body, expr);
        case NodeKind::None:
            return add_literal(context, Value::none(), context.common.none, expr.span());
        case NodeKind::Text:
        case NodeKind::TextBlock:
            return check_text(body, expr.as<ast::Text>());
        case NodeKind::List:
            return list_literal(body, expr.as<ast::ListLiteral>(), hint);
        case NodeKind::Map:
            return map_literal(body, expr.as<ast::MapLiteral>(), hint);
        case NodeKind::NameRef:
            return name_ref(body, expr.as<ast::NameRef>(), hint);
        case NodeKind::FieldAccess:
            return field_access(body, expr.as<ast::FieldAccess>(), hint);
        case NodeKind::Index:
            return index_expr(body, expr.as<ast::IndexExpr>());
        case NodeKind::Call:
            return check_call(body, expr.as<ast::Call>(), hint);
        case NodeKind::Unary:
            return check_unary(body, expr.as<ast::Unary>(), hint);
        case NodeKind::Binary:
            return check_binary(body, expr.as<ast::Binary>(), hint);
        case NodeKind::Match:
            return check_match_expr(body, expr.as<ast::Match>(), hint);
        case NodeKind::If:
        case NodeKind::IfLet:
            return check_if_expr(body, expr, hint);
        case NodeKind::Lambda:
            context.report(DiagnosticCode::TypeMismatch, expr.span(),
                           "a lambda stands only as an argument of a list function");
            return add_mistake(context, expr.span());
        case NodeKind::Regex:
        case NodeKind::TypeValue:
            context.report(DiagnosticCode::TypeMismatch, expr.span(),
                           fmt::format("a {} is no value", label(expr.kind())));
            return add_mistake(context, expr.span());
        default:
            return add_mistake(context, expr.span());  // Missing: the parser reported it
    }
}

}  // namespace weft::check
