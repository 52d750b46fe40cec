// Types that say less than their names promise, or more than the other side can take.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/check/relations.h"
#include "compiler/lint/lint.h"

namespace weft::lint {

namespace {

using check::Context;
using check::DeclKind;

std::string_view last_word(std::string_view name) {
    auto at = name.rfind('_');
    return at == std::string_view::npos ? name : name.substr(at + 1);
}

// A field or parameter whose name tells what it holds.
void check_named(const Context& context, std::string_view name, TypeId type, Span span) {
    constexpr std::array<std::string_view, 5> kAmounts = {"price", "amount", "fee", "salary",
                                                          "invoice"};
    if (!type.has_value()) return;
    TypeId bare = check::base_of(context, type);
    if (context.types()[bare].kind == TypeKind::Optional) {
        bare = check::base_of(context, context.types()[bare].element);
    }
    TypeKind kind = context.types()[bare].kind;
    std::string_view word = last_word(name);
    bool is_amount = std::find(kAmounts.begin(), kAmounts.end(), word) != kAmounts.end();
    if (kind == TypeKind::Decimal && is_amount) {
        auto& d = context.report(DiagnosticCode::DecimalForMoney, span,
                                 fmt::format("`{}` is a Decimal, and says no currency", name));
        d.help = "a `Money<EUR>` is never added to another currency";
    } else if (kind == TypeKind::Text && (word == "timestamp" || name.ends_with("_at"))) {
        auto& d =
            context.report(DiagnosticCode::NaiveTimestamp, span,
                           fmt::format("`{}` is a Text, and need not be a point in time", name));
        d.help = "a `Time` is checked at every boundary, in UTC";
    }
}

template <typename Find>
bool contains(const Context& context, TypeId id, Find find) {
    if (!id.has_value()) return false;
    const Type& type = context.types()[id];
    if (find(type)) return true;
    if (contains(context, type.element, find)) return true;
    auto in_field = [&](const FieldType& field) { return contains(context, field.type, find); };
    return std::any_of(type.fields.begin(), type.fields.end(), in_field) ||
           std::any_of(type.cases.begin(), type.cases.end(), [&](const CaseType& one) {
               return std::any_of(one.fields.begin(), one.fields.end(), in_field);
           });
}

// What a model gives is described to it by a schema of objects with known members.
void check_result(const Context& context, const check::Declaration& decl) {
    auto node = decl.node.as<ast::Prompt>();
    if (!node.type()) return;
    TypeId prompt = check::base_of(context, decl.signature.result);
    if (!prompt.has_value() || context.types()[prompt].kind != TypeKind::Prompt) return;
    TypeId result = context.types()[prompt].element;
    std::string_view unknown;
    auto is_vague = [&](const Type& type) {
        if (type.kind == TypeKind::Map) unknown = "a Map";
        if (type.kind == TypeKind::Json) unknown = "a Json";
        if (type.kind == TypeKind::Bytes) unknown = "Bytes";
        if (type.kind == TypeKind::File) unknown = "a File";
        return !unknown.empty();
    };
    if (contains(context, result, is_vague)) {
        auto& d = context.report(
            DiagnosticCode::SchemaNotExportable, node.type().span(),
            fmt::format("`{}` gives {}, which the schema of a model provider can't say", decl.name,
                        unknown));
        d.help = "name the members in a record, or give a list of pairs";
    }
    std::string open;
    auto is_open = [&](const Type& type) {
        if (type.kind == TypeKind::Record && type.open) open = type.name;
        return !open.empty();
    };
    if (contains(context, result, is_open)) {
        auto& d = context.report(
            DiagnosticCode::OpenRecord, node.type().span(),
            fmt::format("`{}` gives the open record `{}`: what the model adds is dropped, unseen",
                        decl.name, open));
        d.help = "declare the record without `open`, so that more is an error that is retried";
    }
}

void check_fields(const Context& context, const check::Declaration& decl) {
    auto nodes = decl.node.as<ast::Record>().fields();
    TypeId record = check::base_of(context, decl.type);
    if (!record.has_value()) return;
    const auto& fields = context.types()[record].fields;
    for (std::size_t i = 0; i < std::min(nodes.size(), fields.size()); ++i) {
        check_named(context, fields[i].name, fields[i].type, nodes[i].name().span());
    }
}

}  // namespace

void check_types(const Context& context) {
    for (const auto& decl : context.declarations) {
        if (context.modules[decl.module].is_standard) continue;
        if (decl.state != check::Declaration::State::Done) continue;
        if (decl.kind == DeclKind::Record) check_fields(context, decl);
        if (decl.kind == DeclKind::Prompt) check_result(context, decl);
        bool takes_input = decl.kind == DeclKind::Workflow || decl.kind == DeclKind::Worker;
        if (!takes_input) continue;
        for (const auto& p : decl.signature.parameters) {
            check_named(context, p.name, p.type, p.span);
        }
    }
}

}  // namespace weft::lint
