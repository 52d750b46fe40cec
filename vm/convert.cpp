// Texts, Json and errors read as other types (`T.from`).
#include <algorithm>

#include "vm/evaluate.h"
#include "vm/limits.h"

namespace weft::vm {

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
    // What is a string in JSON stands in a text as it is; all else is JSON there. A Json may be
    // both: it is what the text says.
    const bool is_json = is_text && image_.types[type].kind == TypeKind::Json;
    const std::string json =
        is_json ? std::string(value.as_text()) : to_json(json_types(), TypeId{0}, value);
    auto read = from_json(image_.types, type, json, &calls);
    if (!read && is_text && !is_json) {
        calls.clear();
        read = from_json(image_.types, type, value.as_text(), &calls);
    }
    if (!read) return Value();
    const auto holds = all_hold(std::move(calls));
    if (!holds) return std::unexpected(holds.error());
    return *holds ? std::move(*read) : Value();
}

Outcome<Value> Evaluator::convert_error(CodePlace at, const Value& error) {
    const auto& x = at.function->code[at.pc];
    if (!pay(0, 4 * error.tree_size())) return out_of_fuel(at);
    if (!is_error(error)) return std::unexpected(trap(at, std::string(kNotDefined)));
    if (x.op == Opcode::WidenError) return widened(image_, error);
    const auto row = std::ranges::find(image_.errors, TypeId{x.d}, &ErrorRow::whole);
    if (row == image_.errors.end()) return std::unexpected(trap(at, std::string(kNotDefined)));
    return narrowed(image_, *row, error);
}

}  // namespace weft::vm
