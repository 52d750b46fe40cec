#include "vm/boundary.h"

#include "vm/evaluate.h"

namespace weft::vm {
namespace {

// The first call that does not hold. A predicate that traps says of nothing that it fits.
const PredicateCall* first_refusal(const Image& image, const std::vector<PredicateCall>& calls) {
    Meter meter;
    Evaluator evaluator(image, Value(), meter);
    for (const auto& predicate : calls) {
        const auto holds = evaluator.call(predicate.function, {predicate.value});
        if (!holds || holds->tag() != Tag::True) return &predicate;
    }
    return nullptr;
}

}  // namespace

std::expected<Value, Misfit> read_value(const Image& image, TypeId type, std::string_view json) {
    std::vector<PredicateCall> calls;
    auto value = from_json(image.types, type, json, &calls);
    if (!value) return value;
    if (const auto* refusal = first_refusal(image, calls)) {
        return std::unexpected(Misfit{refusal->path, "does not meet the condition of its type"});
    }
    return value;
}

bool value_fits(const Image& image, TypeId type, const Value& value) {
    std::vector<PredicateCall> calls;
    if (check_value(image.types, type, value, &calls)) return false;
    return first_refusal(image, calls) == nullptr;
}

}  // namespace weft::vm
