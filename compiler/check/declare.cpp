#include "compiler/check/declare.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/constants.h"
#include "compiler/check/defaults.h"
#include "compiler/check/expressions.h"
#include "compiler/check/names.h"
#include "compiler/check/origins.h"
#include "compiler/check/types.h"
#include "grammar/comments.h"
#include "grammar/literals.h"

namespace weft::check {

namespace {

std::string doc_of(const ast::View& node) {
    std::string all = doc_comment(node.tree(), node.id());
    return all.substr(0, all.find("\n\n"));
}

// A field of a record, a case or an error.
template <typename Node>
FieldType field_type(Context& context, ModuleId module, Node node, const std::string& owner) {
    FieldType field;
    field.name = node.name().text();
    field.json_name = field.name;
    if constexpr (requires { node.json_name(); }) {
        if (auto json = node.json_name()) {
            field.json_name = plain_text(json.name()).value_or(field.name);
        }
    }
    field.type = resolve_type(context, module, node.type());
    bool is_known = field.type.has_value();
    if (!is_known) field.type = context.common.bottom;  // reported; fits everywhere from now on
    if (auto value = node.default_value(); value && is_known) {
        Body body{.context = context, .module = module};
        field.default_value = constant_default(body, value, field.type, owner + "." + field.name);
    }
    return field;
}

template <typename Node>
std::vector<FieldType> field_types(Context& context, ModuleId module,
                                   const std::vector<Node>& nodes, const std::string& owner) {
    std::vector<FieldType> out;
    for (const auto& node : nodes) {
        FieldType field = field_type(context, module, node, owner);
        if (field.name.empty()) continue;
        if (std::ranges::find(out, field.name, &FieldType::name) != out.end()) {
            context.report(DiagnosticCode::DuplicateName, node.name().span(),
                           fmt::format("`{}` has two fields `{}`", owner, field.name));
            continue;
        }
        out.push_back(std::move(field));
    }
    return out;
}

TypeId record_type(Context& context, std::string name, std::vector<FieldType> fields) {
    Type t;
    t.kind = TypeKind::Record;
    t.name = std::move(name);
    t.fields = std::move(fields);
    return context.types().add(std::move(t));
}

TypeId resolve_record(Context& context, const Declaration& decl) {
    auto node = decl.node.as<ast::Record>();
    Type t;
    t.kind = TypeKind::Record;
    t.name = decl.qualified;
    t.doc = doc_of(node);
    t.open = node.is_open();
    t.fields = field_types(context, decl.module, node.fields(), decl.name);
    return context.types().add(std::move(t));
}

TypeId resolve_enum(Context& context, const Declaration& decl) {
    auto node = decl.node.as<ast::Enum>();
    Type t;
    t.kind = TypeKind::Enum;
    t.name = decl.qualified;
    t.doc = doc_of(node);
    for (const auto& c : node.cases()) {
        std::string name(c.name().text());
        for (const auto& other : t.cases) {
            if (other.name != name) continue;
            context.report(DiagnosticCode::DuplicateName, c.name().span(),
                           fmt::format("`{}` has two cases `{}`", decl.name, name));
        }
        t.cases.push_back({name, field_types(context, decl.module, c.fields(), name)});
    }
    return context.types().add(std::move(t));
}

TypeId resolve_alias(Context& context, const Declaration& decl) {
    auto node = decl.node.as<ast::TypeAlias>();
    auto refined = node.type().as<ast::RefinedType>();
    if (!refined) return resolve_type(context, decl.module, node.type());
    TypeId base = resolve_type(context, decl.module, refined.base());
    return refine_type(context, decl.module, base, refined.condition(), decl.qualified,
                       doc_of(node));
}

void resolve_error(Context& context, DeclId id) {
    Declaration decl = context.declarations[id];
    auto node = decl.node.as<ast::ErrorDecl>();
    auto fields = field_types(context, decl.module, node.fields(), decl.name);
    for (const auto& f : node.fields()) {
        std::string_view name = f.name().text();
        if (name == "name" || name == "message" || name == "step" || name == "attempts" ||
            name == "detail") {
            context.report(DiagnosticCode::DuplicateName, f.name().span(),
                           fmt::format("every error has a `{}` already", name));
        }
    }
    TypeId detail = record_type(context, decl.qualified, std::move(fields));
    auto whole = context.types()[context.common.error].fields;
    whole.back().type = detail;
    context.declarations[id].type = detail;
    TypeId error_type = record_type(context, "error " + decl.qualified, std::move(whole));
    context.declarations[id].error_type = error_type;
    // A run knows errors by their name alone.
    auto& known = context.module.errors;
    const auto other = std::ranges::find(known, decl.name, &ErrorRow::name);
    if (other == known.end()) {
        known.push_back({decl.name, detail, error_type});
    } else if (context.types()[other->fields].fields != context.types()[detail].fields) {
        auto& d = context.report(DiagnosticCode::DuplicateName, decl.name_span,
                                 fmt::format("`{}` is another error than `{}`, with other fields",
                                             decl.qualified, context.types()[other->fields].name));
        d.help = "a run tells errors apart by the last word of their name: rename one of them";
    }
}

void resolve_const(Context& context, DeclId id) {
    Declaration decl = context.declarations[id];
    auto node = decl.node.as<ast::Const>();
    Body body{.context = context, .module = decl.module};
    TypeId type = resolve_type(context, decl.module, node.type());
    ir::ExprId value = type.has_value()
                           ? expect_expr(body, node.value(), type, fmt::format("`{}`", decl.name))
                           : check_expr(body, node.value());
    if (!type.has_value()) type = type_of(context, value);
    if (type_of(context, value).has_value() && !known_value(context, value)) {
        context.report(DiagnosticCode::NotConstant, node.value().span(),
                       fmt::format("`{}` must be known before the run", decl.name));
        value = add_mistake(context, node.value().span());
    } else if (type_of(context, value).has_value() && type_of(context, value) != type) {
        // `const none_yet: List<Line> = []` is of the type that it says.
        value = add_literal(context, *known_value(context, value), type, node.value().span());
    }
    context.declarations[id].type = type;
    context.declarations[id].value = value;
}

void check_fn_body(Context& context, DeclId id) {
    Declaration decl = context.declarations[id];
    auto node = decl.node.as<ast::Fn>();
    ir::FnId fn{decl.row};
    Body body{.context = context, .module = decl.module};
    std::vector<ir::LocalId> locals;
    for (const auto& p : decl.signature.parameters) {
        locals.push_back(body.declare(p.name, p.type, p.span));
    }
    TypeId wanted = decl.signature.result;
    const Wanting wanting(body, {"fn", decl.qualified});
    ir::ExprId result =
        wanted.has_value()
            ? expect_expr(body, node.body(), wanted, fmt::format("the result of `{}`", decl.name))
            : check_expr(body, node.body());
    if (!node.type()) wanted = type_of(context, result);
    auto& row = context.module.fns[fn];
    row.parameters = std::move(locals);
    row.body = result;
    row.result = wanted;
    context.declarations[id].signature.result = wanted;
}

void resolve_fn(Context& context, DeclId id) {
    Declaration decl = context.declarations[id];
    auto node = decl.node.as<ast::Fn>();
    Signature signature;
    signature.parameters = resolve_parameters(context, decl.module, node.params(), nullptr);
    signature.result = resolve_type(context, decl.module, node.type());
    ir::Fn fn;
    fn.name = decl.qualified;
    fn.result = signature.result;
    context.declarations[id].row = context.module.fns.add(std::move(fn)).index;
    context.declarations[id].signature = std::move(signature);
    // Without a written result the body must be known now.
    if (!node.type()) check_fn_body(context, id);
}

void resolve_prompt(Context& context, DeclId id) {
    Declaration decl = context.declarations[id];
    auto node = decl.node.as<ast::Prompt>();
    Signature signature;
    signature.parameters = resolve_parameters(context, decl.module, node.params(), nullptr);
    TypeId answer =
        node.type() ? resolve_type(context, decl.module, node.type()) : context.common.text;
    ir::Prompt prompt;
    prompt.name = decl.qualified;
    prompt.template_source = std::string(node.text());
    if (answer.has_value()) {
        Type t;
        t.kind = TypeKind::Prompt;
        t.name = decl.qualified;
        t.element = answer;
        for (const auto& p : signature.parameters) {
            t.fields.push_back(
                {p.name, p.name, p.type.has_value() ? p.type : context.common.bottom, {}});
        }
        prompt.type = context.types().add(std::move(t));
    }
    signature.result = prompt.type;
    context.declarations[id].row = context.module.prompts.add(std::move(prompt)).index;
    context.declarations[id].used_in_system.assign(signature.parameters.size(), false);
    context.declarations[id].signature = std::move(signature);
}

}  // namespace

std::optional<Value> constant_default(Body& body, ast::Expr expr, TypeId type,
                                      std::string_view name) {
    ir::ExprId id = expect_expr(body, expr, type, fmt::format("`{}`", name));
    if (!type_of(body.context, id).has_value()) return std::nullopt;
    auto value = known_value(body.context, id);
    if (!value) {
        body.context.report(DiagnosticCode::NotConstant, expr.span(),
                            fmt::format("the default of `{}` must be known before the run", name));
    }
    return value;
}

std::vector<Parameter> resolve_parameters(
    Context& context, ModuleId module, const std::vector<ast::Param>& params,
    const std::vector<std::pair<std::string, TypeId>>* variables) {
    std::vector<Parameter> out;
    for (const auto& p : params) {
        if (p.name().text().empty()) continue;
        out.push_back({std::string(p.name().text()),
                       resolve_type(context, module, p.type(), variables), p.default_value(),
                       p.name().span()});
    }
    return out;
}

void resolve(Context& context, DeclId id) {
    auto state = context.declarations[id].state;
    if (state == Declaration::State::Done) return;
    if (state == Declaration::State::InProgress) {
        auto& decl = context.declarations[id];
        context.report(DiagnosticCode::RecursiveDefinition, decl.name_span,
                       fmt::format("`{}` is defined by itself", decl.qualified));
        decl.state = Declaration::State::Done;
        return;
    }
    context.declarations[id].state = Declaration::State::InProgress;
    switch (context.declarations[id].kind) {
        case DeclKind::Record: {
            TypeId type = resolve_record(context, context.declarations[id]);
            context.declarations[id].type = type;
            break;
        }
        case DeclKind::Enum: {
            TypeId type = resolve_enum(context, context.declarations[id]);
            context.declarations[id].type = type;
            break;
        }
        case DeclKind::Alias: {
            TypeId type = resolve_alias(context, context.declarations[id]);
            context.declarations[id].type = type;
            break;
        }
        case DeclKind::Error:
            resolve_error(context, id);
            break;
        case DeclKind::Const:
            resolve_const(context, id);
            break;
        case DeclKind::Fn:
            resolve_fn(context, id);
            break;
        case DeclKind::Prompt:
            resolve_prompt(context, id);
            break;
        case DeclKind::Worker:
            resolve_worker(context, id);
            break;
        case DeclKind::Workflow:
            resolve_workflow(context, id);
            break;
    }
    context.declarations[id].state = Declaration::State::Done;
}

void check_bodies(Context& context) {
    // Checking a body may resolve what a library declares, so the list grows while it is walked.
    for (std::uint32_t i = 0; i < context.declarations.size(); ++i) {
        DeclId id{i};
        const auto& decl = context.declarations[id];
        if (!context.modules[decl.module].is_standard) resolve(context, id);
    }
    for (std::uint32_t i = 0; i < context.declarations.size(); ++i) {
        check_defaults(context, DeclId{i});
    }
    std::vector<bool> checked(context.declarations.size(), false);
    for (bool again = true; again;) {
        again = false;
        for (std::uint32_t i = 0; i < context.declarations.size(); ++i) {
            DeclId id{i};
            if (checked[i] || context.declarations[id].state != Declaration::State::Done) continue;
            checked[i] = again = true;
            switch (context.declarations[id].kind) {
                case DeclKind::Fn:
                    if (context.declarations[id].node.as<ast::Fn>().type())
                        check_fn_body(context, id);
                    break;
                case DeclKind::Prompt:
                    check_prompt(context, id);
                    break;
                case DeclKind::Workflow:
                    static_cast<void>(check_workflow_now(context, id, {}));
                    break;
                default:
                    break;
            }
        }
    }
}

std::optional<std::string> error_name(Context& context, ModuleId module, ast::Path path) {
    Dotted name = dotted_of(path);
    if (name.empty()) return std::nullopt;
    DeclId id = find_error(context, module, name);
    if (id.has_value()) {
        resolve(context, id);
        return context.declarations[id].name;
    }
    if (name.size() == 1 && (is_builtin_error(name[0]) || name[0] == "Error")) {
        return std::string(name[0]);
    }
    report_unknown(context, DiagnosticCode::UnknownName, path.span(), "error", joined(name),
                   legal_errors(context, module, name));
    return std::nullopt;
}

}  // namespace weft::check
