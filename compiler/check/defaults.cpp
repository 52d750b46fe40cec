#include "compiler/check/defaults.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/expressions.h"
#include "compiler/check/relations.h"

namespace weft::check {
namespace {

// Inside one another, in a program. Each of a few may take two of the next one.
constexpr std::size_t kInsideOthersMax = 10'000;

bool holds(const std::vector<ast::Expr>& list, const ast::Expr& one) {
    return std::ranges::find(list, one) != list.end();
}

}  // namespace

ir::ExprId check_default(Context& context, ModuleId home, const Parameter& parameter, TypeId hint) {
    const ast::Expr value = parameter.default_value;
    const auto mistake = [&] { return add_mistake(context, value.span()); };
    if (holds(context.mistaken_defaults, value)) return mistake();
    auto& open = context.open_defaults;
    if (holds(open, value)) {
        context.mistaken_defaults.push_back(value);
        context.report(DiagnosticCode::RecursiveDefinition, value.span(),
                       fmt::format("the default of `{}` needs itself", parameter.name));
        return mistake();
    }
    if (!open.empty() && ++context.defaults_inside_others > kInsideOthersMax) {
        if (context.defaults_inside_others == kInsideOthersMax + 1) {
            context.report(
                DiagnosticCode::NestedTooDeep, open.front().span(),
                fmt::format("defaults take one another more than {} times", kInsideOthersMax));
        }
        return mistake();
    }
    open.push_back(value);
    Body body{.context = context, .module = home};
    const ir::ExprId id = check_expr(body, value, hint);
    context.open_defaults.pop_back();
    return id;
}

void check_defaults(Context& context, DeclId id) {
    const Declaration decl = context.declarations[id];
    const bool is_called =
        decl.kind == DeclKind::Fn || decl.kind == DeclKind::Prompt || decl.kind == DeclKind::Worker;
    if (!is_called || decl.state != Declaration::State::Done) return;
    for (const auto& parameter : decl.signature.parameters) {
        if (!parameter.default_value || !parameter.type.has_value()) continue;
        ir::ExprId value = check_default(context, decl.module, parameter, parameter.type);
        // What takes a type parameter is judged with the other arguments; labels, at each call.
        if (type_of(context, value).has_value() && !has_variable(context, parameter.type)) {
            Body body{.context = context, .module = decl.module};
            LabelSet excess = 0;
            value =
                coerce(body, value, parameter.type, fmt::format("`{}`", parameter.name), &excess);
        }
        if (!type_of(context, value).has_value() &&
            !holds(context.mistaken_defaults, parameter.default_value)) {
            context.mistaken_defaults.push_back(parameter.default_value);
        }
    }
}

}  // namespace weft::check
