#include "stdlib/llm/offline/bounds.h"

namespace weft::stdlib::llm::offline {

namespace {

std::size_t size_or(const OrderedJson& schema, const char* name, std::size_t fallback) {
    const auto found = schema.find(name);
    if (found == schema.end() || !found->is_number()) return fallback;
    const double value = found->get<double>();
    return value <= 0.0 ? 0 : static_cast<std::size_t>(value);
}

void read_range(const OrderedJson& schema, Bounds& bounds) {
    for (const char* name : {"minimum", "exclusiveMinimum"}) {
        if (!schema.contains(name) || !schema[name].is_number()) continue;
        bounds.minimum = schema[name].get<double>();
        bounds.has_range = true;
    }
    for (const char* name : {"maximum", "exclusiveMaximum"}) {
        if (!schema.contains(name) || !schema[name].is_number()) continue;
        bounds.maximum = schema[name].get<double>();
        bounds.has_range = true;
    }
}

void read_type(const OrderedJson& schema, Bounds& bounds) {
    if (!schema.contains("type")) return;
    const OrderedJson& type = schema["type"];
    if (type.is_string()) bounds.type = type.get<std::string>();
    if (!type.is_array()) return;
    for (const OrderedJson& one : type) {
        if (one.is_string() && one != "null") bounds.type = one.get<std::string>();
    }
}

}  // namespace

Bounds bounds_of(const OrderedJson& schema) {
    Bounds bounds;
    if (!schema.is_object()) return bounds;
    read_type(schema, bounds);
    read_range(schema, bounds);
    bounds.length_min = size_or(schema, "minLength", bounds.length_min);
    bounds.length_max = size_or(schema, "maxLength", bounds.length_max);
    bounds.items_min = size_or(schema, "minItems", bounds.items_min);
    bounds.items_max = size_or(schema, "maxItems", bounds.items_max);
    bounds.has_pattern = schema.contains("pattern");
    if (schema.contains("format") && schema["format"].is_string()) {
        bounds.format = schema["format"].get<std::string>();
    }
    if (schema.contains("enum")) {
        for (const OrderedJson& choice : schema["enum"]) {
            if (choice.is_string()) bounds.choices.push_back(choice.get<std::string>());
        }
    }
    if (schema.contains("const") && schema["const"].is_string()) {
        bounds.choices.push_back(schema["const"].get<std::string>());
    }
    if (bounds.type.empty() && !bounds.choices.empty()) bounds.type = "string";
    if (bounds.type.empty() && schema.contains("properties")) bounds.type = "object";
    return bounds;
}

}  // namespace weft::stdlib::llm::offline
