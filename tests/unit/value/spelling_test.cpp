// The spellings of single values as text: UTF-8, base64, ISO 8601, currencies, patterns, addresses.
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "generate.h"
#include "value/base64.h"
#include "value/currency.h"
#include "value/iso8601.h"
#include "value/pattern.h"
#include "value/shapes.h"
#include "value/utf8.h"

namespace weft {
namespace {

TEST(Utf8, TakesWellFormedTextOnly) {
    for (const char* good : {"", "abc", "é", "€", "𝄞", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF"}) {
        EXPECT_TRUE(is_utf8(good)) << good;
    }
    for (const char* bad :
         {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "a\xFF", "\xC3("}) {
        EXPECT_FALSE(is_utf8(bad));
    }
    EXPECT_EQ(count_code_points("aé€𝄞"), 4U);
}

TEST(Base64, KnownTexts) {
    const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : cases) {
        EXPECT_EQ(to_base64(bytes), text);
        EXPECT_EQ(from_base64(text), bytes);
    }
    for (const char* bad :
         {"Zg", "Zg=", "Zh==", "Zm9=", "Zm 9", "====", "Z===", "Zg==Zg==", "Zm-_"}) {
        EXPECT_FALSE(from_base64(bad)) << bad;
    }
    test::Generator random(5);
    for (int i = 0; i < 2'000; ++i) {
        const auto bytes = random.bytes(50);
        EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    }
}

TEST(Iso8601, Dates) {
    const std::pair<std::int32_t, const char*> cases[] = {
        {0, "1970-01-01"},         {-1, "1969-12-31"},           {11'016, "2000-02-29"},
        {20'484, "2026-01-31"},    {-719'528, "0000-01-01"},     {-719'529, "-000001-12-31"},
        {2'932'896, "9999-12-31"}, {2'932'897, "+010000-01-01"},
    };
    for (const auto& [days, text] : cases) {
        EXPECT_EQ(date_text(days), text);
        EXPECT_EQ(parse_date(text), days) << text;
    }
    for (const char* bad :
         {"", "2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-1-1", "20260131",
          "2026-01-31T", "-000000-01-01", "+1-01-01", "1900-02-29", "+999999999-01-01"}) {
        EXPECT_FALSE(parse_date(bad)) << bad;
    }
    for (const auto days :
         {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()}) {
        EXPECT_EQ(parse_date(date_text(days)), days);
    }
    // Every day of eight centuries follows the one before.
    for (std::int64_t days = -150'000; days < 150'000; ++days) {
        ASSERT_EQ(days_from_civil(civil_from_days(days)), days);
    }
}

TEST(Iso8601, Times) {
    const std::pair<std::int64_t, const char*> cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {1'769'853'600'000, "2026-01-31T10:00:00Z"},
        {1'769'853'600'250, "2026-01-31T10:00:00.250Z"},
        {std::numeric_limits<std::int64_t>::max(), "+292278994-08-17T07:12:55.807Z"},
        {std::numeric_limits<std::int64_t>::min(), "-292275055-05-16T16:47:04.192Z"},
    };
    for (const auto& [ms, text] : cases) {
        EXPECT_EQ(time_text(ms), text);
        EXPECT_EQ(parse_time(text), ms) << text;
    }
    EXPECT_EQ(parse_time("2026-01-31T12:00:00+02:00"), 1'769'853'600'000);
    EXPECT_EQ(parse_time("2026-01-31T04:30:00-05:30"), 1'769'853'600'000);
    EXPECT_EQ(parse_time("2026-01-31T10:00:00.25Z"), 1'769'853'600'250);
    EXPECT_EQ(parse_time("2026-01-31T10:00:00.250999Z"), 1'769'853'600'250);
    for (const char* bad : {"2026-01-31", "2026-01-31T10:00:00", "2026-01-31 10:00:00Z",
                            "2026-01-31T24:00:00Z", "2026-01-31T10:60:00Z", "2026-01-31T10:00:60Z",
                            "2026-01-31T10:00:00.Z", "2026-01-31T10:00:00Z ",
                            "+292278994-08-17T07:12:55.808Z", "-292275055-05-16T16:47:04.191Z"}) {
        EXPECT_FALSE(parse_time(bad)) << bad;
    }
}

TEST(Iso8601, Durations) {
    const std::pair<std::int64_t, const char*> cases[] = {
        {0, "PT0S"},
        {250, "PT0.25S"},
        {60'000, "PT1M"},
        {86'400'000, "P1D"},
        {90'061'001, "P1DT1H1M1.001S"},
        {-5'000, "-PT5S"},
        {604'800'000, "P7D"},
        {std::numeric_limits<std::int64_t>::max(), "P106751991167DT7H12M55.807S"},
        {std::numeric_limits<std::int64_t>::min(), "-P106751991167DT7H12M55.808S"},
    };
    for (const auto& [ms, text] : cases) {
        EXPECT_EQ(duration_text(ms), text);
        EXPECT_EQ(parse_duration(text), ms) << text;
    }
    EXPECT_EQ(parse_duration("P1W"), 604'800'000);
    EXPECT_EQ(parse_duration("P1W1DT36H"), 604'800'000 + 86'400'000 + 129'600'000);
    for (const char* bad :
         {"", "P", "PT", "P1DT", "5m", "P1Y", "P1M", "PT1S1M", "PT1.5M", "P1.5D", "PT5", "--PT5S",
          "PT-5S", "PT1S ", "P106751991168D", "PT1M1M", "P99999999999999999999D"}) {
        EXPECT_FALSE(parse_duration(bad)) << bad;
    }
}

TEST(Currency, AmountsShowTheMinorUnit) {
    const std::tuple<const char*, const char*, const char*> cases[] = {
        {"12.5", "EUR", "12.50"},  {"12", "EUR", "12.00"},  {"12", "JPY", "12"},
        {"0.125", "EUR", "0.125"}, {"-1", "KWD", "-1.000"}, {"1e50", "EUR", "1e50"},
        {"0", "USD", "0.00"},      {"1.5", "JPY", "1.5"},   {"2", "CLF", "2.0000"}};
    for (const auto& [amount, currency, text] : cases) {
        const auto money = Value::money(*Decimal::parse(amount), currency);
        EXPECT_EQ(amount_text(money.as_money()), text);
    }
    EXPECT_TRUE(is_currency("EUR"));
    EXPECT_FALSE(is_currency("eur"));
    EXPECT_FALSE(is_currency("EURO"));
}

TEST(Pattern, MatchesTheWholeText) {
    EXPECT_TRUE(pattern_matches("[a-z]+", "abc"));
    EXPECT_FALSE(pattern_matches("[a-z]+", "abc1"));
    EXPECT_FALSE(pattern_matches("a|b", "ab"));
    EXPECT_TRUE(pattern_matches(".", "é"));
    EXPECT_FALSE(pattern_matches("(", "("));
    EXPECT_FALSE(pattern_matches("(?i)a", "a"));
}

TEST(Pattern, RefusesWhatDependsOnUnicodeTables) {
    for (const char* good : {"", "\\d{3}", "(?s).*", "(?:a|b)+", "\\\\p", "[[:alpha:]]", "\\x41"}) {
        EXPECT_FALSE(pattern_problem(good)) << good;
    }
    for (const char* bad : {"(", "\\p{L}", "\\PL", "[\\pN]", "(?i)a", "(?i:a)", "(?s-i)a", "\\C",
                            "\\Qa\\E", "a{2000}", "\\"}) {
        EXPECT_TRUE(pattern_problem(bad)) << bad;
    }
}

TEST(Shapes, Addresses) {
    for (const char* good : {"a@b.org", "a.b+c@mail.example.org", "x_y@1-2.de"}) {
        EXPECT_TRUE(is_email(good)) << good;
    }
    for (const char* bad : {"", "a", "a@", "@b.org", "a@b", "a b@c.org", "a@b..org", ".a@b.org",
                            "a@-b.org", "a\n@b.org", "a@b.org\r\nBcc: x@y.org", "a,b@c.org"}) {
        EXPECT_FALSE(is_email(bad)) << bad;
    }
    // RFC 5321: 64 octets before the at sign, 254 in all.
    const std::string local(64, 'a');
    const std::string label(63, 'b');
    const auto domain = [&label](std::size_t size) {
        return label + "." + label + "." + std::string(size - 132, 'c') + ".org";
    };
    EXPECT_TRUE(is_email(local + "@b.org"));
    EXPECT_FALSE(is_email(local + "a@b.org"));
    EXPECT_TRUE(is_email(local + "@" + domain(254 - 65)));
    EXPECT_FALSE(is_email(local + "@" + domain(255 - 65)));
    for (const char* good : {"https://example.org", "http://a:80/b?c#d", "s3+x://bucket/key"}) {
        EXPECT_TRUE(is_url(good)) << good;
    }
    for (const char* bad :
         {"", "example.org", "://x", "http://", "http:///x", "http://a b", "1a://b", "http://a\n",
          "javascript:alert(1)", "http://user@", "http://:80/", "http://user:pw@:80/x"}) {
        EXPECT_FALSE(is_url(bad)) << bad;
    }
}

}  // namespace
}  // namespace weft
