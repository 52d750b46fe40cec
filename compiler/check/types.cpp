#include "compiler/check/types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/check/declare.h"
#include "compiler/check/names.h"
#include "compiler/check/outcomes.h"
#include "compiler/check/relations.h"
#include "value/currency.h"

namespace weft::check {

namespace {

std::optional<LabelKind> label_kind(std::string_view name) {
    if (name == "Pii") return LabelKind::Pii;
    if (name == "Secret") return LabelKind::Secret;
    if (name == "Untrusted") return LabelKind::Untrusted;
    return std::nullopt;
}

class Resolving {
  public:
    Resolving(Context& context, ModuleId module, const TypeVariables* variables)
        : context_(context), module_(module), variables_(variables) {}

    TypeId operator()(ast::TypeExpr type) {
        if (auto optional = type.as<ast::OptionalType>()) {
            return make_optional(context_, (*this)(optional.base()));
        }
        if (auto refined = type.as<ast::RefinedType>()) {
            TypeId base = (*this)(refined.base());
            if (!base.has_value()) return base;
            return refine_type(context_, module_, base, refined.condition(), {}, {});
        }
        if (auto named = type.as<ast::TypeName>()) return name(named);
        return {};
    }

  private:
    bool takes(ast::TypeName type, std::size_t count) {
        if (type.arguments().size() == count) return true;
        context_.report(DiagnosticCode::ArgumentMismatch, type.span(),
                        fmt::format("`{}` takes {} type{} in `<>`, not {}", type.path().text(),
                                    count, count == 1 ? "" : "s", type.arguments().size()));
        return false;
    }

    TypeId generic(ast::TypeName type, std::string_view word) {
        auto arguments = type.arguments();
        if (word == "Map") {
            if (!takes(type, 2)) return {};
            TypeId key = (*this)(arguments[0]);
            if (key.has_value() && key != context_.common.text) {
                context_.report(DiagnosticCode::TypeMismatch, arguments[0].span(),
                                "the keys of a Map are Text");
            }
            return make_map(context_, (*this)(arguments[1]));
        }
        if (!takes(type, 1)) return {};
        if (word == "Money") {
            if (is_currency(arguments[0].text())) return make_money(context_, arguments[0].text());
            context_.report(DiagnosticCode::UnknownName, arguments[0].span(),
                            fmt::format("there is no currency `{}`", arguments[0].text()));
            return {};
        }
        TypeId inner = (*this)(arguments[0]);
        if (!inner.has_value()) return inner;
        if (word == "List") return make_list(context_, inner);
        if (word == "Indexed") return make_indexed(context_, inner);
        if (word == "Outcome") return make_outcome(context_, inner);
        if (word == "Approval") return make_approval(context_, inner);
        if (auto label = label_kind(word)) return with_labels(context_.types(), inner, bit(*label));
        Type prompt;
        prompt.kind = TypeKind::Prompt;
        prompt.element = inner;
        return context_.types().add(std::move(prompt));
    }

    TypeId name(ast::TypeName type) {
        Dotted path = dotted_of(type.path());
        if (path.empty()) return {};
        std::string_view word = path.back();
        if (path.size() == 1) {
            if (variables_ != nullptr) {
                for (const auto& [variable, id] : *variables_) {
                    if (variable == word) return id;
                }
            }
            bool is_generic = word == "List" || word == "Map" || word == "Prompt" ||
                              word == "Indexed" || word == "Approval" || label_kind(word) ||
                              (word == "Outcome" && !type.arguments().empty()) ||
                              (word == "Money" && !type.arguments().empty());
            if (is_generic) return generic(type, word);
        }
        DeclId id = find_type(context_, module_, path);
        TypeId simple = path.size() == 1 ? simple_type(context_.common, word) : TypeId{};
        if (!id.has_value() && !simple.has_value()) {
            if (path.size() < 2 || !is_broken_import(context_, module_, path[0])) {
                report_unknown(context_, DiagnosticCode::UnknownName, type.path().span(), "type",
                               joined(path), legal_types(context_, module_, path));
            }
            return {};
        }
        if (!takes(type, 0)) return {};
        if (!id.has_value()) return simple;
        resolve(context_, id);
        return context_.declarations[id].type;
    }

    Context& context_;
    ModuleId module_;
    const TypeVariables* variables_;
};

}  // namespace

TypeId make_approval(Context& context, TypeId value) {
    if (!value.has_value()) return value;
    Type t;
    t.kind = TypeKind::Record;
    t.name = fmt::format("Approval<{}>", context.text(value));
    t.fields = {{"value", "value", value, {}},
                {"by", "by", context.common.text, {}},
                {"reason", "reason", context.common.text, {}},
                {"at", "at", context.common.time, {}}};
    return context.types().add(std::move(t));
}

TypeId simple_type(const CommonTypes& common, std::string_view name) {
    const std::array<std::pair<std::string_view, TypeId>, 16> table = {{
        {"Bool", common.boolean},
        {"Int", common.integer},
        {"Decimal", common.decimal},
        {"Money", common.money},
        {"Text", common.text},
        {"Bytes", common.bytes},
        {"Duration", common.duration},
        {"Date", common.date},
        {"Time", common.time},
        {"File", common.file},
        {"Json", common.json},
        {"Email", common.email},
        {"Url", common.url},
        {"Score", common.score},
        {"Verdict", common.verdict},
        {"Error", common.error},
    }};
    for (const auto& [word, type] : table) {
        if (word == name) return type;
    }
    return {};
}

TypeId resolve_type(Context& context, ModuleId module, ast::TypeExpr type,
                    const TypeVariables* variables) {
    return type ? Resolving(context, module, variables)(type) : TypeId{};
}

void make_common_types(Context& context) {
    auto& common = context.common;
    auto simple = [&](TypeKind kind) {
        Type t;
        t.kind = kind;
        return context.types().add(std::move(t));
    };
    common.boolean = simple(TypeKind::Bool);
    common.integer = simple(TypeKind::Int);
    common.decimal = simple(TypeKind::Decimal);
    common.money = simple(TypeKind::Money);
    common.text = simple(TypeKind::Text);
    common.bytes = simple(TypeKind::Bytes);
    common.duration = simple(TypeKind::Duration);
    common.date = simple(TypeKind::Date);
    common.time = simple(TypeKind::Time);
    common.file = simple(TypeKind::File);
    common.json = simple(TypeKind::Json);
    common.email = simple(TypeKind::Email);
    common.url = simple(TypeKind::Url);
    common.bottom = make_variable(context, "none", 'B');
    common.none = make_optional(context, common.bottom);

    Type score;
    score.kind = TypeKind::Refined;
    score.name = "Score";
    score.element = common.decimal;
    Constraint range;
    range.kind = Constraint::Kind::Range;
    range.min = Decimal();
    range.max = Decimal::from_int(1);
    score.constraints.push_back(range);
    common.score = context.types().add(std::move(score));

    auto record = [&](std::string name, std::vector<FieldType> fields) {
        Type t;
        t.kind = TypeKind::Record;
        t.name = std::move(name);
        t.fields = std::move(fields);
        return context.types().add(std::move(t));
    };
    common.error = record("Error", {{"name", "name", common.text, {}},
                                    {"message", "message", common.text, {}},
                                    {"step", "step", common.text, {}},
                                    {"attempts", "attempts", common.integer, {}},
                                    {"detail", "detail", make_optional(context, common.json), {}}});
    TypeId scores = make_list(context, make_optional(context, common.decimal));
    common.verdict =
        record("Verdict", {{"accepted", "accepted", common.boolean, {}},
                           {"rung", "rung", common.integer, {}},
                           {"scores", "scores", scores, {}},
                           {"reasons", "reasons", make_list(context, common.text), {}}});
    common.this_run = record("Run", {{"id", "id", common.text, {}},
                                     {"starter", "starter", common.text, {}},
                                     {"started_at", "started_at", common.time, {}}});
}

}  // namespace weft::check
