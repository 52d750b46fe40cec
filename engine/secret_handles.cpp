#include "engine/secret_handles.h"

#include <algorithm>

#include "value/json_text.h"

namespace weft::engine {
namespace {

constexpr std::string_view kOpen = "\xEF\xB7\x90";   // U+FDD0
constexpr std::string_view kClose = "\xEF\xB7\x91";  // U+FDD1

bool is_secret(const Type& row, bool inside) {
    return inside || (row.kind == TypeKind::Labelled && row.label == LabelKind::Secret);
}

// A list, map or record whose size alone is held to something: its texts can be handles. Not so a
// text that is held to a form itself, nor what a function looks into.
bool is_refined_outside(const TypeTable& types, const Type& row) {
    const auto looks_inside = [](const Constraint& one) {
        return one.kind == Constraint::Kind::Function;
    };
    const auto kind = types[types.base(row.element)].kind;
    return kind != TypeKind::Text && std::ranges::none_of(row.constraints, looks_inside);
}

Value deposit_parts(const TypeTable& types, TypeId type, const Value& value, bool inside,
                    const std::function<std::string(const std::string&)>& put);

Value deposit_case(const TypeTable& types, const Type& row, const Value& value, bool inside,
                   const std::function<std::string(const std::string&)>& put) {
    if (value.tag() != Tag::Case || value.as_case().number >= row.cases.size()) return value;
    const auto& given = value.as_case();
    const auto& fields = row.cases[given.number].fields;
    if (fields.size() != given.fields.size()) return value;
    std::vector<Value> out;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        out.push_back(deposit_parts(types, fields[i].type, given.fields[i], inside, put));
    }
    return Value::enum_case(given.number, std::move(out));
}

Value deposit_parts(const TypeTable& types, TypeId type, const Value& value, bool inside,
                    const std::function<std::string(const std::string&)>& put) {
    if (value.is_none() || !type.has_value()) return value;
    const Type& row = types[type];
    switch (row.kind) {
        case TypeKind::Labelled:
            return deposit_parts(types, row.element, value, is_secret(row, inside), put);
        case TypeKind::Optional:
            return deposit_parts(types, row.element, value, inside, put);
        case TypeKind::Text: {
            const bool is_clear =
                inside && value.tag() == Tag::Text && !has_handle(value.as_text());
            return is_clear ? Value::text(put(value.as_text())) : value;
        }
        case TypeKind::List: {
            if (value.tag() != Tag::List) return value;
            std::vector<Value> out;
            for (const auto& item : value.items()) {
                out.push_back(deposit_parts(types, row.element, item, inside, put));
            }
            return Value::list(std::move(out));
        }
        case TypeKind::Record: {
            if (value.tag() != Tag::Record || value.items().size() != row.fields.size()) {
                return value;
            }
            std::vector<Value> out;
            for (std::size_t i = 0; i < row.fields.size(); ++i) {
                out.push_back(
                    deposit_parts(types, row.fields[i].type, value.items()[i], inside, put));
            }
            return Value::record(std::move(out));
        }
        case TypeKind::Map: {
            if (value.tag() != Tag::Map) return value;
            std::vector<MapEntry> out = value.entries();
            for (auto& [key, part] : out) {
                part = deposit_parts(types, row.element, part, inside, put);
            }
            return Value::map(std::move(out));
        }
        case TypeKind::Enum:
            return deposit_case(types, row, value, inside, put);
        case TypeKind::Refined:
            return is_refined_outside(types, row)
                       ? deposit_parts(types, row.element, value, inside, put)
                       : value;
        default:
            return value;
    }
}

using TakeNode = std::function<Result<void>(JsonNode&)>;

Result<void> visit_texts(const TypeTable& types, TypeId type, JsonNode& node, bool inside,
                         const TakeNode& take);

// Members by their JSON names; others are not ours to judge.
Result<void> visit_fields(const TypeTable& types, const std::vector<FieldType>& fields,
                          JsonNode& node, bool inside, const TakeNode& take) {
    for (const auto& field : fields) {
        const auto name = std::ranges::find(node.names, field.json_name);
        if (name == node.names.end()) continue;
        auto& part = node.items[static_cast<std::size_t>(name - node.names.begin())];
        WEFT_TRY_VOID(visit_texts(types, field.type, part, inside, take));
    }
    return {};
}

Result<void> visit_case(const TypeTable& types, const Type& row, JsonNode& node, bool inside,
                        const TakeNode& take) {
    const auto name = std::ranges::find(node.names, "case");
    if (name == node.names.end()) return {};
    const auto& written = node.items[static_cast<std::size_t>(name - node.names.begin())].text;
    const auto found = std::ranges::find(row.cases, written, &CaseType::name);
    if (found == row.cases.end()) return {};
    return visit_fields(types, found->fields, node, inside, take);
}

Result<void> visit_texts(const TypeTable& types, TypeId type, JsonNode& node, bool inside,
                         const TakeNode& take) {
    if (!type.has_value()) return {};
    const Type& row = types[type];
    const bool is_object = node.kind == JsonNode::Kind::Object;
    switch (row.kind) {
        case TypeKind::Labelled:
            return visit_texts(types, row.element, node, is_secret(row, inside), take);
        case TypeKind::Optional:
            return visit_texts(types, row.element, node, inside, take);
        case TypeKind::Text:
            return inside ? take(node) : Result<void>();
        case TypeKind::List:
        case TypeKind::Map: {
            const bool is_list = node.kind == JsonNode::Kind::Array;
            const bool fits = row.kind == TypeKind::Map ? is_object : is_list;
            for (std::size_t i = 0; fits && i < node.items.size(); ++i) {
                WEFT_TRY_VOID(visit_texts(types, row.element, node.items[i], inside, take));
            }
            return {};
        }
        case TypeKind::Record:
            return is_object ? visit_fields(types, row.fields, node, inside, take) : Result<void>();
        case TypeKind::Enum:
            return is_object ? visit_case(types, row, node, inside, take) : Result<void>();
        case TypeKind::Refined:
            return is_refined_outside(types, row)
                       ? visit_texts(types, row.element, node, inside, take)
                       : Result<void>();
        default:
            return {};
    }
}

}  // namespace

std::string handle_of(std::string_view name) {
    std::string out(kOpen);
    out += name;
    out += kClose;
    return out;
}

bool has_handle(std::string_view text) {
    return text.find(kOpen) != std::string_view::npos;
}

std::vector<std::string> handles_in(std::string_view text) {
    std::vector<std::string> out;
    for (std::size_t at = text.find(kOpen); at != std::string_view::npos;
         at = text.find(kOpen, at)) {
        const auto end = text.find(kClose, at);
        if (end == std::string_view::npos) break;
        std::string name(text.substr(at + kOpen.size(), end - at - kOpen.size()));
        if (std::ranges::find(out, name) == out.end()) out.push_back(std::move(name));
        at = end;
    }
    return out;
}

std::string without_handles(std::string text) {
    constexpr std::string_view kNothing = "\xEF\xBF\xBD";  // U+FFFD
    for (const auto mark : {kOpen, kClose}) {
        for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
            text.replace(at, mark.size(), kNothing);
        }
    }
    return text;
}

Value with_deposits(const TypeTable& types, TypeId type, const Value& value,
                    const std::function<std::string(const std::string&)>& put) {
    return deposit_parts(types, type, value, false, put);
}

Result<void> each_secret_text(const TypeTable& types, TypeId type, JsonNode& node,
                              const std::function<Result<void>(JsonNode&)>& take) {
    return visit_texts(types, type, node, false, take);
}

Result<std::string> with_secrets(std::string_view json, const SecretValues& values) {
    std::string out;
    std::size_t done = 0;
    for (std::size_t at = json.find(kOpen); at != std::string_view::npos;
         at = json.find(kOpen, done)) {
        const auto end = json.find(kClose, at);
        if (end == std::string_view::npos) break;
        const std::string name(json.substr(at + kOpen.size(), end - at - kOpen.size()));
        const auto known = values.find(name);
        if (known == values.end()) {
            return fail(ErrorKind::NotFound, "a secret stands where none may");
        }
        if (!known->second) return std::unexpected(known->second.error());
        std::string quoted;
        write_json_string(*known->second, quoted);
        out += json.substr(done, at - done);
        out += std::string_view(quoted).substr(1, quoted.size() - 2);
        done = end + kClose.size();
    }
    out += json.substr(done);
    return out;
}

}  // namespace weft::engine
