// Built-ins on dates: the proleptic Gregorian calendar, which no law changes, so no table of zones
// is behind them.
#include <algorithm>
#include <limits>

#include "value/iso8601.h"
#include "vm/builtins.h"

namespace weft::vm {
namespace {

constexpr std::int64_t kMonthsOfYear = 12;

std::int64_t floored(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

std::optional<std::int32_t> days_of(CivilDate date) {
    // Years beyond these have no days that fit; the bound keeps the reckoning from an overflow.
    constexpr std::int64_t kYearMax = 6'000'000;
    if (date.year < -kYearMax || date.year > kYearMax) return std::nullopt;
    const auto days = days_from_civil(date);
    if (days < std::numeric_limits<std::int32_t>::min() ||
        days > std::numeric_limits<std::int32_t>::max()) {
        return std::nullopt;
    }
    return static_cast<std::int32_t>(days);
}

Checked<Value> part_of(BuiltinFunction function, std::int64_t days) {
    if (function == BuiltinFunction::Weekday) {
        constexpr std::int64_t kFirst = 3;  // 1970-01-01 was a Thursday
        return Value::integer(days + kFirst - floored(days + kFirst, 7) * 7 + 1);
    }
    const auto date = civil_from_days(days);
    return Value::integer(function == BuiltinFunction::Year    ? date.year
                          : function == BuiltinFunction::Month ? date.month
                                                               : date.day);
}

Checked<Value> date_of(std::int64_t year, std::int64_t month, std::int64_t day) {
    if (month < 1 || month > kMonthsOfYear || day < 1) return Value();
    if (day > days_in_month(year, static_cast<int>(month))) return Value();
    const auto days = days_of({year, static_cast<int>(month), static_cast<int>(day)});
    return days ? Value::date(*days) : Value();
}

Checked<Value> months_later(std::int64_t days, std::int64_t months) {
    // More than all months that there are: anything larger is out of range as well.
    constexpr std::int64_t kMonthsMax = 200'000'000;
    const auto from = civil_from_days(days);
    const auto all =
        from.year * kMonthsOfYear + from.month - 1 + std::clamp(months, -kMonthsMax, kMonthsMax);
    CivilDate to;
    to.year = floored(all, kMonthsOfYear);
    to.month = static_cast<int>(all - to.year * kMonthsOfYear) + 1;
    to.day = std::min(from.day, days_in_month(to.year, to.month));
    const auto found = days_of(to);
    if (!found) return std::unexpected(std::string("the number is too large"));
    return Value::date(*found);
}

bool all_are(std::span<const Value> values, Tag tag) {
    return std::ranges::all_of(values, [&](const Value& value) { return value.tag() == tag; });
}

}  // namespace

std::optional<Checked<Value>> call_date_builtin(BuiltinFunction function,
                                                std::span<const Value> arguments) {
    const auto unfit = [] {
        return std::unexpected(std::string("the function is not defined for these values"));
    };
    const auto whole = [&](std::size_t i) { return arguments[i].as_int(); };
    switch (function) {
        case BuiltinFunction::Year:
        case BuiltinFunction::Month:
        case BuiltinFunction::Day:
        case BuiltinFunction::Weekday:
            if (!all_are(arguments, Tag::Date)) return unfit();
            return part_of(function, whole(0));
        case BuiltinFunction::DateOf:
            if (!all_are(arguments, Tag::Int)) return unfit();
            return date_of(whole(0), whole(1), whole(2));
        case BuiltinFunction::MonthsLater:
            if (arguments[0].tag() != Tag::Date || arguments[1].tag() != Tag::Int) return unfit();
            return months_later(whole(0), whole(1));
        case BuiltinFunction::DaysBetween:
            if (!all_are(arguments, Tag::Date)) return unfit();
            return Value::integer(whole(1) - whole(0));
        default:
            return std::nullopt;
    }
}

}  // namespace weft::vm
