// Zones of the world: there and back, and the nights in which the clocks change.
#include "base/zone.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

constexpr std::int64_t kDay = 24 * 3600;
constexpr std::int64_t kFirstOf2026 = 20'454;  // days

TEST(Zone, OnlyThoseOfTheMachineAreKnown) {
    EXPECT_TRUE(Zone::find(""));
    EXPECT_TRUE(Zone::find("Europe/Zurich"));
    EXPECT_TRUE(Zone::find("UTC"));
    EXPECT_FALSE(Zone::find("Europe/Zurih"));
    EXPECT_FALSE(Zone::find("/etc/localtime"));
    EXPECT_FALSE(Zone::find("../../../etc/localtime"));
}

TEST(Zone, ThereAndBack) {
    const auto zurich = Zone::find("Europe/Zurich");
    const auto utc = Zone::find("");
    ASSERT_TRUE(zurich && utc);
    const std::int64_t midnight = kFirstOf2026 * kDay;
    EXPECT_EQ(utc->civil(midnight).day, kFirstOf2026);
    EXPECT_EQ(utc->civil(midnight).second, 0);
    EXPECT_EQ(utc->civil(midnight - 1).day, kFirstOf2026 - 1);
    EXPECT_EQ(utc->civil(midnight - 1).second, kDay - 1);
    EXPECT_EQ(zurich->civil(midnight).second, 3600);
    EXPECT_EQ(zurich->moment({kFirstOf2026, 3600}), midnight);
    EXPECT_EQ(utc->civil(-1).day, -1);
    for (std::int64_t at = 0; at < 400 * kDay; at += 7 * 3600 + 11) {
        const auto civil = zurich->civil(midnight + at);
        const auto back = zurich->moment(civil);
        // Only the second of two equal times gives another moment: the first one.
        EXPECT_TRUE(back == midnight + at || back == midnight + at - 3600);
    }
}

TEST(Zone, TimesThatAreSkippedOrComeTwice) {
    const auto zone = Zone::find("Europe/Zurich");
    ASSERT_TRUE(zone);
    const std::int64_t spring = kFirstOf2026 + 31 + 28 + 28;  // 29 March
    EXPECT_EQ(zone->moment({spring, 2 * 3600 + 1800}), spring * kDay + 3600);
    EXPECT_EQ(zone->civil(spring * kDay + 3600).second, 3 * 3600);
    const std::int64_t autumn = kFirstOf2026 + 297;  // 25 October
    EXPECT_EQ(zone->moment({autumn, 2 * 3600 + 1800}), autumn * kDay + 1800);
}

}  // namespace
}  // namespace weft
