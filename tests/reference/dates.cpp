#include "tests/reference/dates.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>

namespace weft::reference {
namespace {

// The calendar repeats every 400 years, and the standard library knows those from 2000 on.
constexpr std::int64_t kCycleDays = 146'097;
constexpr std::int64_t kCycleYears = 400;
constexpr std::int64_t kFirstYear = 2000;
constexpr std::int64_t kFirstDay = 10'957;  // 2000-01-01

struct Day {
    std::int64_t year;
    std::int64_t month;
    std::int64_t day;
};

std::int64_t below(std::int64_t a, std::int64_t b) {
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

Day day_of(std::int64_t days) {
    const auto cycle = below(days - kFirstDay, kCycleDays);
    const std::chrono::sys_days in_cycle{
        std::chrono::days{static_cast<int>(days - cycle * kCycleDays)}};
    const std::chrono::year_month_day date(in_cycle);
    return {static_cast<int>(date.year()) + cycle * kCycleYears,
            static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())};
}

// None where there is no such day, or none that a Date holds.
std::optional<std::int64_t> days_of(const Day& day) {
    if (day.month < 1 || day.month > 12 || day.day < 1 || day.day > 31) return std::nullopt;
    if (day.year < -10'000'000 || day.year > 10'000'000) return std::nullopt;
    const auto cycle = below(day.year - kFirstYear, kCycleYears);
    const std::chrono::year_month_day date(
        std::chrono::year(static_cast<int>(day.year - cycle * kCycleYears)),
        std::chrono::month(static_cast<unsigned>(day.month)),
        std::chrono::day(static_cast<unsigned>(day.day)));
    if (!date.ok()) return std::nullopt;
    const auto days = std::chrono::sys_days(date).time_since_epoch().count() + cycle * kCycleDays;
    if (days < INT32_MIN || days > INT32_MAX) return std::nullopt;
    return days;
}

Value months_later(std::int64_t days, std::int64_t months) {
    Day day = day_of(days);
    if (std::abs(months / 12) > 20'000'000) throw std::string("the number is too large");
    const auto all = day.year * 12 + day.month - 1 + months;
    day.year = below(all, 12);
    day.month = all - day.year * 12 + 1;
    // From the wanted day back to one that the month has.
    for (int back = 0; back < 4; ++back) {
        if (auto found = days_of(day)) return Value::date(static_cast<std::int32_t>(*found));
        --day.day;
    }
    throw std::string("the number is too large");
}

}  // namespace

std::optional<Value> date_builtin(BuiltinFunction function, const std::vector<Value>& a) {
    switch (function) {
        case BuiltinFunction::Year:
            return Value::integer(day_of(a[0].as_int()).year);
        case BuiltinFunction::Month:
            return Value::integer(day_of(a[0].as_int()).month);
        case BuiltinFunction::Day:
            return Value::integer(day_of(a[0].as_int()).day);
        case BuiltinFunction::Weekday: {
            // 2000-01-03 was a Monday.
            const auto since = a[0].as_int() - (kFirstDay + 2);
            return Value::integer(since - below(since, 7) * 7 + 1);
        }
        case BuiltinFunction::DateOf: {
            const auto days = days_of({a[0].as_int(), a[1].as_int(), a[2].as_int()});
            return days ? Value::date(static_cast<std::int32_t>(*days)) : Value();
        }
        case BuiltinFunction::MonthsLater:
            return months_later(a[0].as_int(), a[1].as_int());
        case BuiltinFunction::DaysBetween:
            return Value::integer(a[1].as_int() - a[0].as_int());
        default:
            return std::nullopt;
    }
}

}  // namespace weft::reference
