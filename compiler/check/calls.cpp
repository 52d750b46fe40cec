#include "compiler/check/calls.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/constants.h"
#include "compiler/check/declare.h"
#include "compiler/check/defaults.h"
#include "compiler/check/names.h"
#include "compiler/check/origins.h"
#include "compiler/check/others.h"
#include "compiler/check/secrets.h"
#include "compiler/check/test_names.h"
#include "compiler/check/types.h"

namespace weft::check {

namespace {

using ir::ExprKind;

// What may be none is none when it is left out, as a field of a record is.
bool may_be_none(const Context& context, TypeId type) {
    return type.has_value() && !has_variable(context, type) &&
           kind_of(context, type) == TypeKind::Optional;
}

std::vector<ParameterName> parameter_names(const Context& context, const Signature& signature) {
    std::vector<ParameterName> out;
    for (const auto& p : signature.parameters) {
        out.push_back({p.name, bool(p.default_value) || may_be_none(context, p.type)});
    }
    return out;
}

LabelSet united(const std::vector<LabelSet>& sets) {
    LabelSet out = 0;
    for (LabelSet one : sets) out |= one;
    return out;
}

ir::ExprId call_fn(Body& body, ast::Call call, const Declaration& decl) {
    Context& context = body.context;
    BoundCall bound = bind_call(body, call, decl.qualified, decl.signature, decl.module);
    if (!bound.ok || !bound.result.has_value()) return add_mistake(context, call.span());
    for (std::size_t i = 0; i < bound.args.size(); ++i) {
        if ((bound.excess[i] & kSecret) == 0) continue;
        refuse_secret_text(body, bound.args[i],
                           fmt::format("`{}`, which is not declared to take one,", decl.qualified));
    }
    ir::Expr e;
    e.kind = ExprKind::CallFn;
    e.index = decl.row;
    e.args = std::move(bound.args);
    e.span = call.span();
    e.type = with_labels(context.types(), bound.result, united(bound.excess));
    return add_expr(context, std::move(e));
}

// What stands in the system part instructs the model, so it must be the author's.
void check_system_arguments(Body& body, const Declaration& decl, const BoundCall& bound) {
    Context& context = body.context;
    for (std::size_t i = 0; i < bound.args.size(); ++i) {
        if (!decl.used_in_system[i] || bound.excess[i] == 0) continue;
        Span span = span_of(context, bound.args[i]);
        const auto& name = decl.signature.parameters[i].name;
        if ((bound.excess[i] & kSecret) != 0) {
            context.report(DiagnosticCode::SecretInPrompt, span,
                           fmt::format("a Secret goes into the system part of `{}` as `{}`",
                                       decl.qualified, name));
        } else if ((bound.excess[i] & kPii) != 0) {
            context.report(DiagnosticCode::PiiToSink, span,
                           fmt::format("the system part of `{}` takes no Pii, but gets `{}`",
                                       decl.qualified, name));
        } else {
            context.report(DiagnosticCode::UntrustedInInstructions, span,
                           fmt::format("untrusted text instructs the model: `{}` stands in the "
                                       "system part of `{}`",
                                       name, decl.qualified));
        }
    }
}

ir::ExprId call_prompt(Body& body, ast::Call call, DeclId id) {
    Context& context = body.context;
    check_prompt(context, id);  // its result carries the labels of its text
    Declaration decl = context.declarations[id];
    BoundCall bound = bind_call(body, call, decl.qualified, decl.signature, decl.module);
    if (!bound.ok || !bound.result.has_value()) return add_mistake(context, call.span());
    check_system_arguments(body, context.declarations[id], bound);
    ir::Expr e;
    e.kind = ExprKind::Prompt;
    e.index = decl.row;
    e.args = std::move(bound.args);
    e.span = call.span();
    // It travels with its inputs, whether its text shows all of them or not. What has no place in
    // the system part has been told of already.
    LabelSet labels = united(bound.excess);
    for (std::size_t i = 0; i < e.args.size(); ++i) {
        const LabelSet all = all_labels(context.types(), type_of(context, e.args[i]));
        labels |= decl.used_in_system[i] ? static_cast<LabelSet>(all & kUntrusted) : all;
    }
    e.type = with_labels(context.types(), bound.result, labels);
    return add_expr(context, std::move(e));
}

// Files and prompts are made by the engine alone, whatever a text says.
bool can_be_read(const Context& context, TypeId type) {
    if (!type.has_value()) return true;
    const Type& t = context.types()[type];
    if (t.kind == TypeKind::File || t.kind == TypeKind::Prompt) return false;
    auto all = [&](const std::vector<FieldType>& fields) {
        return std::ranges::all_of(fields,
                                   [&](const auto& f) { return can_be_read(context, f.type); });
    };
    return can_be_read(context, t.element) && all(t.fields) &&
           std::ranges::all_of(t.cases, [&](const auto& c) { return all(c.fields); });
}

// A text that is wanted as a text needs no reading, and Json as Json neither.
ir::RefineSource refine_source(const Context& context, TypeKind from, TypeId base) {
    TypeKind target = context.types()[base].kind;
    bool is_text = target == TypeKind::Text || target == TypeKind::Email || target == TypeKind::Url;
    if (context.types()[base].name.starts_with("error ")) return ir::RefineSource::Error;
    if (!can_be_read(context, base)) return ir::RefineSource::Value;
    if (from == TypeKind::Text && !is_text) return ir::RefineSource::Text;
    if (from == TypeKind::Json && target != TypeKind::Json) return ir::RefineSource::Json;
    return ir::RefineSource::Value;
}

// What stands before `.from`.
Dotted written_type(ast::Call call) {
    auto access = call.callee().bare().as<ast::FieldAccess>();
    return access ? ast::dotted_name(access.base().bare()) : Dotted{};
}

// T.from(x)
ir::ExprId refine_call(Body& body, ast::Call call, TypeId type) {
    Context& context = body.context;
    auto matched = match_arguments(body, call.arguments(), call.span(), "from", {{"value", false}});
    if (!matched.ok || !type.has_value()) return add_mistake(context, call.span());
    TypeId base = base_of(context, type);
    ir::ExprId a = check_expr(body, matched.exprs[0], base);
    a = adapt_literal(body, a, base);
    TypeId from = type_of(context, a);
    if (!from.has_value()) return add_mistake(context, call.span());
    refuse_secret_text(body, a, "`from`");
    TypeKind kind = kind_of(context, from);
    LabelSet labels = all_labels(context.types(), from);
    ir::RefineSource source = refine_source(context, kind, base);
    bool is_error = source == ir::RefineSource::Error;
    TypeKind target = kind_of(context, base);
    bool shapes = kind == TypeKind::Text && (target == TypeKind::Email || target == TypeKind::Url);
    bool parses = shapes || (is_error && base_of(context, from) == context.common.error) ||
                  (!is_error && source != ir::RefineSource::Value) ||
                  (context.types()[base].kind == TypeKind::Money && kind == TypeKind::Money);
    if (!parses && !fits(context, base_of(context, from), base, labels)) {
        context.report(DiagnosticCode::TypeMismatch, call.span(),
                       fmt::format("`{}.from` can't make anything of a {}",
                                   is_error ? joined(written_type(call)) : context.text(type),
                                   context.text(from)));
        return add_mistake(context, call.span());
    }
    ir::Expr e;
    e.kind = ExprKind::Refine;
    e.a = a;
    e.index = type.index;
    e.extra = static_cast<std::uint32_t>(source);
    e.span = call.span();
    e.type = with_labels(context.types(), make_optional(context, type),
                         outer_labels(context.types(), from));
    return add_expr(context, std::move(e));
}

std::optional<TypeId> refine_target(Body& body, ast::Call call) {
    Context& context = body.context;
    auto access = call.callee().bare().as<ast::FieldAccess>();
    if (!access || access.field().text() != "from") return std::nullopt;
    if (auto value = access.base().bare().as<ast::TypeValue>()) {
        return resolve_type(context, body.module, value.type());
    }
    Dotted name = ast::dotted_name(access.base().bare());
    if (name.empty() || name.back()[0] < 'A' || name.back()[0] > 'Z') return std::nullopt;
    DeclId id = find_type(context, body.module, name);
    if (id.has_value()) {
        resolve(context, id);
        return context.declarations[id].type;
    }
    if (DeclId error = find_error(context, body.module, name); error.has_value()) {
        resolve(context, error);
        return context.declarations[error].error_type;
    }
    TypeId simple = name.size() == 1 ? simple_type(context.common, name[0]) : TypeId{};
    if (simple.has_value()) return simple;
    report_unknown(context, DiagnosticCode::UnknownName, access.base().span(), "type", joined(name),
                   legal_types(context, body.module, name));
    return TypeId{};
}

// Checks the arguments of a call that can't be made, for the mistakes in them.
ir::ExprId not_callable(Body& body, ast::Call call) {
    for (const auto& argument : call.arguments()) {
        if (!argument.value().as<ast::Lambda>()) check_expr(body, argument.value());
    }
    return add_mistake(body.context, call.span());
}

ir::ExprId call_declared(Body& body, ast::Call call, DeclId id) {
    Context& context = body.context;
    resolve(context, id);
    Declaration decl = context.declarations[id];
    switch (decl.kind) {
        case DeclKind::Fn:
            return call_fn(body, call, decl);
        case DeclKind::Prompt:
            return call_prompt(body, call, id);
        case DeclKind::Worker: {
            auto& d = context.report(
                DiagnosticCode::EffectInExpression, call.span(),
                fmt::format("the effect `{}` stands inside an expression", decl.qualified));
            d.help = "give it a step of its own: `step name = " + decl.qualified + "(…)`";
            return not_callable(body, call);
        }
        case DeclKind::Workflow: {
            auto& d = context.report(
                DiagnosticCode::EffectInExpression, call.span(),
                fmt::format("the workflow `{}` stands inside an expression", decl.qualified));
            d.help = "start it with `run`";
            return not_callable(body, call);
        }
        default:
            context.report(DiagnosticCode::TypeMismatch, call.callee().span(),
                           fmt::format("`{}` can't be called", decl.qualified));
            return not_callable(body, call);
    }
}

constexpr std::string_view kBuiltIn[] = {
    "map", "filter", "fold", "any", "all", "share", "sort_by", "group_by", "flat_map",
#define X(number, Name, word_, signature, summary) word_,
#include "bytecode/builtins.def"
#undef X
};

bool is_built_in(const Dotted& name) {
    return name.size() == 1 && std::ranges::find(kBuiltIn, name[0]) != std::end(kBuiltIn);
}

std::vector<std::string> callable_names(Body& body, const Dotted& name) {
    auto legal = legal_values(body.context, body.module, name);
    if (name.size() > 1) return legal;
    legal.insert(legal.end(), std::begin(kBuiltIn), std::end(kBuiltIn));
    return legal;
}

}  // namespace

MatchedArguments match_arguments(Body& body, const std::vector<ast::Argument>& arguments, Span call,
                                 std::string_view callee, const std::vector<ParameterName>& names) {
    Context& context = body.context;
    MatchedArguments out;
    out.exprs.resize(names.size());
    std::size_t position = 0;
    auto mistake = [&](Span span, std::string message) -> Diagnostic& {
        out.ok = false;
        return context.report(DiagnosticCode::ArgumentMismatch, span, std::move(message));
    };
    // Which argument is meant for which parameter is not known where one could not be read.
    if (context.has_syntax_error(call)) {
        out.ok = false;
        return out;
    }
    bool named_before = false;
    for (const auto& argument : arguments) {
        std::size_t at = position;
        if (auto name = argument.name()) {
            named_before = true;
            at = 0;
            while (at < names.size() && names[at].name != name.text()) ++at;
            if (at == names.size()) {
                std::vector<std::string> legal;
                for (const auto& n : names) legal.push_back(n.name);
                auto& d = mistake(name.span(),
                                  fmt::format("`{}` has no parameter `{}`", callee, name.text()));
                if (auto near = nearest(name.text(), legal)) {
                    d.help = fmt::format("did you mean `{}`?", *near);
                } else if (!legal.empty()) {
                    d.notes.push_back(fmt::format("it has `{}`", fmt::join(legal, "`, `")));
                }
                continue;
            }
        } else if (named_before) {
            mistake(argument.span(), "an argument without a name stands after one with a name");
            continue;
        } else if (position++ >= names.size()) {
            mistake(argument.span(),
                    fmt::format("`{}` takes {} argument{}, not {}", callee, names.size(),
                                names.size() == 1 ? "" : "s", arguments.size()));
            break;
        }
        if (out.exprs[at]) {
            mistake(argument.span(), fmt::format("`{}` is given twice", names[at].name));
            continue;
        }
        out.exprs[at] = argument.value();
    }
    if (!out.ok) return out;
    std::vector<std::string> missing;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (!out.exprs[i] && !names[i].may_be_missing) missing.push_back(names[i].name);
    }
    if (!missing.empty()) {
        mistake(call, fmt::format("`{}` lacks `{}`", callee, fmt::join(missing, "`, `")));
    }
    return out;
}

namespace {

// Two arguments by position that each fit where the other one stands, and not where they do.
bool report_swapped(Body& body, ast::Call call, const Signature& signature,
                    std::vector<ir::ExprId>& args) {
    Context& context = body.context;
    const auto arguments = call.arguments();
    constexpr LabelSet kAny = kPii | kSecret | kUntrusted;
    auto fits_at = [&](std::size_t argument, std::size_t place) {
        const TypeId type = type_of(context, args[argument]);
        const TypeId wanted = signature.parameters[place].type;
        return type.has_value() && wanted.has_value() && !has_variable(context, wanted) &&
               fits(context, type, wanted, kAny);
    };
    auto is_positional = [&](std::size_t i) {
        return i < arguments.size() && !arguments[i].name();
    };
    for (std::size_t i = 0; i < args.size() && is_positional(i); ++i) {
        for (std::size_t k = i + 1; k < args.size() && is_positional(k); ++k) {
            if (fits_at(i, i) || fits_at(k, k) || !fits_at(i, k) || !fits_at(k, i)) continue;
            const Span first = arguments[i].value().span();
            const Span second = arguments[k].value().span();
            auto& d = context.report(
                DiagnosticCode::TypeMismatch, first,
                fmt::format("`{}` and `{}` stand in each other's place",
                            arguments[i].value().text(), arguments[k].value().text()));
            d.label = fmt::format("this is `{}`", signature.parameters[k].name);
            d.secondary.push_back(
                {second, fmt::format("and this `{}`", signature.parameters[i].name)});
            d.fix = Fix{"swap them",
                        {{first, std::string(arguments[k].value().text())},
                         {second, std::string(arguments[i].value().text())}},
                        Applicability::MaybeWrong};
            args[i] = add_mistake(context, first);
            args[k] = add_mistake(context, second);
            return true;
        }
    }
    return false;
}

}  // namespace

BoundCall bind_call(Body& body, ast::Call call, std::string_view callee, const Signature& signature,
                    ModuleId home) {
    Context& context = body.context;
    BoundCall out;
    auto matched = match_arguments(body, call.arguments(), call.span(), callee,
                                   parameter_names(context, signature));
    out.ok = matched.ok;
    if (!out.ok) {
        not_callable(body, call);
        return out;
    }
    Bindings bindings;
    std::vector<std::size_t> unfit;
    for (std::size_t i = 0; i < signature.parameters.size(); ++i) {
        const auto& p = signature.parameters[i];
        TypeId hint = substitute(context, p.type, bindings);
        ir::ExprId id = matched.exprs[i] ? check_expr(body, matched.exprs[i], hint)
                        : p.default_value
                            ? check_default(context, home, p, hint)
                            : add_literal(context, {}, context.common.none, call.span());
        TypeId actual = type_of(context, id);
        // A type parameter stands for the bare type: labels are judged against the signature.
        TypeId bare = cleared_of(context.types(), actual, kPii | kSecret | kUntrusted);
        if (actual.has_value() && !unify(context, p.type, bare, bindings)) unfit.push_back(i);
        out.args.push_back(id);
    }
    report_swapped(body, call, signature, out.args);
    for (auto i : unfit) {
        const TypeId actual = type_of(context, out.args[i]);
        if (!actual.has_value()) continue;
        const auto& p = signature.parameters[i];
        const Span span = span_of(context, out.args[i]);
        context.report(DiagnosticCode::TypeMismatch, span,
                       fmt::format("`{}` takes a {}, but this is a {}", p.name,
                                   context.text(p.type), context.text(actual)));
        out.args[i] = add_mistake(context, span);
    }
    for (auto id : out.args) out.ok = out.ok && type_of(context, id).has_value();
    for (std::size_t i = 0; i < signature.parameters.size(); ++i) {
        const auto& p = signature.parameters[i];
        TypeId type = substitute(context, p.type, bindings);
        if (!type.has_value() && out.ok && p.type.has_value()) {
            context.report(DiagnosticCode::ArgumentMismatch, call.span(),
                           fmt::format("the type {} of `{}` can't be found from its arguments",
                                       context.text(p.type), callee));
            out.ok = false;
        }
        LabelSet excess = 0;
        const Wanting wanting(body, {callee, p.name, p.span});
        const Span written = matched.exprs[i] ? matched.exprs[i].span() : Span{};
        const Span around = std::exchange(body.place, written);
        out.args[i] = coerce(body, out.args[i], type, fmt::format("`{}`", p.name), &excess);
        body.place = around;
        if (!type_of(context, out.args[i]).has_value()) out.ok = false;
        out.parameter_types.push_back(type);
        out.excess.push_back(excess);
    }
    out.result = substitute(context, signature.result, bindings);
    return out;
}

ir::ExprId check_call(Body& body, ast::Call call, TypeId hint) {
    Context& context = body.context;
    if (auto target = refine_target(body, call)) return refine_call(body, call, *target);
    Dotted name = ast::dotted_name(call.callee().bare());
    if (name.empty()) {
        check_expr(body, call.callee());
        context.report(DiagnosticCode::TypeMismatch, call.callee().span(),
                       "only a name can be called");
        return not_callable(body, call);
    }
    if (!name.back().empty() && name.back()[0] >= 'A' && name.back()[0] <= 'Z') {
        return check_construct(body, call, name, hint);
    }
    // No value can be called, so a call means what is declared or built in, whatever is named so
    // here.
    const bool is_value = body.find(name[0]) != nullptr;
    if (is_value && !find_value(context, body.module, name).has_value() &&
        (name.size() > 1 || !is_function(name[0]))) {
        auto& d = context.report(DiagnosticCode::TypeMismatch, call.callee().span(),
                                 fmt::format("`{}` is a value and can't be called", joined(name)));
        if (name.size() > 1) {
            const Dotted value(name.begin(), name.end() - 1);
            d.help = function_for_method(joined(value), name.back());
        }
        return not_callable(body, call);
    }
    if (body.test != nullptr) {
        if (auto observed = check_test_call(body, call, name)) return *observed;
    }
    DeclId id = find_value(context, body.module, name);
    // No value can be called, so a constant does not hide the function of its name.
    const bool is_const = id.has_value() && context.declarations[id].kind == DeclKind::Const;
    if (id.has_value() && !(is_const && is_built_in(name))) return call_declared(body, call, id);
    if (name.size() == 1) {
        if (auto list = check_list_function(body, call, name[0])) return *list;
        if (auto builtin = check_builtin(body, call, name[0])) return *builtin;
        if (name[0] == "declassify") {
            context.report(DiagnosticCode::MisplacedStatement, call.span(),
                           "`declassify` stands as the whole value of a `let` in a workflow");
            return not_callable(body, call);
        }
    }
    if (!is_broken_import(context, body.module, name[0])) {
        report_unknown(
            context,
            body.in_prompt ? DiagnosticCode::UnknownPlaceholder : DiagnosticCode::UnknownName,
            call.callee().span(), "function", joined(name), callable_names(body, name));
    }
    return not_callable(body, call);
}

}  // namespace weft::check
