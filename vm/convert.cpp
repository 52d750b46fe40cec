// Texts and Json read as other types (`T.from`).
#include "vm/evaluate.h"
#include "vm/limits.h"

namespace weft::vm {

const TypeTable& Evaluator::json_types() {
    static const TypeTable kTypes = [] {
        TypeTable types;
        Type json;
        json.kind = TypeKind::Json;
        types.add(std::move(json));
        return types;
    }();
    return kTypes;
}

Outcome<Value> Evaluator::convert(CodePlace at, const Value& value) {
    const auto& x = at.function->code[at.pc];
    const TypeId type{x.d};
    const bool is_text = x.c == 0;
    // It is written down and read again.
    if (!pay(0, 4 * value.tree_size())) return out_of_fuel(at);
    if ((is_text && value.tag() != Tag::Text) || check_value(json_types(), TypeId{0}, value)) {
        return std::unexpected(trap(at, std::string(kNotDefined)));
    }
    std::vector<PredicateCall> calls;
    auto read = from_json(image_.types, type, to_json(json_types(), TypeId{0}, value), &calls);
    // What is a string in JSON stands in a text as it is; all else is JSON there.
    if (!read && is_text) {
        calls.clear();
        read = from_json(image_.types, type, value.as_text(), &calls);
    }
    if (!read) return Value();
    const auto holds = all_hold(std::move(calls));
    if (!holds) return std::unexpected(holds.error());
    return *holds ? std::move(*read) : Value();
}

}  // namespace weft::vm
