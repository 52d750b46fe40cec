#include "tests/simulation/plain.h"

#include <nlohmann/json.hpp>
#include <vector>

namespace weft::simulation {

namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

std::string quoted(const std::string& text) {
    return Json(text).dump();
}

Words texts() {
    Words out;
    for (const auto* text :
         {"a", "abc", "2026-03-01", "a@example.org", "https://example.org/a",
          "DE89370400440532013000", "EUR", "A-1", "12345", "low", "x1", "AB-1234"}) {
        out.push_back(quoted(text));
    }
    for (const std::size_t size : {20UL, 60UL, 200UL})
        out.push_back(quoted(std::string(size, 'a')));
    return out;
}

Words of_fields(const TypeTable& types, const std::vector<FieldType>& fields, std::string out) {
    for (const auto& field : fields) {
        const auto value = plain_json(types, field.type);
        if (!value) return {};
        out += (out.size() == 1 ? "" : ",") + quoted(field.json_name) + ":" + *value;
    }
    return {out + "}"};
}

Words of_elements(const TypeTable& types, TypeId element, const char* ends) {
    Words out;
    const auto value = plain_json(types, element);
    if (!value) return {std::string(ends, 2)};
    for (const int count : {2, 1, 3, 5, 0}) {
        std::string all(1, ends[0]);
        for (int i = 0; i < count; ++i) {
            const auto name = quoted("k" + std::to_string(i)) + ":";
            all += (i == 0 ? "" : ",") + (ends[0] == '{' ? name : "") + *value;
        }
        out.push_back(all + ends[1]);
    }
    return out;
}

Words of_cases(const TypeTable& types, const Type& type) {
    Words out;
    for (const auto& one : type.cases) {
        if (one.fields.empty()) {
            out.push_back(quoted(one.name));
            continue;
        }
        auto whole = of_fields(types, one.fields, "{");
        if (whole.empty()) continue;
        out.push_back(R"({"case":)" + quoted(one.name) + "," + whole.front().substr(1));
    }
    return out;
}

// What may fit, the likeliest first.
Words candidates(const TypeTable& types, TypeId id) {
    const Type& type = types[types.base(id)];
    switch (type.kind) {
        case TypeKind::Bool:
            return {"true", "false"};
        case TypeKind::Int:
            return {"3", "1", "0", "7", "10", "42", "100", "1000", "2026", "-1"};
        case TypeKind::Decimal:
            return {"0.9", "1", "0.5", "3", "0", "10", "100", "1000"};
        case TypeKind::Money: {
            const auto currency = type.currency.empty() ? "EUR" : type.currency;
            Words out;
            for (const auto* amount : {"120.00", "1.00", "10.00", "1000.00", "0.00", "10000.00"}) {
                out.push_back(R"({"amount":")" + std::string(amount) + R"(","currency":")" +
                              currency + "\"}");
            }
            return out;
        }
        case TypeKind::Bytes:
            return {quoted("aGVsbG8=")};
        case TypeKind::Duration:
            return {quoted("PT1H"), quoted("P1D"), quoted("PT1S"), quoted("P30D")};
        case TypeKind::Date:
            return {quoted("2026-03-01"), quoted("1980-03-01")};
        case TypeKind::Time:
            return {quoted("2026-03-01T12:00:00Z")};
        case TypeKind::Email:
            return {quoted("a@example.org")};
        case TypeKind::Url:
            return {quoted("https://example.org/a")};
        case TypeKind::Json:
            return {R"({"a":1})"};
        case TypeKind::List:
            return of_elements(types, type.element, "[]");
        case TypeKind::Map:
            return of_elements(types, type.element, "{}");
        case TypeKind::Optional: {
            const auto value = plain_json(types, type.element);
            return value ? Words{*value, "null"} : Words{"null"};
        }
        case TypeKind::Record:
            return of_fields(types, type.fields, "{");
        case TypeKind::Enum:
            return of_cases(types, type);
        default:
            return texts();
    }
}

}  // namespace

std::optional<std::string> plain_json(const TypeTable& types, TypeId type) {
    for (auto& json : candidates(types, type)) {
        if (from_json(types, type, json)) return std::move(json);
    }
    return std::nullopt;
}

}  // namespace weft::simulation
