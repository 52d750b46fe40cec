// JSON at a boundary: read into values of many types, guarded, written, and read again.
#include "tests/fuzz/target.h"
#include "value/json_text.h"
#include "value/type.h"

namespace weft::fuzz {

namespace {

TypeId simple(TypeTable& types, TypeKind kind, TypeId element = {}) {
    Type type;
    type.kind = kind;
    type.element = element;
    return types.add(std::move(type));
}

struct Shapes {
    TypeTable types;
    std::vector<TypeId> roots;

    Shapes() {
        for (auto kind :
             {TypeKind::Bool, TypeKind::Int, TypeKind::Decimal, TypeKind::Money, TypeKind::Text,
              TypeKind::Bytes, TypeKind::Duration, TypeKind::Date, TypeKind::Time, TypeKind::File,
              TypeKind::Json, TypeKind::Email, TypeKind::Url}) {
            roots.push_back(simple(types, kind));
        }
        const auto count = roots.size();
        for (std::size_t i = 0; i < count; ++i) {
            roots.push_back(simple(types, TypeKind::List, roots[i]));
            roots.push_back(simple(types, TypeKind::Map, roots[i]));
        }
        Type record;
        record.kind = TypeKind::Record;
        record.name = "All";
        for (std::size_t i = 0; i < count; ++i) {
            const auto name = "f" + std::to_string(i);
            record.fields.push_back({name, name, simple(types, TypeKind::Optional, roots[i]), {}});
        }
        record.open = true;
        roots.push_back(types.add(std::move(record)));
        Type choice;
        choice.kind = TypeKind::Enum;
        choice.name = "Choice";
        choice.cases = {{"Plain", {}}, {"With", {{"n", "n", roots[1], {}}}}};
        roots.push_back(types.add(std::move(choice)));
    }
};

const Shapes& shapes() {
    static const Shapes all;
    return all;
}

}  // namespace

std::vector<std::string> seeds() {
    return {R"(true)",
            R"(-9007199254740993)",
            R"("9223372036854775807")",
            R"({"amount": "12.50", "currency": "EUR"})",
            R"("2026-03-29T02:30:00Z")",
            R"("P1DT2H3.5S")",
            R"("2024-02-29")",
            R"("YWJj")",
            R"(["a@b.example", "https://x.example/?q=%20#f"])",
            R"({"case": "With", "n": 3})",
            R"("Plain")",
            R"({"f0": true, "f1": 1, "f2": 0.5, "f4": "\u00e9\ud83d\ude00", "f10": {"a": [null]}})",
            R"({"id": "1", "name": "a.pdf", "media": "text/plain", "size": 3, "sha256": ""})"};
}

std::vector<std::string> dictionary() {
    return {"\\ud800",  "\\u0000", "1e400",        "-0",    "null",
            "[[[[[[[[", "{\"\":",  "\xED\xA0\x80", "T24:00"};
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    const auto text = fuzz::text_of(data, size);
    const auto tree = parse_json(text);
    if (tree) {
        std::string written;
        write_json(*tree, written);
        const auto again = parse_json(written);
        WEFT_CHECK(again.has_value());
        std::string twice;
        write_json(*again, twice);
        WEFT_CHECK(twice == written);
    }
    const auto& shapes = fuzz::shapes();
    for (const auto root : shapes.roots) {
        const auto value = from_json(shapes.types, root, text);
        if (!value) continue;
        WEFT_CHECK(tree.has_value());
        WEFT_CHECK(!check_value(shapes.types, root, *value));
        const auto json = to_json(shapes.types, root, *value);
        const auto again = from_json(shapes.types, root, json);
        WEFT_CHECK(again.has_value());
        WEFT_CHECK(canonical(*again) == canonical(*value));
        Value decoded;
        WEFT_CHECK(decode_canonical(canonical(*value), decoded));
    }
    return 0;
}
