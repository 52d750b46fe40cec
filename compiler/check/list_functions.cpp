// map, filter, fold and their like: the functions that take a lambda.
#include <fmt/format.h>

#include "compiler/check/calls.h"
#include "compiler/check/secrets.h"

namespace weft::check {

namespace {

using ir::ListOp;

struct ListFunction {
    std::string_view name;
    ListOp op;
};
constexpr ListFunction kFunctions[] = {
    {"map", ListOp::Map},          {"filter", ListOp::Filter},    {"any", ListOp::Any},
    {"all", ListOp::All},          {"share", ListOp::Share},      {"sort_by", ListOp::SortBy},
    {"group_by", ListOp::GroupBy}, {"flat_map", ListOp::FlatMap}, {"fold", ListOp::Fold},
};

bool wants_bool(ListOp op) {
    return op == ListOp::Filter || op == ListOp::Any || op == ListOp::All || op == ListOp::Share;
}

// The lambda's row, with its body checked; `bodies` says what it must give.
ir::LambdaId check_lambda(Body& body, ast::Lambda lambda, const std::vector<TypeId>& parameters,
                          ListOp op, TypeId wanted) {
    Context& context = body.context;
    std::size_t mark = body.mark();
    ir::Lambda row;
    auto names = lambda.parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        std::string name(names[i].text());
        if (name == "_") {
            row.parameters.push_back(context.add_local(name, parameters[i], names[i].span()));
        } else {
            row.parameters.push_back(body.declare(name, parameters[i], names[i].span()));
        }
    }
    if (wants_bool(op)) {
        row.body = expect_condition(body, lambda.body(), "what the lambda gives");
    } else if (op == ListOp::Fold) {
        LabelSet ignored = 0;
        row.body = coerce(body, check_expr(body, lambda.body(), wanted), wanted,
                          "what the lambda gives", &ignored);
    } else {
        row.body = check_expr(body, lambda.body(), wanted);
    }
    body.leave(mark);
    return context.module.lambdas.add(std::move(row));
}

// What the function gives for an element of type `given` from the lambda; none when it can't be.
TypeId result_type(Body& body, ListOp op, TypeId list, TypeId given, Span span) {
    Context& context = body.context;
    TypeId bare_list = base_of(context, list);
    auto wrong = [&](std::string_view what) {
        context.report(DiagnosticCode::TypeMismatch, span,
                       fmt::format("the lambda must give {}, not a {}", what, context.text(given)));
        return TypeId{};
    };
    switch (op) {
        case ListOp::Map:
            return make_list(context, given);
        case ListOp::Filter:
            return bare_list;
        case ListOp::Any:
        case ListOp::All:
            return context.common.boolean;
        case ListOp::Share:
            return context.common.score;
        case ListOp::SortBy:
            return is_ordered(kind_of(context, given)) ? bare_list
                                                       : wrong("something with an order");
        case ListOp::GroupBy:
            return kind_of(context, given) == TypeKind::Text ? make_map(context, bare_list)
                                                             : wrong("a Text");
        case ListOp::FlatMap:
            return kind_of(context, given) == TypeKind::List ? base_of(context, given)
                                                             : wrong("a List");
        case ListOp::Fold:
            return given;
    }
    return {};
}

}  // namespace

std::optional<ir::ExprId> check_list_function(Body& body, ast::Call call, std::string_view name) {
    Context& context = body.context;
    const ListFunction* function = nullptr;
    for (const auto& f : kFunctions) {
        if (f.name == name) function = &f;
    }
    if (function == nullptr) return std::nullopt;
    bool is_fold = function->op == ListOp::Fold;
    std::vector<ParameterName> names = {{"list", false}};
    if (is_fold) names.push_back({"start", false});
    names.push_back({"lambda", false});
    auto matched = match_arguments(body, call.arguments(), call.span(), name, names);
    if (!matched.ok) return add_mistake(context, call.span());
    ir::Expr e;
    e.kind = ir::ExprKind::ListFn;
    e.list_op = function->op;
    e.span = call.span();
    e.a = check_expr(body, matched.exprs[0]);
    if (is_fold) e.b = check_expr(body, matched.exprs[1]);
    TypeId list = type_of(context, e.a);
    if (!list.has_value() || (is_fold && !type_of(context, e.b).has_value())) {
        return add_mistake(context, call.span());
    }
    if (kind_of(context, list) != TypeKind::List) {
        context.report(
            DiagnosticCode::TypeMismatch, matched.exprs[0].span(),
            fmt::format("`{}` takes a list, but this is a {}", name, context.text(list)));
        return add_mistake(context, call.span());
    }
    auto lambda = matched.exprs.back().bare().as<ast::Lambda>();
    std::size_t count = is_fold ? 2 : 1;
    if (!lambda && context.has_syntax_error(matched.exprs.back().span())) {
        return add_mistake(context, call.span());  // `|x| …` was reported
    }
    if (!lambda || lambda.parameters().size() != count) {
        context.report(DiagnosticCode::ArgumentMismatch, matched.exprs.back().span(),
                       fmt::format("`{}` takes a lambda with {} name{}: `{} => …`", name, count,
                                   count == 1 ? "" : "s", is_fold ? "(sum, item)" : "item"));
        return add_mistake(context, call.span());
    }
    LabelSet labels = outer_labels(context.types(), list);
    TypeId item =
        with_labels(context.types(), context.types()[base_of(context, list)].element, labels);
    std::vector<TypeId> parameters;
    TypeId accumulator;
    if (is_fold) {
        // The start may be a literal of a refined or labelled type: the sum is of its base.
        accumulator = with_labels(context.types(), base_of(context, type_of(context, e.b)),
                                  labels | outer_labels(context.types(), item) |
                                      outer_labels(context.types(), type_of(context, e.b)));
        parameters.push_back(accumulator);
    }
    parameters.push_back(item);
    ir::LambdaId row = check_lambda(body, lambda, parameters, function->op, accumulator);
    e.index = row.index;
    TypeId given = type_of(context, context.module.lambdas[row].body);
    if (!given.has_value()) return add_mistake(context, call.span());
    if (function->op == ListOp::SortBy || function->op == ListOp::GroupBy) {
        refuse_secret_parts(body, context.module.lambdas[row].body, fmt::format("`{}`", name));
    }
    TypeId result = result_type(body, function->op, list, given, lambda.body().span());
    if (!result.has_value()) return add_mistake(context, call.span());
    if (function->op != ListOp::Map) labels |= outer_labels(context.types(), given);
    e.type = with_labels(context.types(), is_fold ? accumulator : result, labels);
    return add_expr(context, std::move(e));
}

}  // namespace weft::check
