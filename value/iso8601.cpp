#include "value/iso8601.h"

#include <fmt/format.h>

#include <limits>

#include "value/ascii.h"

namespace weft {

namespace {

constexpr std::int64_t kDayMs = 86'400'000;

// A cursor over the text that is parsed; every take says whether it was there.
class Cursor {
  public:
    explicit Cursor(std::string_view text) : text_(text) {}

    bool take(char c) {
        if (text_.empty() || text_[0] != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    // Exactly `count` digits.
    std::optional<int> digits(std::size_t count) {
        if (text_.size() < count) return std::nullopt;
        int v = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (!is_digit(text_[i])) return std::nullopt;
            v = v * 10 + (text_[i] - '0');
        }
        text_.remove_prefix(count);
        return v;
    }
    // One digit or more, as a number; nothing above 64 bits.
    std::optional<std::uint64_t> number() {
        std::uint64_t v = 0;
        const std::size_t count = run();
        if (count == 0) return std::nullopt;
        for (std::size_t i = 0; i < count; ++i) {
            const auto digit = static_cast<std::uint64_t>(text_[i] - '0');
            if (__builtin_mul_overflow(v, std::uint64_t{10}, &v)) return std::nullopt;
            if (__builtin_add_overflow(v, digit, &v)) return std::nullopt;
        }
        text_.remove_prefix(count);
        return v;
    }
    // After a point: milliseconds; finer digits are dropped.
    std::optional<int> fraction_ms() {
        const std::size_t count = run();
        if (count == 0) return std::nullopt;
        int v = 0;
        for (std::size_t i = 0; i < 3; ++i) v = v * 10 + (i < count ? text_[i] - '0' : 0);
        text_.remove_prefix(count);
        return v;
    }
    [[nodiscard]] std::size_t run() const {
        std::size_t n = 0;
        while (n < text_.size() && is_digit(text_[n])) ++n;
        return n;
    }
    [[nodiscard]] bool at_end() const { return text_.empty(); }

  private:
    std::string_view text_;
};

std::optional<std::int64_t> take_year(Cursor& in) {
    const bool negative = in.take('-');
    if (!negative && !in.take('+')) {
        auto year = in.digits(4);
        if (!year) return std::nullopt;
        return *year;
    }
    const auto length = in.run();
    if (length < 6 || length > 9) return std::nullopt;
    const auto year = static_cast<std::int64_t>(in.number().value_or(0));
    if (year == 0 && negative) return std::nullopt;
    return negative ? -year : year;
}

// Days since 1970-01-01 of a date that exists.
std::optional<std::int64_t> take_date(Cursor& in) {
    const auto year = take_year(in);
    if (!year || !in.take('-')) return std::nullopt;
    const auto month = in.digits(2);
    if (!month || !in.take('-')) return std::nullopt;
    const auto day = in.digits(2);
    if (!day || *month < 1 || *month > 12) return std::nullopt;
    if (*day < 1 || *day > days_in_month(*year, *month)) return std::nullopt;
    return days_from_civil({*year, *month, *day});
}

// Milliseconds since midnight.
std::optional<std::int64_t> take_clock(Cursor& in) {
    const auto hour = in.digits(2);
    if (!hour || !in.take(':')) return std::nullopt;
    const auto minute = in.digits(2);
    if (!minute || !in.take(':')) return std::nullopt;
    const auto second = in.digits(2);
    if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    int ms = 0;
    if (in.take('.')) {
        const auto fraction = in.fraction_ms();
        if (!fraction) return std::nullopt;
        ms = *fraction;
    }
    return ((*hour * 60 + *minute) * 60 + *second) * std::int64_t{1000} + ms;
}

std::optional<std::int64_t> take_offset_ms(Cursor& in) {
    if (in.take('Z')) return 0;
    const bool negative = in.take('-');
    if (!negative && !in.take('+')) return std::nullopt;
    const auto hours = in.digits(2);
    if (!hours || !in.take(':')) return std::nullopt;
    const auto minutes = in.digits(2);
    if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    const std::int64_t ms = (*hours * 60 + *minutes) * std::int64_t{60'000};
    return negative ? -ms : ms;
}

std::string year_text(std::int64_t year) {
    if (year >= 0 && year <= 9999) return fmt::format("{:04}", year);
    return fmt::format("{}{:06}", year < 0 ? '-' : '+', year < 0 ? -year : year);
}

std::string date_text_of(std::int64_t days) {
    const auto date = civil_from_days(days);
    return fmt::format("{}-{:02}-{:02}", year_text(date.year), date.month, date.day);
}

std::string trimmed_seconds(std::uint64_t seconds, std::uint64_t ms) {
    if (ms == 0) return fmt::format("{}", seconds);
    auto text = fmt::format("{}.{:03}", seconds, ms);
    text.erase(text.find_last_not_of('0') + 1);
    return text;
}

// Adds `count` units to `total_ms`; false on overflow.
bool add_units(std::uint64_t& total_ms, std::uint64_t count, std::uint64_t unit_ms) {
    std::uint64_t part = 0;
    return !__builtin_mul_overflow(count, unit_ms, &part) &&
           !__builtin_add_overflow(total_ms, part, &total_ms);
}

struct Unit {
    char letter;
    bool after_t;
    std::uint64_t ms;
};
constexpr Unit kUnits[] = {
    {'W', false, 604'800'000}, {'D', false, 86'400'000}, {'H', true, 3'600'000},
    {'M', true, 60'000},       {'S', true, 1'000},
};

// The components after "P", in their order; each at most once, at least one, and one after "T".
bool take_components(Cursor& in, std::uint64_t& total_ms) {
    bool after_t = false;
    bool any = false;
    for (const auto& unit : kUnits) {
        if (unit.after_t && !after_t) {
            after_t = in.take('T');
            if (after_t) any = false;
            if (!after_t) break;
        }
        Cursor ahead = in;
        const auto count = ahead.number();
        if (!count) continue;
        int fraction = 0;
        if (unit.letter == 'S' && ahead.take('.')) {
            const auto ms = ahead.fraction_ms();
            if (!ms) return false;
            fraction = *ms;
        }
        if (!ahead.take(unit.letter)) continue;
        if (!add_units(total_ms, *count, unit.ms)) return false;
        if (!add_units(total_ms, static_cast<std::uint64_t>(fraction), 1)) return false;
        in = ahead;
        any = true;
    }
    return any && in.at_end();
}

}  // namespace

// Howard Hinnant's days/civil algorithms: eras of 400 years, the year starting in March.
std::int64_t days_from_civil(CivilDate date) {
    const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
    const std::int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
    const std::int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + day_of_era - 719'468;
}

CivilDate civil_from_days(std::int64_t days) {
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
    const std::int64_t day_of_era = days - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month = (5 * day_of_year + 2) / 153;
    CivilDate out;
    out.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
    out.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
    out.year = year_of_era + era * 400 + (out.month <= 2 ? 1 : 0);
    return out;
}

int days_in_month(std::int64_t year, int month) {
    if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

std::string date_text(std::int32_t days) {
    return date_text_of(days);
}

std::optional<std::int32_t> parse_date(std::string_view text) {
    Cursor in(text);
    const auto days = take_date(in);
    if (!days || !in.at_end()) return std::nullopt;
    if (*days < std::numeric_limits<std::int32_t>::min() ||
        *days > std::numeric_limits<std::int32_t>::max()) {
        return std::nullopt;
    }
    return static_cast<std::int32_t>(*days);
}

std::string time_text(std::int64_t unix_ms) {
    std::int64_t days = unix_ms / kDayMs;
    std::int64_t rest = unix_ms % kDayMs;
    if (rest < 0) {
        rest += kDayMs;
        --days;
    }
    auto out = fmt::format("{}T{:02}:{:02}:{:02}", date_text_of(days), rest / 3'600'000,
                           rest / 60'000 % 60, rest / 1000 % 60);
    if (rest % 1000 != 0) out += fmt::format(".{:03}", rest % 1000);
    return out + "Z";
}

std::optional<std::int64_t> parse_time(std::string_view text) {
    Cursor in(text);
    const auto days = take_date(in);
    if (!days || !in.take('T')) return std::nullopt;
    const auto clock = take_clock(in);
    if (!clock) return std::nullopt;
    const auto offset = take_offset_ms(in);
    if (!offset || !in.at_end()) return std::nullopt;
    // The first day of the range starts before the range does: days before 1970 count from their
    // end.
    const bool before = *days < 0;
    const std::int64_t rest = *clock - *offset - (before ? kDayMs : 0);
    std::int64_t out = 0;
    if (__builtin_mul_overflow(*days + (before ? 1 : 0), kDayMs, &out)) return std::nullopt;
    if (__builtin_add_overflow(out, rest, &out)) return std::nullopt;
    return out;
}

std::string duration_text(std::int64_t ms) {
    if (ms == 0) return "PT0S";
    const auto bits = static_cast<std::uint64_t>(ms);
    const std::uint64_t magnitude = ms < 0 ? 0 - bits : bits;
    std::string out = ms < 0 ? "-P" : "P";
    if (const auto days = magnitude / 86'400'000; days != 0) out += fmt::format("{}D", days);
    if (magnitude % 86'400'000 == 0) return out;
    out += "T";
    if (const auto hours = magnitude / 3'600'000 % 24; hours != 0) out += fmt::format("{}H", hours);
    if (const auto minutes = magnitude / 60'000 % 60; minutes != 0) {
        out += fmt::format("{}M", minutes);
    }
    if (magnitude % 60'000 != 0) {
        out += trimmed_seconds(magnitude / 1000 % 60, magnitude % 1000) + "S";
    }
    return out;
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
    Cursor in(text);
    const bool negative = in.take('-');
    std::uint64_t total_ms = 0;
    if (!in.take('P') || !take_components(in, total_ms)) return std::nullopt;
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (total_ms > kMax + (negative ? 1U : 0U)) return std::nullopt;
    return static_cast<std::int64_t>(negative ? 0 - total_ms : total_ms);
}

}  // namespace weft
