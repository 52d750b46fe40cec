// JSON form 1: writing, reading, and JSON Schema of it.
#include <gtest/gtest.h>

#include "generate.h"
#include "value/json_text.h"
#include "value/type.h"

namespace weft {
namespace {

class JsonTest : public testing::Test {
  protected:
    TypeId scalar(TypeKind kind) {
        Type out;
        out.kind = kind;
        return types.add(std::move(out));
    }
    TypeId of(TypeKind kind, TypeId element) {
        Type out;
        out.kind = kind;
        out.element = element;
        return types.add(std::move(out));
    }
    TypeId record(std::string name, std::vector<FieldType> fields, bool open = false) {
        Type out;
        out.kind = TypeKind::Record;
        out.name = std::move(name);
        out.fields = std::move(fields);
        out.open = open;
        return types.add(std::move(out));
    }
    TypeId status() {
        Type out;
        out.kind = TypeKind::Enum;
        out.name = "Status";
        out.cases = {{"Pending", {}}, {"Late", {{"by", "by", scalar(TypeKind::Duration), {}}}}};
        return types.add(std::move(out));
    }
    // What comes back as JSON from reading `json`, or "path: message".
    std::string again(TypeId type, std::string_view json) {
        const auto value = from_json(types, type, json);
        if (!value) return value.error().path + ": " + value.error().message;
        return to_json(types, type, *value);
    }

    TypeTable types;
};

TEST_F(JsonTest, Integers) {
    const auto type = scalar(TypeKind::Int);
    EXPECT_EQ(again(type, "9007199254740991"), "9007199254740991");
    EXPECT_EQ(again(type, "9007199254740992"), "\"9007199254740992\"");
    EXPECT_EQ(again(type, "\"-9223372036854775808\""), "\"-9223372036854775808\"");
    EXPECT_EQ(again(type, "9223372036854775807"), "\"9223372036854775807\"");
    EXPECT_EQ(again(type, "1.0"), "1");
    EXPECT_EQ(again(type, "1e3"), "1000");
    EXPECT_EQ(again(type, "-0"), "0");
    EXPECT_EQ(again(type, "1.5"), ": not a whole number of 64 bits");
    EXPECT_EQ(again(type, "9223372036854775808"), ": not a whole number of 64 bits");
    EXPECT_EQ(again(type, "\"5\""), ": expected Int, found text");
    EXPECT_EQ(again(type, "\"09007199254740992\""), ": expected Int, found text");
    EXPECT_EQ(again(type, "null"), ": expected Int, found null");
}

// Each of these changes when it passes through a double.
TEST_F(JsonTest, DecimalsAreExact) {
    const auto type = scalar(TypeKind::Decimal);
    for (const char* number : {"0.1", "0.1234567890123456789012345678901234", "9007199254740993",
                               "18446744073709551617", "123456789012345678901234567890.1234",
                               "-0.000000000000000000000000000000000001", "1e400", "1e-400"}) {
        EXPECT_EQ(again(type, number), number);
    }
    EXPECT_EQ(again(type, "1.50"), "1.5");
    EXPECT_EQ(again(type, "-0.0"), "0");
    EXPECT_EQ(again(type, "1.00000000000000000000000000000000001"),
              ": more digits than a Decimal holds");
    EXPECT_EQ(again(type, "1e9999999"), ": a number is out of range");
    EXPECT_EQ(again(type, "\"1\""), ": expected Decimal, found text");
}

TEST_F(JsonTest, OtherScalars) {
    EXPECT_EQ(again(scalar(TypeKind::Money), R"({"currency":"EUR","amount":"12.5"})"),
              R"({"amount":"12.50","currency":"EUR"})");
    EXPECT_EQ(again(scalar(TypeKind::Money), R"({"currency":"EUR","amount":12.5})"),
              ": amount and currency of Money are text");
    EXPECT_EQ(again(scalar(TypeKind::Bytes), R"("Zm8=")"), R"("Zm8=")");
    EXPECT_EQ(again(scalar(TypeKind::Duration), R"("PT90M")"), R"("PT1H30M")");
    EXPECT_EQ(again(scalar(TypeKind::Date), R"("2026-02-30")"),
              ": not an ISO 8601 date, such as 2026-01-31");
    EXPECT_EQ(again(scalar(TypeKind::Text), R"("\u00e9\u0001\/\ud834\udd1e")"), "\"é\\u0001/𝄞\"");
    EXPECT_EQ(again(scalar(TypeKind::Text), R"("\ud834")"), ": not well-formed JSON at byte 8");
    EXPECT_EQ(again(scalar(TypeKind::Text), "\"\xff\""), ": not well-formed JSON at byte 2");
    EXPECT_EQ(again(scalar(TypeKind::Bool), "1"), ": expected Bool, found a number");
}

TEST_F(JsonTest, Records) {
    const auto text = scalar(TypeKind::Text);
    const auto type =
        record("Order", {{"order_id", "orderId", text, {}},
                         {"note", "note", of(TypeKind::Optional, text), {}},
                         {"count", "count", scalar(TypeKind::Int), Value::integer(1)}});
    EXPECT_EQ(again(type, R"({"count":2,"note":null,"orderId":"a"})"),
              R"({"orderId":"a","count":2})");
    EXPECT_EQ(again(type, R"({"orderId":"a"})"), R"({"orderId":"a","count":1})");
    EXPECT_EQ(again(type, R"({"order_id":"a"})"),
              ": unknown member `order_id`; did you mean `orderId`?");
    EXPECT_EQ(again(type, R"({})"), ".orderId: missing");
    EXPECT_EQ(again(type, R"({"orderId":"a","orderId":"b"})"),
              ": an object has the same member twice");
    EXPECT_EQ(again(type, "[]"), ": expected Order, found an array");
    const auto open = record("Open", {{"a", "a", text, {}}}, true);
    EXPECT_EQ(again(open, R"({"z":1,"a":"x"})"), R"({"a":"x"})");
}

// A none that reading would replace by the default must be written.
TEST_F(JsonTest, NoneBesideAnotherDefault) {
    const auto type =
        record("A", {{"x", "x", of(TypeKind::Optional, scalar(TypeKind::Int)), Value::integer(5)}});
    EXPECT_EQ(again(type, R"({})"), R"({"x":5})");
    EXPECT_EQ(again(type, R"({"x":null})"), R"({"x":null})");
}

TEST_F(JsonTest, Cases) {
    const auto type = status();
    EXPECT_EQ(again(type, R"("Pending")"), R"("Pending")");
    EXPECT_EQ(again(type, R"({"by":"P3D","case":"Late"})"), R"({"case":"Late","by":"P3D"})");
    EXPECT_EQ(again(type, R"("Late")"), ": case Late has fields");
    EXPECT_EQ(again(type, R"({"case":"Pending"})"), ": case Pending has no fields");
    EXPECT_EQ(again(type, R"("Pendin")"), ": not a case of Status; did you mean `Pending`?");
    EXPECT_EQ(again(type, R"({"case":"Late"})"), ".by: missing");
}

TEST_F(JsonTest, JsonKeepsNumbersAndNull) {
    const auto type = scalar(TypeKind::Json);
    EXPECT_EQ(again(type, R"({"b":[1.0,null,1e2,0.10],"a":{}})"),
              R"({"a":{},"b":[1,null,100,0.1]})");
    EXPECT_EQ(again(type, "9223372036854775807"), "9223372036854775807");
    EXPECT_EQ(again(type, "9223372036854775808"), "9223372036854775808");
    EXPECT_EQ(again(type, "[1,]"), ": not well-formed JSON at byte 4");
    EXPECT_EQ(again(type, ""), ": not well-formed JSON at byte 1");
    EXPECT_EQ(again(type, "1 2"), ": not well-formed JSON at byte 3");
    EXPECT_EQ(again(type, std::string(64, '[') + std::string(64, ']')),
              std::string(64, '[') + std::string(64, ']'));
    EXPECT_EQ(again(type, std::string(65, '[') + std::string(65, ']')), ": nested too deeply");
    EXPECT_EQ(again(type, std::string(1'000'000, '[')), ": nested too deeply");
}

TEST_F(JsonTest, RandomValuesComeBack) {
    for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
        test::Generator random(seed);
        TypeTable table;
        const auto type = random.type(table, 4);
        const auto value = random.value(table, type);
        ASSERT_FALSE(check_value(table, type, value)) << seed;
        const auto json = to_json(table, type, value);
        const auto back = from_json(table, type, json);
        ASSERT_TRUE(back) << seed << " " << json << " " << back.error().path << ": "
                          << back.error().message;
        EXPECT_EQ(*back, value) << seed << " " << json;
        EXPECT_EQ(to_json(table, type, *back), json);
        for (const bool strict : {false, true}) {
            EXPECT_TRUE(parse_json(json_schema(table, type, strict)))
                << json_schema(table, type, strict);
        }
    }
}

TEST_F(JsonTest, DamagedTextNeverHurts) {
    test::Generator random(9);
    for (int i = 0; i < 3'000; ++i) {
        TypeTable table;
        const auto type = random.type(table, 4);
        auto json = to_json(table, type, random.value(table, type));
        for (int k = 0; k < 3 && !json.empty(); ++k) {
            json[random.below(json.size())] = "{}[]\",:0e.n\\\xff"[random.below(13)];
        }
        const auto back = from_json(table, type, json);
        if (back) {
            EXPECT_FALSE(check_value(table, type, *back));
        }
    }
}

TEST_F(JsonTest, Schema) {
    using Kind = Constraint::Kind;
    Type topic;
    topic.kind = TypeKind::Refined;
    topic.name = "Topic";
    topic.doc = "A subject.";
    topic.element = scalar(TypeKind::Text);
    topic.constraints = {{.kind = Kind::Length,
                          .min = Decimal::from_int(1),
                          .max = Decimal::from_int(80),
                          .min_open = false,
                          .max_open = false,
                          .pattern = {},
                          .function = 0}};
    const auto topic_id = types.add(topic);
    const auto type = record("Brief", {{"topics", "topics", of(TypeKind::List, topic_id), {}},
                                       {"note", "note", of(TypeKind::Optional, topic_id), {}},
                                       {"status", "status", status(), Value::enum_case(0)}});
    EXPECT_EQ(json_schema(types, type),
              R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",)"
              R"("properties":{"topics":{"type":"array","items":{"$ref":"#/$defs/Topic"}},)"
              R"("note":{"anyOf":[{"$ref":"#/$defs/Topic"},{"type":"null"}]},)"
              R"("status":{"$ref":"#/$defs/Status","default":"Pending"}},"required":["topics"],)"
              R"("additionalProperties":false,"$defs":{"Topic":{"type":"string","minLength":1,)"
              R"("maxLength":80,"description":"A subject."},"Status":{"anyOf":[{"type":"string",)"
              R"("enum":["Pending"]},{"type":"object","properties":{"case":{"type":"string",)"
              R"("enum":["Late"]},"by":{"type":"string","format":"duration"}},)"
              R"("required":["case","by"],"additionalProperties":false}]}}})");
    EXPECT_EQ(json_schema(types, type, true),
              R"({"type":"object","properties":{"topics":{"type":"array","items":)"
              R"({"$ref":"#/$defs/Topic"}},"note":{"anyOf":[{"$ref":"#/$defs/Topic"},)"
              R"({"type":"null"}]},"status":{"$ref":"#/$defs/Status"}},"required":["topics",)"
              R"("note","status"],"additionalProperties":false,"$defs":{"Topic":)"
              R"({"type":"string","description":"A subject."},"Status":{"anyOf":[{"type":"string",)"
              R"("enum":["Pending"]},{"type":"object","properties":{"case":{"type":"string",)"
              R"("enum":["Late"]},"by":{"type":"string"}},"required":["case","by"],)"
              R"("additionalProperties":false}]}}})");
}

}  // namespace
}  // namespace weft
