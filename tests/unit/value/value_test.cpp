#include "value/value.h"

#include <gtest/gtest.h>

#include <limits>

#include "generate.h"

namespace weft {
namespace {

Value dec(std::string_view text) {
    return Value::decimal(*Decimal::parse(text));
}

std::string bytes_of(std::string_view hex) {
    std::string out;
    EXPECT_TRUE(from_hex(hex, out)) << hex;
    return out;
}

TEST(Value, KeepsContent) {
    EXPECT_TRUE(Value().is_none());
    EXPECT_TRUE(Value::boolean(true).as_bool());
    EXPECT_EQ(Value::integer(-5).as_int(), -5);
    EXPECT_EQ(Value::text("é").as_text(), "é");
    EXPECT_EQ(Value::list({Value::integer(1), Value()}).items().size(), 2U);
    EXPECT_EQ(Value::enum_case(3, {Value::integer(1)}).as_case().number, 3U);
    const auto map =
        Value::map({{"b", Value::integer(1)}, {"a", Value::integer(2)}, {"b", Value::integer(3)}});
    ASSERT_EQ(map.entries().size(), 2U);
    EXPECT_EQ(map.entries()[0].first, "a");
    EXPECT_EQ(map.entries()[1].second.as_int(), 3);
}

TEST(Value, MovedFromIsNone) {
    Value a = Value::text("x");
    const Value b = std::move(a);
    EXPECT_TRUE(a.is_none());  // NOLINT(bugprone-use-after-move): the promise under test
    EXPECT_EQ(b.as_text(), "x");
}

TEST(ValueDeathTest, WrongTagIsOurBug) {
    EXPECT_DEATH(static_cast<void>(Value::integer(1).as_text()), "");
    EXPECT_DEATH(static_cast<void>(Value::text("x").as_int()), "");
    EXPECT_DEATH(static_cast<void>(Value().items()), "");
}

TEST(Value, CountsTreeSizeAndDepth) {
    const auto leaf = Value::text("abc");
    EXPECT_EQ(leaf.tree_size(), 8U);
    EXPECT_EQ(leaf.depth(), 1U);
    const auto list = Value::list({leaf, leaf});
    EXPECT_EQ(list.tree_size(), 5U + 16U);
    EXPECT_EQ(list.depth(), 2U);
    // Two to the power of a hundred copies of the same leaf: the count stops at the end.
    Value tree = leaf;
    for (int i = 0; i < 100; ++i) tree = Value::list({tree, tree});
    EXPECT_EQ(tree.tree_size(), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(tree.depth(), 101U);
}

TEST(Value, OrdersWithinOneType) {
    const std::vector<std::vector<Value>> ascending = {
        {Value::boolean(false), Value::boolean(true)},
        {Value::integer(-2), Value::integer(0), Value::integer(7)},
        {dec("-1.5"), dec("0"), dec("0.1"), dec("1e30")},
        {Value::text(""), Value::text("Z"), Value::text("a"), Value::text("aa"), Value::text("é")},
        {Value::list({}), Value::list({Value::integer(1)}),
         Value::list({Value::integer(1), Value::integer(0)}), Value::list({Value::integer(2)})},
        {Value::enum_case(0), Value::enum_case(1, {Value::integer(1)}),
         Value::enum_case(1, {Value::integer(2)}), Value::enum_case(2)},
        {Value::map({}), Value::map({{"a", Value::integer(1)}}),
         Value::map({{"a", Value::integer(2)}}), Value::map({{"b", Value::integer(0)}})},
        {Value::none(), Value::integer(1)},
    };
    for (const auto& values : ascending) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            for (std::size_t k = 0; k < values.size(); ++k) {
                EXPECT_EQ(compare(values[i], values[k]), i < k ? -1 : i > k ? 1 : 0) << i << k;
                EXPECT_EQ(values[i] == values[k], i == k);
            }
        }
    }
    EXPECT_FALSE(Value::date(1) == Value::integer(1));
    EXPECT_EQ(dec("1.00"), dec("1"));
}

TEST(Canonical, RandomValuesComeBack) {
    test::Generator random(1);
    const Bytes16 key{1, 2, 3};
    for (int i = 0; i < 5'000; ++i) {
        const auto value = random.any_value(5);
        const auto bytes = canonical(value);
        EXPECT_EQ(bytes.size(), value.tree_size());
        Value back;
        ASSERT_TRUE(decode_canonical(bytes, back)) << to_hex(bytes);
        EXPECT_EQ(back, value);
        EXPECT_EQ(canonical(back), bytes);
        EXPECT_EQ(digest(back, key), digest(value, key));
    }
}

TEST(Canonical, EveryTruncationAndExtensionIsRefused) {
    test::Generator random(2);
    for (int i = 0; i < 300; ++i) {
        const auto bytes = canonical(random.any_value(4));
        Value out;
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            EXPECT_FALSE(decode_canonical(std::string_view(bytes).substr(0, length), out));
        }
        EXPECT_FALSE(decode_canonical(bytes + '\0', out));
        EXPECT_TRUE(out.is_none());
    }
}

// Whatever is accepted is exactly what encoding it writes: there are no second spellings.
TEST(Canonical, DamagedBytesAreRefusedOrCanonical) {
    test::Generator random(3);
    int accepted = 0;
    for (int i = 0; i < 50'000; ++i) {
        auto bytes = i % 2 == 0 ? random.bytes(40) : canonical(random.any_value(4));
        if (i % 2 == 1 && !bytes.empty()) {
            bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
        }
        Value out;
        if (!decode_canonical(bytes, out)) continue;
        ++accepted;
        EXPECT_EQ(canonical(out), bytes);
    }
    EXPECT_GT(accepted, 1000);
}

TEST(Canonical, RefusesSecondSpellings) {
    for (const char* hex : {
             "",
             "0f",                                        // no such tag
             "0301",                                      // half an Int
             "040a000000000000000000000000003e30",        // Decimal 1.0
             "0602000000c080",                            // overlong UTF-8
             "0603000000eda080",                          // surrogate
             "0bffffffff",                                // a count beyond the bytes
             "0e02000000010000006200010000006100",        // unsorted map
             "0e02000000010000006100010000006100",        // the same key twice
             "0e0100000001000000ff00",                    // key not UTF-8
             "0501000000000000000000000000004030657572",  // currency in small letters
         }) {
        Value out;
        EXPECT_FALSE(decode_canonical(bytes_of(hex), out)) << hex;
    }
    Value out;
    EXPECT_TRUE(decode_canonical(bytes_of("0e02000000010000006100010000006200"), out));
}

TEST(Canonical, LimitsHoldOnBothSides) {
    Value deep = Value::integer(1);
    for (std::uint32_t i = 1; i < kValueDepthMax; ++i) deep = Value::list({deep});
    Value out;
    EXPECT_EQ(deep.depth(), kValueDepthMax);
    EXPECT_TRUE(decode_canonical(canonical(deep), out));
    EXPECT_FALSE(decode_canonical(canonical(Value::list({deep})), out));

    const auto text = Value::text(std::string(kValueSizeMax - 5, 'a'));
    EXPECT_TRUE(decode_canonical(canonical(text), out));
    EXPECT_FALSE(
        decode_canonical(canonical(Value::text(std::string(kValueSizeMax - 4, 'a'))), out));

    std::vector<Value> items(kListLengthMax);
    EXPECT_TRUE(decode_canonical(canonical(Value::list(items)), out));
    items.emplace_back();
    EXPECT_FALSE(decode_canonical(canonical(Value::list(items)), out));
}

TEST(Digest, TellsValuesApart) {
    const Bytes16 key{7};
    const Value values[] = {Value::none(),
                            Value::boolean(false),
                            Value::integer(0),
                            Value::duration(0),
                            Value::time(0),
                            Value::date(0),
                            Value::text(""),
                            Value::bytes(""),
                            Value::list({}),
                            Value::record({}),
                            Value::map({}),
                            Value::enum_case(0),
                            Value::enum_case(1),
                            Value::list({Value::list({})}),
                            Value::list({Value::none(), Value::none()}),
                            Value::map({{"a", Value::none()}})};
    for (const auto& a : values) {
        for (const auto& b : values) EXPECT_EQ(digest(a, key) == digest(b, key), a == b);
    }
    EXPECT_NE(digest(values[0], key), digest(values[0], Bytes16{8}));
}

}  // namespace
}  // namespace weft
