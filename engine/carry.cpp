#include "engine/carry.h"

#include <fmt/format.h>

#include <algorithm>

#include "vm/pure_call.h"

namespace weft::engine {
namespace {

bool same_fields(const Image& from, const std::vector<FieldType>& a, const Image& to,
                 const std::vector<FieldType>& b);

// Values of one are built like values of the other: a place means the same in both.
bool same_shape(const Image& from, TypeId a, const Image& to, TypeId b) {
    if (a.has_value() != b.has_value()) return false;
    if (!a.has_value()) return true;
    const auto& x = from.types[a];
    const auto& y = to.types[b];
    const bool same_kind = x.kind == y.kind && x.currency == y.currency;
    return same_kind && x.cases.size() == y.cases.size() &&
           same_shape(from, x.element, to, y.element) &&
           same_fields(from, x.fields, to, y.fields) &&
           std::ranges::equal(x.cases, y.cases, [&](const CaseType& p, const CaseType& q) {
               return p.name == q.name && same_fields(from, p.fields, to, q.fields);
           });
}

bool same_fields(const Image& from, const std::vector<FieldType>& a, const Image& to,
                 const std::vector<FieldType>& b) {
    return std::ranges::equal(a, b, [&](const FieldType& p, const FieldType& q) {
        return p.json_name == q.json_name && same_shape(from, p.type, to, q.type);
    });
}

std::string misfit(const Image& to, TypeId as, const std::string& path, std::string_view why) {
    return fmt::format("it is no {}{}: {}", to.types.text(as), path, why);
}

Carried<Value> checked(const Image& to, TypeId as, Value value) {
    std::vector<PredicateCall> calls;
    if (auto wrong = check_value(to.types, as, value, &calls)) {
        return std::unexpected(misfit(to, as, wrong->path, wrong->message));
    }
    for (const auto& call : calls) {
        auto holds = vm::call_pure(to, call.function, {call.value});
        const bool fits = holds && holds->tag() == Tag::True;
        if (!fits) return std::unexpected(misfit(to, as, call.path, "its condition does not hold"));
    }
    return value;
}

const ParameterRow* find(const std::vector<ParameterRow>& rows, const std::string& name) {
    const auto found = std::ranges::find(rows, name, &ParameterRow::name);
    return found == rows.end() ? nullptr : &*found;
}

Carried<Value> carry_parameters(const Image& from, const std::vector<ParameterRow>& old_rows,
                                const Image& to, const std::vector<ParameterRow>& rows,
                                const Value& values) {
    std::vector<Value> out;
    for (const auto& row : rows) {
        const auto* old = find(old_rows, row.name);
        if (old == nullptr && !row.has_default) {
            return std::unexpected(
                fmt::format("the parameter `{}` is new and has no default", row.name));
        }
        if (old == nullptr) {
            out.push_back(row.default_value);
            continue;
        }
        const auto index = static_cast<std::size_t>(old - old_rows.data());
        auto value = carry_value(from, old->type, to, row.type, values.items()[index]);
        if (!value) {
            return std::unexpected(fmt::format("the parameter `{}`: {}", row.name, value.error()));
        }
        out.push_back(std::move(*value));
    }
    return Value::record(std::move(out));
}

}  // namespace

Carried<Value> carry_value(const Image& from, TypeId type, const Image& to, TypeId as,
                           const Value& value) {
    // A step without a type gives nothing.
    if (!type.has_value() || !as.has_value()) return value;
    if (same_shape(from, type, to, as)) return checked(to, as, value);
    auto converted = from_json(to.types, as, to_json(from.types, type, value));
    if (!converted) {
        return std::unexpected(misfit(to, as, converted.error().path, converted.error().message));
    }
    return checked(to, as, std::move(*converted));
}

Carried<vm::Begin> carry_begin(const Image& from, const Image& to, const vm::Begin& begin) {
    const auto& old = from.workflows[begin.workflow];
    const auto found = std::ranges::find(to.workflows, old.name, &WorkflowRow::name);
    if (found == to.workflows.end()) {
        return std::unexpected(fmt::format("there is no workflow `{}` any more", old.name));
    }
    auto input = carry_parameters(from, old.parameters, to, found->parameters, begin.input);
    if (!input) return std::unexpected(input.error());
    auto tunes = carry_parameters(from, old.tunes, to, found->tunes, begin.tunes);
    if (!tunes) return std::unexpected(tunes.error());
    vm::Begin out = begin;
    out.workflow = static_cast<std::uint32_t>(found - to.workflows.begin());
    out.input = std::move(*input);
    out.tunes = std::move(*tunes);
    return out;
}

}  // namespace weft::engine
