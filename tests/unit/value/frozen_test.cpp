// Golden vectors of canonical bytes 1 and JSON form 1: tests/frozen/values_v1.txt. A line there
// never changes; a new kind of value adds lines. To get them, run this with WEFT_PRINT_VECTORS=1
// set and append what it prints.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>

#include "value/type.h"

namespace weft {
namespace {

struct Vector {
    std::string name;
    TypeId type;
    Value value;
};

class Vectors {
  public:
    Vectors() {
        scalars();
        numbers();
        containers();
        named();
    }

    TypeTable types;
    std::vector<Vector> all;

  private:
    TypeId kind(TypeKind kind, TypeId element = {}) {
        Type out;
        out.kind = kind;
        out.element = element;
        return types.add(std::move(out));
    }
    void add(std::string name, TypeId type, Value value) {
        all.push_back({std::move(name), type, std::move(value)});
    }

    void scalars() {
        const auto text = kind(TypeKind::Text);
        const auto optional = kind(TypeKind::Optional, text);
        add("none", optional, Value::none());
        add("false", kind(TypeKind::Bool), Value::boolean(false));
        add("true", kind(TypeKind::Bool), Value::boolean(true));
        add("text-empty", text, Value::text(""));
        add("text", text, Value::text("naïve \"€\"\\\n\x01\x7f𝄞"));
        add("bytes", kind(TypeKind::Bytes), Value::bytes(std::string("\0\xff\x10", 3)));
        add("date", kind(TypeKind::Date), Value::date(20'484));
        add("date-before", kind(TypeKind::Date), Value::date(-719'529));
        add("time", kind(TypeKind::Time), Value::time(1'769'853'600'250));
        add("duration", kind(TypeKind::Duration), Value::duration(90'061'500));
        add("duration-negative", kind(TypeKind::Duration), Value::duration(-1));
        add("email", kind(TypeKind::Email), Value::text("a@example.org"));
        add("url", kind(TypeKind::Url), Value::text("https://example.org/?q=1"));
    }

    void numbers() {
        const auto integer = kind(TypeKind::Int);
        for (const std::int64_t v : {std::int64_t{0}, std::int64_t{-1}, (std::int64_t{1} << 53) - 1,
                                     std::int64_t{1} << 53, INT64_MAX, INT64_MIN}) {
            add("int" + std::to_string(v), integer, Value::integer(v));
        }
        const auto decimal = kind(TypeKind::Decimal);
        for (const char* v : {"0", "0.8", "-0.05", "1200", "9999999999999999999999999999999999",
                              "1e40", "1.5e-50", "9.999999999999999999999999999999999e6144"}) {
            add(std::string("decimal") + v, decimal, Value::decimal(*Decimal::parse(v)));
        }
        const auto money = kind(TypeKind::Money);
        for (const char* currency : {"EUR", "JPY", "KWD"}) {
            add(std::string("money-") + currency, money,
                Value::money(*Decimal::parse("12.5"), currency));
        }
    }

    void containers() {
        const auto integer = kind(TypeKind::Int);
        const auto json = kind(TypeKind::Json);
        add("list-empty", kind(TypeKind::List, integer), Value::list({}));
        add("list", kind(TypeKind::List, integer),
            Value::list({Value::integer(2), Value::integer(1)}));
        add("map", kind(TypeKind::Map, integer),
            Value::map(
                {{"b", Value::integer(1)}, {"", Value::integer(2)}, {"é", Value::integer(3)}}));
        add("json", json,
            Value::map({{"z", Value::none()},
                        {"a", Value::list({Value::integer(INT64_MAX), Value::boolean(true),
                                           Value::decimal(*Decimal::parse("0.5"))})}}));
    }

    void named() {
        const auto text = kind(TypeKind::Text);
        Type order;
        order.kind = TypeKind::Record;
        order.name = "Order";
        order.fields = {{"order_id", "orderId", text, {}},
                        {"note", "note", kind(TypeKind::Optional, text), {}}};
        const auto order_id = types.add(order);
        add("record", order_id, Value::record({Value::text("a"), Value::text("b")}));
        add("record-none", order_id, Value::record({Value::text("a"), Value::none()}));
        Type status;
        status.kind = TypeKind::Enum;
        status.name = "Status";
        status.cases = {{"Pending", {}}, {"Late", {{"by", "by", kind(TypeKind::Duration), {}}}}};
        const auto status_id = types.add(status);
        add("case", status_id, Value::enum_case(0));
        add("case-fields", status_id, Value::enum_case(1, {Value::duration(259'200'000)}));
        add("file", kind(TypeKind::File),
            Value::record({Value::text("00112233445566778899aabbccddeeff"), Value::text("a.pdf"),
                           Value::text("application/pdf"), Value::integer(3),
                           Value::text(std::string(64, 'b'))}));
        add("prompt", kind(TypeKind::Prompt, order_id),
            Value::record({Value::text("brief_of"), Value::text(std::string(64, 'c')),
                           Value::text("Be brief."), Value::text("Summarise."),
                           Value::text(R"({"type":"object","properties":{}})"),
                           Value::map({{"n", Value::integer(1)}})}));
    }
};

// The key 00 01 … 0f of SipHash's own vectors.
Bytes16 vector_key() {
    Bytes16 key{};
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
    return key;
}

std::string line_of(const TypeTable& types, const Vector& vector) {
    return vector.name + "\t" + to_hex(canonical(vector.value)) + "\t" +
           to_hex(view(digest(vector.value, vector_key()))) + "\t" +
           to_json(types, vector.type, vector.value);
}

TEST(Frozen, ValuesKeepTheirBytes) {
    const Vectors vectors;
    if (std::getenv("WEFT_PRINT_VECTORS") != nullptr) {
        for (const auto& vector : vectors.all) std::cout << line_of(vectors.types, vector) << "\n";
    }
    std::ifstream file(WEFT_SOURCE_DIR "/tests/frozen/values_v1.txt");
    ASSERT_TRUE(file);
    std::map<std::string, std::string> frozen;
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with('#')) frozen[line.substr(0, line.find('\t'))] = line;
    }
    EXPECT_EQ(frozen.size(), vectors.all.size());
    for (const auto& vector : vectors.all) {
        EXPECT_EQ(line_of(vectors.types, vector), frozen[vector.name]);
        Value back;
        ASSERT_TRUE(decode_canonical(canonical(vector.value), back));
        EXPECT_EQ(back, vector.value);
        const auto json = to_json(vectors.types, vector.type, vector.value);
        const auto read = from_json(vectors.types, vector.type, json);
        if (vector.name.ends_with("e6144")) continue;  // beyond what JSON numbers are read to
        ASSERT_TRUE(read) << vector.name << read.error().message;
        EXPECT_EQ(*read, vector.value);
    }
}

}  // namespace
}  // namespace weft
