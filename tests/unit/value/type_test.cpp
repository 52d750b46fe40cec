#include "value/type.h"

#include <gtest/gtest.h>

#include "generate.h"

namespace weft {
namespace {

Decimal dec(std::string_view text) {
    return *Decimal::parse(text);
}

Constraint range(Constraint::Kind kind, const char* min, const char* max) {
    Constraint out;
    out.kind = kind;
    if (min != nullptr) out.min = dec(min);
    if (max != nullptr) out.max = dec(max);
    return out;
}

class TypeTest : public testing::Test {
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
    TypeId refined(TypeId element, std::vector<Constraint> constraints, std::string name = {}) {
        Type out;
        out.kind = TypeKind::Refined;
        out.name = std::move(name);
        out.element = element;
        out.constraints = std::move(constraints);
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
    // "" when the value fits, else "path: message".
    std::string check(TypeId type, const Value& value) {
        const auto misfit = check_value(types, type, value);
        return misfit ? misfit->path + ": " + misfit->message : "";
    }

    TypeTable types;
};

TEST_F(TypeTest, EqualStructureIsOneType) {
    const auto a = of(TypeKind::List, scalar(TypeKind::Text));
    EXPECT_EQ(a, of(TypeKind::List, scalar(TypeKind::Text)));
    EXPECT_NE(a, of(TypeKind::List, scalar(TypeKind::Int)));
    EXPECT_NE(record("A", {}), record("B", {}));
    EXPECT_NE(record("A", {}), record("A", {}, true));
}

TEST_F(TypeTest, Names) {
    const auto text = scalar(TypeKind::Text);
    EXPECT_EQ(types.text(of(TypeKind::Optional, of(TypeKind::List, text))), "List<Text>?");
    EXPECT_EQ(types.text(of(TypeKind::Map, record("rag.Citation", {}))), "Map<Text, rag.Citation>");
    Type money;
    money.kind = TypeKind::Money;
    money.currency = "EUR";
    EXPECT_EQ(types.text(types.add(money)), "Money<EUR>");
    Type labelled;
    labelled.kind = TypeKind::Labelled;
    labelled.label = LabelKind::Untrusted;
    labelled.element = refined(text, {}, "Topic");
    const auto id = types.add(labelled);
    EXPECT_EQ(types.text(id), "Untrusted<Topic>");
    EXPECT_EQ(types.base(id), text);
    EXPECT_EQ(types.depth(id), 3U);
}

TEST_F(TypeTest, GuardChecksShape) {
    const auto integer = scalar(TypeKind::Int);
    EXPECT_EQ(check(integer, Value::integer(1)), "");
    EXPECT_EQ(check(integer, Value::duration(1)), ": not a value of type Int");
    const auto list = of(TypeKind::List, integer);
    EXPECT_EQ(check(list, Value::list({Value::integer(1), Value::text("x")})),
              "[1]: not a value of type Int");
    const auto person =
        record("Person", {{"age", "age", integer, {}}, {"tags", "the tags", list, {}}});
    EXPECT_EQ(check(person, Value::record({Value::integer(1), Value::list({Value::none()})})),
              ".the tags[0]: not a value of type Int");
    EXPECT_EQ(check(person, Value::record({Value::integer(1)})), ": not a value of type Person");
    EXPECT_EQ(check(of(TypeKind::Optional, integer), Value::none()), "");
    EXPECT_EQ(check(of(TypeKind::Map, integer), Value::map({{"k", Value::text("")}})),
              "[\"k\"]: not a value of type Int");
    EXPECT_EQ(check(scalar(TypeKind::Json), Value::list({Value::date(1)})),
              "[0]: not a value of type Json");
    EXPECT_EQ(check(scalar(TypeKind::Email), Value::text("nobody")), ": not an email address");
    Type money;
    money.kind = TypeKind::Money;
    money.currency = "EUR";
    EXPECT_EQ(check(types.add(money), Value::money(dec("1"), "USD")), ": expected EUR, found USD");
}

TEST_F(TypeTest, GuardChecksRefinements) {
    using Kind = Constraint::Kind;
    const auto topic = refined(scalar(TypeKind::Text), {range(Kind::Length, "1", "3")});
    EXPECT_EQ(check(topic, Value::text("€€€")), "");
    EXPECT_EQ(check(topic, Value::text("")), ": its length is 0, not at least 1 and at most 3");
    EXPECT_EQ(check(topic, Value::text("abcd")), ": its length is 4, not at least 1 and at most 3");

    const auto score = refined(scalar(TypeKind::Decimal), {range(Kind::Range, "0", "1")});
    EXPECT_EQ(check(score, Value::decimal(dec("1"))), "");
    EXPECT_EQ(check(score, Value::decimal(dec("1.0000000000000000001"))),
              ": not at least 0 and at most 1");
    auto open = range(Kind::Range, "0", nullptr);
    open.min_open = true;
    const auto positive = refined(scalar(TypeKind::Int), {open});
    EXPECT_EQ(check(positive, Value::integer(0)), ": not more than 0");
    EXPECT_EQ(check(positive, Value::integer(1)), "");

    Constraint pattern;
    pattern.kind = Kind::Matches;
    pattern.pattern = "[a-z]+";
    const auto word = refined(topic, {pattern});
    EXPECT_EQ(check(word, Value::text("ab")), "");
    EXPECT_EQ(check(word, Value::text("AB")), ": does not match /[a-z]+/");
    EXPECT_EQ(check(word, Value::text("abcd")), ": its length is 4, not at least 1 and at most 3");
}

TEST_F(TypeTest, PredicatesAreLeftToTheMachine) {
    Constraint predicate;
    predicate.kind = Constraint::Kind::Function;
    predicate.function = 42;
    const auto even = refined(scalar(TypeKind::Int), {predicate});
    const auto list = of(TypeKind::List, even);
    std::vector<PredicateCall> calls;
    const auto value = Value::list({Value::integer(1), Value::integer(2)});
    EXPECT_FALSE(check_value(types, list, value, &calls));
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[1].function, 42U);
    EXPECT_EQ(calls[1].path, "[1]");
    EXPECT_EQ(calls[1].value, Value::integer(2));
}

TEST_F(TypeTest, GuardKnowsTheLimits) {
    const auto json = scalar(TypeKind::Json);
    Value deep = Value::integer(1);
    for (std::uint32_t i = 1; i < kValueDepthMax; ++i) deep = Value::list({deep});
    EXPECT_EQ(check(json, deep), "");
    const auto misfit = check_value(types, json, Value::list({deep}));
    ASSERT_TRUE(misfit);
    EXPECT_TRUE(misfit->too_large);
    Value wide = Value::text("abc");
    for (int i = 0; i < 40; ++i) wide = Value::list({wide, wide});
    EXPECT_TRUE(check_value(types, json, wide)->too_large);
}

TEST(TypeTable, RandomTablesComeBack) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        test::Generator random(seed);
        TypeTable types;
        random.type(types, 5);
        std::string bytes;
        types.encode(bytes);
        TypeTable back;
        ASSERT_TRUE(TypeTable::decode(bytes, back)) << seed;
        ASSERT_EQ(back.size(), types.size());
        for (std::uint32_t i = 0; i < types.size(); ++i) {
            EXPECT_EQ(back[TypeId{i}], types[TypeId{i}]);
        }
        std::string again;
        back.encode(again);
        EXPECT_EQ(again, bytes);
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            EXPECT_FALSE(TypeTable::decode(std::string_view(bytes).substr(0, length), back));
        }
        for (int i = 0; i < 200; ++i) {
            auto damaged = bytes;
            damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
            TypeTable out;
            if (!TypeTable::decode(damaged, out)) continue;
            std::string same;
            out.encode(same);
            EXPECT_EQ(same, damaged);
        }
    }
}

TEST(TypeTable, RefusesDeepNesting) {
    TypeTable types;
    auto id = types.add({});
    const auto wrap = [&] {
        Type list;
        list.kind = TypeKind::List;
        list.element = id;
        id = types.add(std::move(list));
    };
    while (types.depth(id) < kTypeDepthMax) wrap();
    TypeTable out;
    std::string bytes;
    types.encode(bytes);
    EXPECT_TRUE(TypeTable::decode(bytes, out));
    wrap();
    bytes.clear();
    types.encode(bytes);
    EXPECT_FALSE(TypeTable::decode(bytes, out));
}

}  // namespace
}  // namespace weft
