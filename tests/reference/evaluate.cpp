#include "tests/reference/evaluate.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/hash.h"

namespace weft::reference {
namespace {

const TypeTable& json_only() {
    static const TypeTable kTypes = [] {
        TypeTable types;
        Type json;
        json.kind = TypeKind::Json;
        types.add(std::move(json));
        return types;
    }();
    return kTypes;
}

}  // namespace

Value error_value(ErrorParts parts) {
    return Value::record({Value::text(std::move(parts.name)), Value::text(std::move(parts.message)),
                          Value::text(std::move(parts.step)), Value::integer(parts.attempts),
                          std::move(parts.detail)});
}

namespace {

constexpr std::size_t kDetail = 4;

Value with_detail(const Value& error, Value detail) {
    auto fields = error.items();
    fields[kDetail] = std::move(detail);
    return Value::record(std::move(fields));
}

}  // namespace

std::string name_of(const Value& error) {
    return error.items()[0].as_text();
}
std::string message_of(const Value& error) {
    return error.items()[1].as_text();
}

Value Evaluator::of(ir::ExprId id, Env& env) const {
    const auto& e = module_.exprs[id];
    try {
        return compute(e, env);
    } catch (const std::string& message) {
        std::string text = message;
        if (e.span.file.has_value()) {
            const auto& source = module_.sources[e.span.file];
            const auto at = source.position(e.span.begin);
            text += " (" + std::string(source.path()) + ":" + std::to_string(at.line) + ":" +
                    std::to_string(at.column) + ")";
        }
        throw Trapped{error_value({.name = "Trap", .message = text})};
    }
}

std::vector<Value> Evaluator::all(const std::vector<ir::ExprId>& ids, Env& env) const {
    std::vector<Value> out;
    for (const auto id : ids) out.push_back(of(id, env));
    return out;
}

Value Evaluator::compute(const ir::Expr& e, Env& env) const {
    using ir::ExprKind;
    switch (e.kind) {
        case ExprKind::Literal:
            return e.value;
        case ExprKind::Local:
            return env[e.local.index];
        case ExprKind::Unwrap:
            return of(e.a, env);
        case ExprKind::Field:
            return of(e.a, env).items().at(e.index);
        case ExprKind::CaseField:
            return of(e.a, env).as_case().fields.at(e.index);
        case ExprKind::Index: {
            const Value whole = of(e.a, env);
            return index_of(whole, of(e.b, env));
        }
        case ExprKind::Not:
            return Value::boolean(!of(e.a, env).as_bool());
        case ExprKind::Negate:
            return negated(of(e.a, env));
        case ExprKind::ToDecimal: {
            const Value number = of(e.a, env);
            if (number.tag() == Tag::Decimal) return number;
            return Value::decimal(Decimal::from_int(number.as_int()));
        }
        case ExprKind::InRange: {
            const Value value = of(e.a, env);
            const Value first = of(e.args[0], env);
            if (!binary(ExprKind::GreaterEqual, value, first).as_bool()) {
                return Value::boolean(false);
            }
            return binary(ExprKind::LessEqual, value, of(e.args[1], env));
        }
        case ExprKind::And:
            return of(e.a, env).as_bool() ? of(e.b, env) : Value::boolean(false);
        case ExprKind::Or:
            return of(e.a, env).as_bool() ? Value::boolean(true) : of(e.b, env);
        case ExprKind::Coalesce: {
            Value value = of(e.a, env);
            return value.is_none() ? of(e.b, env) : value;
        }
        case ExprKind::If:
            return of(of(e.a, env).as_bool() ? e.b : e.args[0], env);
        case ExprKind::Record:
            return Value::record(all(e.args, env));
        case ExprKind::Case:
            return Value::enum_case(e.index, all(e.args, env));
        case ExprKind::List:
            return Value::list(all(e.args, env));
        case ExprKind::Map:
            return map_of(e, env);
        case ExprKind::Text: {
            std::string text;
            for (const auto& part : all(e.args, env)) text += part.as_text();
            return Value::text(text);
        }
        case ExprKind::ToText:
            return Value::text(in_text(module_.types, module_.exprs[e.a].type, of(e.a, env)));
        case ExprKind::Builtin:
            return builtin(static_cast<BuiltinFunction>(e.index), all(e.args, env));
        case ExprKind::CallFn: {
            const auto& fn = module_.fns[ir::FnId{e.index}];
            const auto arguments = all(e.args, env);
            Env inside(env.size());
            for (std::size_t i = 0; i < arguments.size(); ++i) {
                inside[fn.parameters[i].index] = arguments[i];
            }
            return of(fn.body, inside);
        }
        case ExprKind::ListFn:
            return list_function(e, env);
        case ExprKind::Prompt:
            return prompt(e, env);
        case ExprKind::Refine:
            return refine(e, env);
        case ExprKind::CaseIs:
            return Value::boolean(of(e.a, env).as_case().number == e.index);
        case ExprKind::IsNone:
            return Value::boolean(of(e.a, env).is_none());
        case ExprKind::ErrorIs:
            return Value::boolean(name_of(of(e.a, env)) == e.text);
        case ExprKind::ThisRun:
            return this_run_;
        case ExprKind::Let:
            env[e.local.index] = of(e.a, env);
            return of(e.b, env);
        default: {
            const Value left = of(e.a, env);
            return binary(e.kind, left, of(e.b, env));
        }
    }
}

Value Evaluator::map_of(const ir::Expr& e, Env& env) const {
    const auto parts = all(e.args, env);
    std::vector<MapEntry> entries;
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
        entries.emplace_back(parts[i].as_text(), parts[i + 1]);
    }
    return Value::map(std::move(entries));
}

Value Evaluator::fold(const ir::Expr& e, Env& env) const {
    const auto& lambda = module_.lambdas[ir::LambdaId{e.index}];
    const Value list = of(e.a, env);
    Value total = of(e.b, env);
    for (const auto& item : list.items()) {
        env[lambda.parameters[0].index] = total;
        env[lambda.parameters[1].index] = item;
        total = of(lambda.body, env);
    }
    return total;
}

Value Evaluator::list_function(const ir::Expr& e, Env& env) const {
    if (e.list_op == ir::ListOp::Fold) return fold(e, env);
    const auto& lambda = module_.lambdas[ir::LambdaId{e.index}];
    const Value list = of(e.a, env);
    std::vector<Value> given;
    for (const auto& item : list.items()) {
        env[lambda.parameters[0].index] = item;
        given.push_back(of(lambda.body, env));
        if (e.list_op == ir::ListOp::Any && given.back().as_bool()) return Value::boolean(true);
        if (e.list_op == ir::ListOp::All && !given.back().as_bool()) return Value::boolean(false);
    }
    std::vector<Value> out;
    switch (e.list_op) {
        case ir::ListOp::Any:
            return Value::boolean(false);
        case ir::ListOp::All:
            return Value::boolean(true);
        case ir::ListOp::Map:
            return Value::list(given);
        case ir::ListOp::FlatMap:
            for (const auto& part : given) {
                out.insert(out.end(), part.items().begin(), part.items().end());
            }
            return Value::list(out);
        case ir::ListOp::Filter:
            for (std::size_t i = 0; i < given.size(); ++i) {
                if (given[i].as_bool()) out.push_back(list.items()[i]);
            }
            return Value::list(out);
        case ir::ListOp::Share: {
            if (given.empty()) return Value::decimal(Decimal());
            const auto holding = std::ranges::count(given, Tag::True, &Value::tag);
            return binary(ir::ExprKind::Divide, Value::integer(holding),
                          Value::integer(static_cast<std::int64_t>(given.size())));
        }
        case ir::ListOp::SortBy: {
            std::vector<std::pair<Value, Value>> keyed;
            for (std::size_t i = 0; i < given.size(); ++i) {
                keyed.emplace_back(given[i], list.items()[i]);
            }
            std::ranges::stable_sort(
                keyed, [](const auto& a, const auto& b) { return compare(a.first, b.first) < 0; });
            for (const auto& [key, item] : keyed) out.push_back(item);
            return Value::list(out);
        }
        default: {
            std::map<std::string, std::vector<Value>> groups;
            for (std::size_t i = 0; i < given.size(); ++i) {
                groups[given[i].as_text()].push_back(list.items()[i]);
            }
            std::vector<MapEntry> entries;
            for (const auto& [key, items] : groups) entries.emplace_back(key, Value::list(items));
            return Value::map(entries);
        }
    }
}

// name, template, system, user, schema, inputs (value/shapes.h)
Value Evaluator::prompt(const ir::Expr& e, Env& env) const {
    const auto& node = module_.prompts[ir::PromptId{e.index}];
    const auto& type = module_.types[node.type];
    const auto arguments = all(e.args, env);
    Env inside(env.size());
    std::vector<MapEntry> inputs;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        inside[node.parameters[i].index] = arguments[i];
        const auto json = to_json(module_.types, type.fields[i].type, arguments[i]);
        inputs.emplace_back(type.fields[i].json_name, *from_json(json_only(), TypeId{0}, json));
    }
    return Value::record(
        {Value::text(node.name), Value::text(to_hex(view(sha256(node.template_source)))),
         of(node.system, inside), of(node.user, inside),
         Value::text(json_schema(module_.types, type.element)), Value::map(std::move(inputs))});
}

// T.from(x): a value of T, or none.
Value Evaluator::refine(const ir::Expr& e, Env& env) const {
    const TypeId type{e.index};
    const Value value = of(e.a, env);
    const auto source = static_cast<ir::RefineSource>(e.extra);
    if (source == ir::RefineSource::Error) return narrowed(type, value);
    if (source == ir::RefineSource::Value) return fits(type, value) ? value : Value();
    std::vector<PredicateCall> calls;
    const bool is_text = source == ir::RefineSource::Text;
    const bool is_json = is_text && module_.types[type].kind == TypeKind::Json;
    auto read = from_json(
        module_.types, type,
        is_json ? std::string(value.as_text()) : to_json(json_only(), TypeId{0}, value), &calls);
    if (!read && is_text && !is_json) {
        calls.clear();
        read = from_json(module_.types, type, value.as_text(), &calls);
    }
    return read && hold(calls) ? *read : Value();
}

const ErrorRow* Evaluator::declared(const std::string& name) const {
    for (const auto& row : module_.errors) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

Value Evaluator::widened(const Value& error) const {
    const auto& detail = error.items()[kDetail];
    if (detail.tag() != Tag::Record) return error;
    const auto* row = declared(name_of(error));
    if (row == nullptr) return with_detail(error, {});
    const auto json = to_json(module_.types, row->fields, detail);
    return with_detail(error, *from_json(json_only(), TypeId{0}, json));
}

Value Evaluator::raised(const Value& error) const {
    const auto* row = declared(name_of(error));
    if (row == nullptr) return error;
    const Value own = narrowed(row->whole, error);
    return own.is_none() ? error : own;
}

// The error as that of one declared error alone; none when it is another one.
Value Evaluator::narrowed(TypeId type, const Value& error) const {
    const auto* row = declared(name_of(error));
    if (row == nullptr || row->whole != type) return {};
    const auto& detail = error.items()[kDetail];
    if (detail.tag() == Tag::Record) return error;
    if (detail.tag() != Tag::Map) return {};
    const auto json = to_json(json_only(), TypeId{0}, detail);
    auto fields = from_json(module_.types, row->fields, json);
    return fields ? with_detail(error, std::move(*fields)) : Value();
}

bool Evaluator::fits(TypeId type, const Value& value) const {
    std::vector<PredicateCall> calls;
    return !check_value(module_.types, type, value, &calls) && hold(calls);
}

bool Evaluator::hold(const std::vector<PredicateCall>& calls) const {
    return std::ranges::all_of(calls, [&](const PredicateCall& call) {
        const auto& predicate = module_.predicates[call.function];
        Env env(module_.locals.size());
        env[predicate.it.index] = call.value;
        return of(predicate.body, env).as_bool();
    });
}

}  // namespace weft::reference
