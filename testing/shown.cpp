// Values for people: as the language writes them where it can, so that what a failed expectation
// prints may be copied into the test.
#include <fmt/format.h>

#include <array>

#include "testing/evaluate.h"

namespace weft::test {
namespace {

constexpr std::size_t kShownMax = 2'000;  // bytes; what is longer ends in an ellipsis

// Quoted, with the escapes of the language, which JSON's are a superset of.
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (char c : text) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                out += c;
        }
    }
    return out + "\"";
}

std::string parts(const TypeTable& types, const std::vector<FieldType>& fields,
                  const std::vector<Value>& values) {
    std::string out;
    for (std::size_t i = 0; i < values.size() && i < fields.size(); ++i) {
        if (i > 0) out += ", ";
        out += fields[i].name;
        out += ": ";
        out += shown(types, fields[i].type, values[i]);
    }
    return out;
}

std::string short_name(const std::string& name) {
    return name.starts_with("error ") ? name.substr(6) : name;
}

std::string list_shown(const TypeTable& types, TypeId element, const Value& value) {
    std::string out = "[";
    for (const auto& item : value.items()) {
        if (out.size() > 1) out += ", ";
        if (out.size() > kShownMax) return out + "…]";
        out += shown(types, element, item);
    }
    return out + "]";
}

std::string map_shown(const TypeTable& types, TypeId element, const Value& value) {
    std::string out = "{";
    for (const auto& [key, item] : value.entries()) {
        if (out.size() > 1) out += ", ";
        out += quoted(key);
        out += ": ";
        out += shown(types, element, item);
    }
    return out + "}";
}

}  // namespace

std::string duration_shown(std::int64_t ms) {
    struct Unit {
        std::int64_t ms;
        std::string_view name;
    };
    constexpr std::array<Unit, 5> kUnits = {
        {{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}, {1, "ms"}}};
    if (ms == 0) return "0s";
    std::string out = ms < 0 ? "-" : "";
    std::int64_t rest = ms < 0 ? -ms : ms;
    for (const auto& unit : kUnits) {
        if (rest < unit.ms) continue;
        if (out.size() > 1) out += ' ';
        out += fmt::format("{}{}", rest / unit.ms, unit.name);
        rest %= unit.ms;
    }
    return out;
}

std::string shown(const TypeTable& types, TypeId type, const Value& value) {
    if (value.is_none()) return "none";
    TypeId base = types.base(type);
    while (types[base].kind == TypeKind::Optional) base = types.base(types[base].element);
    const Type& t = types[base];
    switch (t.kind) {
        case TypeKind::Text:
        case TypeKind::Email:
        case TypeKind::Url:
            if (value.tag() == Tag::Text) return quoted(value.as_text());
            break;
        case TypeKind::Duration:
            if (value.tag() == Tag::Duration) return duration_shown(value.as_int());
            break;
        case TypeKind::Money:
            if (value.tag() == Tag::Money) {
                const auto& money = value.as_money();
                return fmt::format("{} {}", money.amount.to_string(),
                                   std::string_view(money.currency.data(), money.currency.size()));
            }
            break;
        case TypeKind::Enum: {
            if (value.tag() != Tag::Case || value.as_case().number >= t.cases.size()) break;
            const auto& one = t.cases[value.as_case().number];
            if (one.fields.empty()) return one.name;
            return one.name + "(" + parts(types, one.fields, value.as_case().fields) + ")";
        }
        case TypeKind::Record:
            if (value.tag() != Tag::Record || t.fields.size() != value.items().size()) break;
            return short_name(t.name) + "(" + parts(types, t.fields, value.items()) + ")";
        case TypeKind::List:
            if (value.tag() == Tag::List) return list_shown(types, t.element, value);
            break;
        case TypeKind::Map:
            if (value.tag() == Tag::Map) return map_shown(types, t.element, value);
            break;
        case TypeKind::File:
            if (value.tag() == Tag::Record && value.items().size() > 1) {
                return "file(" + quoted(value.items()[1].as_text()) + ")";
            }
            break;
        case TypeKind::Date:
        case TypeKind::Time: {
            std::string json = to_json(types, base, value);
            return json.size() > 2 ? json.substr(1, json.size() - 2) : json;
        }
        default:
            break;
    }
    if (check_value(types, base, value)) return "a value of another type";
    return to_json(types, base, value);
}

}  // namespace weft::test
