#include "value/decimal.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <tuple>

namespace weft {
namespace {

Decimal dec(std::string_view text) {
    auto v = Decimal::parse(text);
    EXPECT_TRUE(v) << text;
    return v.value_or(Decimal());
}

std::string text_of(const std::optional<Decimal>& v) {
    return v ? v->to_string() : "nothing";
}

TEST(Decimal, PrintsInPlainNotation) {
    const std::pair<const char*, const char*> cases[] = {
        {"0", "0"},
        {"-0", "0"},
        {"0.00", "0"},
        {"1.00", "1"},
        {"100", "100"},
        {"1e2", "100"},
        {"1200E-2", "12"},
        {"0.80", "0.8"},
        {"-0.05", "-0.05"},
        {"+3.5", "3.5"},
        {"00012.5", "12.5"},
        {"1e-39", "0.000000000000000000000000000000000000001"},
        {"1e-40", "1e-40"},
        {"1e39", "1000000000000000000000000000000000000000"},
        {"1e40", "1e40"},
        {"-1.25e-60", "-1.25e-60"},
        {"9999999999999999999999999999999999", "9999999999999999999999999999999999"},
        {"0.10000000000000000000000000000000000000000000", "0.1"},
        {"9.999999999999999999999999999999999e6144", "9.999999999999999999999999999999999e6144"},
        {"1e-6176", "1e-6176"},
    };
    for (const auto& [in, out] : cases) {
        EXPECT_EQ(dec(in).to_string(), out) << in;
        EXPECT_EQ(dec(dec(in).to_string()), dec(in)) << in;
    }
}

TEST(Decimal, RefusesWhatItCannotHoldExactly) {
    for (const char* text :
         {"", "-", ".5", "5.", "1e", "1e+", "1_000", " 1", "1 ", "nan", "inf", "0x1", "1.2.3",
          "10000000000000000000000000000000001", "1e6145", "1e-6177", "1e99999999999999999999"}) {
        EXPECT_FALSE(Decimal::parse(text)) << text;
    }
    EXPECT_EQ(dec("0e99999999999999999999"), Decimal());
}

// Known results from the decimal arithmetic of IEEE 754-2008; a wrong calling convention of the
// library (rounding mode or flags elsewhere) breaks them at once.
TEST(Decimal, KnownResults) {
    EXPECT_EQ(text_of(Decimal::add(dec("0.1"), dec("0.2"))), "0.3");
    EXPECT_EQ(text_of(Decimal::subtract(dec("1"), dec("1"))), "0");
    EXPECT_EQ(text_of(Decimal::subtract(dec("0.3"), dec("0.1"))), "0.2");
    EXPECT_EQ(text_of(Decimal::multiply(dec("1.10"), dec("1.1"))), "1.21");
    EXPECT_EQ(text_of(Decimal::multiply(dec("-0.5"), dec("0"))), "0");
    EXPECT_EQ(text_of(Decimal::divide(dec("1"), dec("3"))), "0.3333333333333333333333333333333333");
    EXPECT_EQ(text_of(Decimal::divide(dec("2"), dec("3"))), "0.6666666666666666666666666666666667");
    EXPECT_EQ(text_of(Decimal::divide(dec("1"), dec("8"))), "0.125");
    EXPECT_EQ(text_of(Decimal::divide(dec("600"), dec("2"))), "300");
    EXPECT_EQ(text_of(Decimal::divide(dec("1"), dec("0"))), "nothing");
    EXPECT_EQ(text_of(Decimal::divide(dec("0"), dec("0"))), "nothing");
    EXPECT_EQ(text_of(Decimal::add(dec("9999999999999999999999999999999999"), dec("0.5"))),
              "10000000000000000000000000000000000");
    EXPECT_EQ(text_of(Decimal::add(dec("9999999999999999999999999999999998"), dec("0.5"))),
              "9999999999999999999999999999999998");
    EXPECT_EQ(text_of(Decimal::multiply(dec("9e6144"), dec("10"))), "nothing");
    EXPECT_EQ(text_of(Decimal::divide(dec("1e-6176"), dec("10"))), "0");
    EXPECT_EQ(text_of(Decimal::remainder(dec("7.5"), dec("2"))), "1.5");
    EXPECT_EQ(text_of(Decimal::remainder(dec("-7"), dec("3"))), "-1");
    EXPECT_EQ(text_of(Decimal::remainder(dec("7"), dec("-3"))), "1");
    EXPECT_EQ(text_of(Decimal::remainder(dec("1e100"), dec("7"))), "4");
    EXPECT_EQ(text_of(Decimal::remainder(dec("7"), dec("0"))), "nothing");
}

TEST(Decimal, RoundsHalfEven) {
    const std::tuple<const char*, int, const char*> cases[] = {
        {"2.5", 0, "2"},      {"3.5", 0, "4"},    {"-2.5", 0, "-2"},    {"2.345", 2, "2.34"},
        {"2.355", 2, "2.36"}, {"2.3", 5, "2.3"},  {"1250", -2, "1200"}, {"1350", -2, "1400"},
        {"0.004", 2, "0"},    {"-0.004", 2, "0"}, {"99.995", 2, "100"}, {"1e40", 3, "1e40"},
    };
    for (const auto& [in, places, out] : cases) {
        EXPECT_EQ(text_of(Decimal::round(dec(in), places)), out) << in;
    }
    EXPECT_EQ(text_of(Decimal::round(dec("1"), std::numeric_limits<int>::min())), "nothing");
    EXPECT_EQ(text_of(Decimal::round(dec("1.5"), std::numeric_limits<int>::max())), "1.5");
}

TEST(Decimal, Compares) {
    const char* ascending[] = {"-1e50", "-2", "-1.5", "-1e-50", "0",     "1e-6176",
                               "0.3",   "1",  "10",   "1e34",   "1e6144"};
    for (std::size_t i = 0; i < std::size(ascending); ++i) {
        for (std::size_t k = 0; k < std::size(ascending); ++k) {
            EXPECT_EQ(Decimal::compare(dec(ascending[i]), dec(ascending[k])), i < k   ? -1
                                                                              : i > k ? 1
                                                                                      : 0);
        }
    }
}

TEST(Decimal, Integers) {
    for (const auto v :
         {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(),
          std::int64_t{0}, std::int64_t{-1}, std::int64_t{1000}}) {
        EXPECT_EQ(Decimal::from_int(v).to_int(), v);
        EXPECT_EQ(Decimal::from_int(v).to_string(), std::to_string(v));
    }
    EXPECT_FALSE(dec("9223372036854775808").to_int());
    EXPECT_FALSE(dec("-9223372036854775809").to_int());
    EXPECT_FALSE(dec("1.5").to_int());
    EXPECT_FALSE(dec("1e40").to_int());
    EXPECT_EQ(dec("2.50").to_double(), 2.5);
}

TEST(Decimal, BytesAreOfTheOneRepresentation) {
    EXPECT_EQ(to_hex(view(Decimal().to_bytes())), "00000000000000000000000000004030");
    EXPECT_EQ(to_hex(view(dec("1").to_bytes())), "01000000000000000000000000004030");
    EXPECT_EQ(to_hex(view(dec("-0.5").to_bytes())), "05000000000000000000000000003eb0");
    for (const char* hex : {
             "000000000000000000000000000040b0",  // negative zero
             "00000000000000000000000000003e30",  // zero with an exponent
             "0a000000000000000000000000003e30",  // 1.0
             "01000000000000000000000000004230",  // 1e1
             "00000000000000000000000000000078",  // infinity
             "0000000000000000000000000000007c",  // NaN
             "ffffffffffffffffffffffffffff4130",  // more than 34 digits
         }) {
        std::string bytes;
        ASSERT_TRUE(from_hex(hex, bytes));
        EXPECT_FALSE(Decimal::from_bytes(to_array<16>(bytes))) << hex;
    }
}

TEST(Decimal, RandomNumbersKeepTheirLaws) {
    std::mt19937_64 random(20'260'101);
    for (int i = 0; i < 20'000; ++i) {
        const auto a = static_cast<std::int64_t>(random()) >> (random() % 60);
        const auto b = static_cast<std::int64_t>(random()) >> (random() % 60);
        const auto scale = "e" + std::to_string(static_cast<int>(random() % 40) - 20);
        const auto x = dec(std::to_string(a) + scale);
        const auto y = dec(std::to_string(b));
        EXPECT_EQ(Decimal::from_bytes(x.to_bytes()), x);
        EXPECT_EQ(dec(x.to_string()), x);
        EXPECT_EQ(Decimal::add(x, y), Decimal::add(y, x));
        EXPECT_EQ(Decimal::multiply(x, y), Decimal::multiply(y, x));
        if (b != 0) {
            EXPECT_EQ(Decimal::remainder(dec(std::to_string(a)), y), Decimal::from_int(a % b));
        }
        EXPECT_EQ(Decimal::compare(dec(std::to_string(a)), y), a < b ? -1 : a > b ? 1 : 0);
    }
}

}  // namespace
}  // namespace weft
