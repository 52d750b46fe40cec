#include "compiler/check/outcomes.h"

#include <fmt/format.h>

namespace weft::check {

namespace {

constexpr std::string_view kOutcomePrefix = "Outcome<";

// The order of the cases is the machine's (vm/joins.cpp).
TypeId make(TypeTable& types, TypeId value, TypeId error) {
    Type t;
    t.kind = TypeKind::Enum;
    t.name = fmt::format("{}{}>", kOutcomePrefix, types.text(value));
    t.cases.push_back({"Done", {{"value", "value", value, {}}}});
    t.cases.push_back({"Failed", {{"error", "error", error, {}}}});
    return types.add(std::move(t));
}

}  // namespace

TypeId make_outcome(Context& context, TypeId value) {
    return value.has_value() ? make(context.types(), value, context.common.error) : value;
}

TypeId outcome_value(const TypeTable& types, TypeId type) {
    if (!type.has_value()) return {};
    const Type& t = types[type];
    bool is_outcome = t.kind == TypeKind::Enum && t.name.starts_with(kOutcomePrefix);
    return is_outcome ? t.cases[0].fields[0].type : TypeId{};
}

TypeId outcome_of(TypeTable& types, TypeId outcome, TypeId value) {
    return make(types, value, types[outcome].cases[1].fields[0].type);
}

}  // namespace weft::check
