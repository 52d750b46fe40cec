#include "stdlib/llm/openai/wire_schema.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weft::stdlib::llm::openai {

namespace {

// Bounds that are told in words, each with the text before its number.
constexpr std::array<std::pair<const char*, const char*>, 6> kBounds = {
    {{"minLength", "at least # characters"},
     {"maxLength", "at most # characters"},
     {"minItems", "at least # items"},
     {"maxItems", "at most # items"},
     {"minimum", "not below #"},
     {"maximum", "not above #"}}};

std::string bounds_in_words(const OrderedJson& schema) {
    std::string words;
    for (const auto& [name, phrase] : kBounds) {
        if (!schema.contains(name)) continue;
        std::string part = phrase;
        part.replace(part.find('#'), 1, schema[name].dump());
        words += (words.empty() ? "" : ", ") + part;
    }
    for (const char* name : {"pattern", "format"}) {
        if (!schema.contains(name) || !schema[name].is_string()) continue;
        words +=
            (words.empty() ? "" : ", ") + std::string(name) + " " + schema[name].get<std::string>();
    }
    return words;
}

// Some providers take only letters, digits, _ and - in the name of a definition.
std::string definition_name(std::string name) {
    std::ranges::replace(name, '.', '_');
    return name;
}

bool is_required(const OrderedJson& schema, const std::string& name) {
    const auto required = schema.find("required");
    return required != schema.end() &&
           std::ranges::any_of(*required, [&](const OrderedJson& one) { return one == name; });
}

OrderedJson lower(const OrderedJson& schema);

OrderedJson or_null(OrderedJson schema) {
    if (schema.contains("type") && schema["type"].is_string() && !schema.contains("enum")) {
        schema["type"] = OrderedJson::array({schema["type"], "null"});
        return schema;
    }
    return OrderedJson{{"anyOf", OrderedJson::array({std::move(schema), {{"type", "null"}}})}};
}

void lower_object(const OrderedJson& schema, OrderedJson& out) {
    OrderedJson properties = OrderedJson::object();
    OrderedJson required = OrderedJson::array();
    for (const auto& [name, inner] : schema["properties"].items()) {
        OrderedJson lowered = lower(inner);
        properties[name] =
            is_required(schema, name) ? std::move(lowered) : or_null(std::move(lowered));
        required.push_back(name);
    }
    out["properties"] = std::move(properties);
    out["required"] = std::move(required);
    out["additionalProperties"] = false;
}

OrderedJson lower(const OrderedJson& schema) {
    if (!schema.is_object()) return schema;
    OrderedJson out = OrderedJson::object();
    for (const char* name : {"type", "enum", "const"}) {
        if (schema.contains(name)) out[name] = schema[name];
    }
    if (schema.contains("$ref")) {
        out["$ref"] = definition_name(schema["$ref"].get<std::string>());
        return out;
    }
    std::string description = schema.value("description", std::string());
    const std::string bounds = bounds_in_words(schema);
    if (!bounds.empty()) description += (description.empty() ? "" : " ") + ("(" + bounds + ")");
    if (!description.empty()) out["description"] = description;
    if (schema.contains("properties")) lower_object(schema, out);
    if (schema.contains("items")) out["items"] = lower(schema["items"]);
    for (const char* name : {"anyOf", "oneOf"}) {
        if (!schema.contains(name)) continue;
        for (const OrderedJson& choice : schema[name]) out["anyOf"].push_back(lower(choice));
    }
    if (schema.contains("allOf") && schema["allOf"].size() == 1) {
        OrderedJson inner = lower(schema["allOf"][0]);
        out.update(inner);
    }
    return out;
}

void drop_nulls(OrderedJson& value) {
    if (value.is_object()) {
        OrderedJson kept = OrderedJson::object();
        for (auto& [name, inner] : value.items()) {
            if (inner.is_null()) continue;
            drop_nulls(inner);
            kept[name] = std::move(inner);
        }
        value = std::move(kept);
    } else if (value.is_array()) {
        for (OrderedJson& inner : value) drop_nulls(inner);
    }
}

}  // namespace

WireSchema wire_schema(const OrderedJson& schema) {
    WireSchema wire;
    wire.is_wrapped = !resolve_schema(schema, schema).contains("properties");
    OrderedJson definitions = OrderedJson::object();
    if (schema.contains("$defs")) {
        for (const auto& [name, inner] : schema["$defs"].items()) {
            definitions[definition_name(name)] = lower(inner);
        }
    }
    // The root itself must be the object, not a reference to it.
    const OrderedJson& root = wire.is_wrapped ? schema : resolve_schema(schema, schema);
    wire.schema = lower(root);
    if (wire.is_wrapped) {
        wire.schema = OrderedJson{{"type", "object"},
                                  {"properties", {{"value", std::move(wire.schema)}}},
                                  {"required", OrderedJson::array({"value"})},
                                  {"additionalProperties", false}};
    }
    if (!definitions.empty()) wire.schema["$defs"] = std::move(definitions);
    return wire;
}

OrderedJson unwrap(OrderedJson reply, bool is_wrapped) {
    if (is_wrapped && reply.is_object() && reply.contains("value")) {
        OrderedJson inner = std::move(reply["value"]);
        reply = std::move(inner);
    }
    drop_nulls(reply);
    return reply;
}

}  // namespace weft::stdlib::llm::openai
