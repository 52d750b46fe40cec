// When a schedule's times come: zones, the nights in which clocks change, and what a state row
// holds.
#include "engine/calendar.h"

#include <gtest/gtest.h>

#include <chrono>

#include "engine/schedules.h"

namespace weft::engine {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;

ScheduleRow at(std::vector<std::uint16_t> minutes, std::string zone) {
    ScheduleRow row;
    row.name = "nightly";
    row.at_minutes = std::move(minutes);
    row.zone = std::move(zone);
    return row;
}

// "2026-03-29T01:00:00Z"
std::int64_t moment(int year, unsigned month, unsigned day, int hour, int minute) {
    const auto days = std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) /
                                            std::chrono::day(day));
    return days.time_since_epoch().count() * 24 * kHour + hour * kHour + minute * kMinute;
}

TEST(Calendar, ATimeOfDayIsThatOfItsZone) {
    const auto row = at({6 * 60}, "Europe/Zurich");
    EXPECT_EQ(next_moment(row, moment(2026, 1, 10, 0, 0)), moment(2026, 1, 10, 5, 0));
    EXPECT_EQ(next_moment(row, moment(2026, 1, 10, 5, 0)), moment(2026, 1, 11, 5, 0));
    EXPECT_EQ(next_moment(row, moment(2026, 7, 10, 0, 0)), moment(2026, 7, 10, 4, 0));
    const auto utc = at({6 * 60}, "");
    EXPECT_EQ(next_moment(utc, moment(2026, 7, 10, 0, 0)), moment(2026, 7, 10, 6, 0));
    // It is tomorrow there already.
    const auto east = at({30}, "Pacific/Auckland");
    EXPECT_EQ(next_moment(east, moment(2026, 7, 10, 11, 0)), moment(2026, 7, 10, 12, 30));
}

TEST(Calendar, TheNextOfSeveralTimesComes) {
    const auto row = at({18 * 60, 6 * 60}, "");
    EXPECT_EQ(next_moment(row, moment(2026, 1, 10, 5, 0)), moment(2026, 1, 10, 6, 0));
    EXPECT_EQ(next_moment(row, moment(2026, 1, 10, 6, 0)), moment(2026, 1, 10, 18, 0));
    EXPECT_EQ(next_moment(row, moment(2026, 1, 10, 18, 0)), moment(2026, 1, 11, 6, 0));
}

TEST(Calendar, ATimeThatTheClocksSkipIsWhenTheySkipIt) {
    const auto row = at({2 * 60 + 30}, "Europe/Zurich");
    EXPECT_EQ(next_moment(row, moment(2026, 3, 28, 12, 0)), moment(2026, 3, 29, 1, 0));
    EXPECT_EQ(next_moment(row, moment(2026, 3, 29, 1, 0)), moment(2026, 3, 30, 0, 30));
    // Two times in the gap are one moment.
    const auto two = at({2 * 60 + 15, 2 * 60 + 30}, "Europe/Zurich");
    EXPECT_EQ(next_moment(two, moment(2026, 3, 29, 1, 0)), moment(2026, 3, 30, 0, 15));
    // Samoa had no 30 December 2011.
    const auto samoa = at({12 * 60}, "Pacific/Apia");
    EXPECT_EQ(next_moment(samoa, moment(2011, 12, 29, 22, 0)), moment(2011, 12, 30, 10, 0));
    EXPECT_EQ(next_moment(samoa, moment(2011, 12, 30, 10, 0)), moment(2011, 12, 30, 22, 0));
}

TEST(Calendar, ATimeThatComesTwiceIsTheFirstOfBoth) {
    const auto row = at({2 * 60 + 30}, "Europe/Zurich");
    EXPECT_EQ(next_moment(row, moment(2026, 10, 24, 12, 0)), moment(2026, 10, 25, 0, 30));
    EXPECT_EQ(next_moment(row, moment(2026, 10, 25, 0, 30)), moment(2026, 10, 26, 1, 30));
}

TEST(Calendar, TimesBetweenCountFromTheEpoch) {
    ScheduleRow row;
    row.every_ms = 15 * kMinute;
    EXPECT_EQ(next_moment(row, moment(2026, 1, 10, 5, 7)), moment(2026, 1, 10, 5, 15));
    EXPECT_EQ(next_moment(row, moment(2026, 1, 10, 5, 15)), moment(2026, 1, 10, 5, 30));
    EXPECT_EQ(next_moment(row, -1), 0);
    EXPECT_EQ(next_moment(row, -15 * kMinute - 1), -15 * kMinute);
}

TEST(Calendar, MissedTimesAreCounted) {
    const auto row = at({6 * 60, 18 * 60}, "Europe/Zurich");
    const auto some = times_between(row, moment(2026, 3, 27, 12, 0), moment(2026, 3, 29, 12, 0));
    EXPECT_EQ(some.count, 4U);  // 27th evening, 28th twice, 29th morning
    EXPECT_EQ(some.last_ms, moment(2026, 3, 29, 4, 0));
    EXPECT_EQ(times_between(row, moment(2026, 3, 29, 5, 0), moment(2026, 3, 29, 12, 0)).count, 0U);
    ScheduleRow often;
    often.every_ms = 1000;
    const auto many = times_between(often, moment(2025, 1, 1, 0, 0), moment(2026, 1, 1, 0, 0));
    EXPECT_EQ(many.count, 365U * 24 * 3600 - 1);
    EXPECT_EQ(many.last_ms, moment(2026, 1, 1, 0, 0) - 1000);
}

TEST(Calendar, AStateIsReadAsItWasWritten) {
    ScheduleState state;
    state.times = schedule_times(at({6 * 60}, "Europe/Zurich"));
    state.dealt_ms = 7;
    state.last_ms = 5;
    state.last_run[3] = 9;
    state.queued = {1, 2, 3};
    const auto bytes = encode_schedule_state(state);
    const auto read = decode_schedule_state(bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(encode_schedule_state(*read), bytes);
    EXPECT_EQ(read->queued, state.queued);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(decode_schedule_state(bytes.substr(0, size))) << size;
    }
    EXPECT_FALSE(decode_schedule_state(bytes + "x"));
}

TEST(Calendar, OnlyTheTimesOfADeclarationNameThem) {
    auto row = at({6 * 60, 18 * 60}, "Europe/Zurich");
    const auto times = schedule_times(row);
    row.overlap = Overlap::Allow;
    row.catch_up_ms = kHour;
    row.at_minutes = {18 * 60, 6 * 60};
    EXPECT_EQ(schedule_times(row), times);
    row.zone = "Europe/Rome";
    EXPECT_NE(schedule_times(row), times);
}

}  // namespace
}  // namespace weft::engine
