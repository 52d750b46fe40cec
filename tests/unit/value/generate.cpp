#include "generate.h"

#include <array>

namespace weft::test {

std::string Generator::bytes(std::size_t length_max) {
    std::string out(below(length_max + 1), '\0');
    for (char& c : out) c = static_cast<char>(below(256));
    return out;
}

std::string Generator::text(std::size_t length_max) {
    static constexpr std::array<std::string_view, 12> kParts = {
        "a", "B", "0", " ", "\"", "\\", "\n", "\x01", "\x7f", "é", "€", "𝄞"};
    std::string out;
    for (auto n = below(length_max + 1); n > 0; --n) out += kParts[below(kParts.size())];
    return out;
}

std::string Generator::hex(std::size_t digits) {
    std::string out;
    for (std::size_t i = 0; i < digits; ++i) out += "0123456789abcdef"[below(16)];
    return out;
}

std::int64_t Generator::integer() {
    return static_cast<std::int64_t>(random_()) >> static_cast<int>(below(64));
}

Decimal Generator::decimal() {
    const auto exponent = static_cast<int>(below(chance(10) ? 4000 : 40)) - 20;
    auto text = std::to_string(integer()) + "e" + std::to_string(exponent);
    return Decimal::parse(text).value_or(Decimal());
}

Value Generator::any_value(std::uint32_t depth) {
    const auto children = [&] {
        std::vector<Value> out(below(5));
        for (auto& child : out) child = any_value(depth - 1);
        return out;
    };
    switch (below(depth > 1 ? 15 : 11)) {
        case 0:
            return Value::none();
        case 1:
            return Value::boolean(false);
        case 2:
            return Value::boolean(true);
        case 3:
            return Value::integer(integer());
        case 4:
            return Value::decimal(decimal());
        case 5:
            return Value::money(decimal(), chance(2) ? "EUR" : "JPY");
        case 6:
            return Value::text(text(12));
        case 7:
            return Value::bytes(bytes(12));
        case 8:
            return Value::duration(integer());
        case 9:
            return Value::date(static_cast<std::int32_t>(integer()));
        case 10:
            return Value::time(integer());
        case 11:
            return Value::list(children());
        case 12:
            return Value::record(children());
        case 13:
            return Value::enum_case(static_cast<std::uint32_t>(below(9)), children());
        default:
            break;
    }
    std::vector<MapEntry> entries;
    for (auto n = below(5); n > 0; --n) entries.emplace_back(text(4), any_value(depth - 1));
    return Value::map(std::move(entries));
}

std::vector<FieldType> Generator::fields(TypeTable& types, std::uint32_t depth) {
    std::vector<FieldType> out;
    for (auto n = below(4); n > 0; --n) {
        FieldType field;
        field.name = "field_" + std::to_string(out.size());
        field.json_name = chance(4) ? "Field " + std::to_string(out.size()) : field.name;
        field.type = type(types, depth);
        if (chance(4)) field.default_value = value(types, field.type);
        out.push_back(std::move(field));
    }
    return out;
}

TypeId Generator::type(TypeTable& types, std::uint32_t depth) {
    Type out;
    out.kind = static_cast<TypeKind>(below(depth > 1 ? 21 : 13));
    switch (out.kind) {
        case TypeKind::Money:
            if (chance(2)) out.currency = "EUR";
            break;
        case TypeKind::Record:
            out.name = "Record" + std::to_string(names_++);
            out.open = chance(3);
            out.fields = fields(types, depth - 1);
            break;
        case TypeKind::Enum:
            out.name = "Enum" + std::to_string(names_++);
            for (auto n = 1 + below(4); n > 0; --n) {
                out.cases.push_back(
                    {"Case" + std::to_string(out.cases.size()), fields(types, depth - 1)});
            }
            break;
        case TypeKind::Optional: {
            out.element = type(types, depth - 1);
            // None of T?? and of T? are the same value, null of Json? is read as none: no loss, but
            // a refinement inside would see a none it doesn't know.
            if (types[types.base(out.element)].kind == TypeKind::Optional) return out.element;
            break;
        }
        case TypeKind::Refined:
            out.element = type(types, depth - 1);
            out.constraints.push_back({.kind = Constraint::Kind::Function,
                                       .min = {},
                                       .max = {},
                                       .min_open = false,
                                       .max_open = false,
                                       .pattern = {},
                                       .function = 7});
            break;
        case TypeKind::Labelled:
            out.label = static_cast<LabelKind>(below(3));
            out.element = type(types, depth - 1);
            break;
        case TypeKind::List:
        case TypeKind::Map:
        case TypeKind::Prompt:
            out.element = type(types, depth - 1);
            break;
        default:
            break;
    }
    if (chance(5)) out.doc = "Says \"what\" it is.";
    return types.add(std::move(out));
}

std::vector<Value> Generator::field_values(const TypeTable& types,
                                           const std::vector<FieldType>& fields) {
    std::vector<Value> out;
    for (const auto& field : fields) out.push_back(value(types, field.type));
    return out;
}

Value Generator::json(std::uint32_t depth) {
    switch (below(depth > 1 ? 8 : 6)) {
        case 0:
            return Value::none();
        case 1:
            return Value::boolean(chance(2));
        case 2:
            return Value::integer(integer());
        case 3: {
            const auto number = decimal();
            return number.to_int() ? Value::integer(*number.to_int()) : Value::decimal(number);
        }
        case 4:
        case 5:
            return Value::text(text(8));
        case 6: {
            std::vector<Value> items(below(4));
            for (auto& item : items) item = json(depth - 1);
            return Value::list(std::move(items));
        }
        default:
            break;
    }
    std::vector<MapEntry> entries;
    for (auto n = below(4); n > 0; --n) entries.emplace_back(text(4), json(depth - 1));
    return Value::map(std::move(entries));
}

Value Generator::value(const TypeTable& types, TypeId id) {
    const Type& type = types[id];
    switch (type.kind) {
        case TypeKind::Bool:
            return Value::boolean(chance(2));
        case TypeKind::Int:
            return Value::integer(integer());
        case TypeKind::Decimal:
            return Value::decimal(decimal());
        case TypeKind::Money:
            return Value::money(decimal(), type.currency.empty() ? "KWD" : type.currency);
        case TypeKind::Text:
            return Value::text(text(12));
        case TypeKind::Bytes:
            return Value::bytes(bytes(12));
        case TypeKind::Duration:
            return Value::duration(integer());
        case TypeKind::Date:
            return Value::date(static_cast<std::int32_t>(integer()));
        case TypeKind::Time:
            return Value::time(integer());
        case TypeKind::File:
            return Value::record(
                {Value::text(hex(32)), Value::text(text(8)), Value::text("text/plain"),
                 Value::integer(static_cast<std::int64_t>(below(1000))), Value::text(hex(64))});
        case TypeKind::Json:
            return json(3);
        case TypeKind::Email:
            return Value::text("a.b+c@mail.example.org");
        case TypeKind::Url:
            return Value::text("https://example.org/a?b=c#d");
        case TypeKind::List: {
            std::vector<Value> items(below(4));
            for (auto& item : items) item = value(types, type.element);
            return Value::list(std::move(items));
        }
        case TypeKind::Map: {
            std::vector<MapEntry> entries;
            for (auto n = below(4); n > 0; --n) {
                entries.emplace_back(text(4), value(types, type.element));
            }
            return Value::map(std::move(entries));
        }
        case TypeKind::Optional:
            return chance(2) ? Value::none() : value(types, type.element);
        case TypeKind::Record:
            return Value::record(field_values(types, type.fields));
        case TypeKind::Enum: {
            const auto number = below(type.cases.size());
            return Value::enum_case(static_cast<std::uint32_t>(number),
                                    field_values(types, type.cases[number].fields));
        }
        case TypeKind::Refined:
        case TypeKind::Labelled:
            return value(types, type.element);
        case TypeKind::Prompt:
            return Value::record({Value::text("brief_of"), Value::text(hex(64)),
                                  Value::text(text(8)), Value::text(text(8)),
                                  Value::text(R"({"type":"object","b":[1.50],"a":null})"),
                                  Value::map({{"x", json(2)}})});
    }
    return {};
}

}  // namespace weft::test
