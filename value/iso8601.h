// Date, Time and Duration as text of ISO 8601, both ways: the spelling of JSON form 1 and of holes
// in text. The calendar is the proleptic Gregorian one, in UTC; no zone tables, no locale, no
// clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

struct CivilDate {
    std::int64_t year = 1970;
    int month = 1;
    int day = 1;
};
CivilDate civil_from_days(std::int64_t days);
// The month and day must exist (check with days_in_month).
std::int64_t days_from_civil(CivilDate date);
int days_in_month(std::int64_t year, int month);

// "2026-01-31"; years outside 0..9999 as "+012345-01-31".
std::string date_text(std::int32_t days);
std::optional<std::int32_t> parse_date(std::string_view text);

// "2026-01-31T10:00:00Z", with ".250" where it isn't a whole second. An offset ("+02:00") is taken
// and turned into UTC; digits finer than a millisecond are dropped.
std::string time_text(std::int64_t unix_ms);
std::optional<std::int64_t> parse_time(std::string_view text);

// "P1DT2H30M", "PT0.25S", "-PT5S", "PT0S". Weeks are taken; years and months are not, since they
// have no fixed length.
std::string duration_text(std::int64_t ms);
std::optional<std::int64_t> parse_duration(std::string_view text);

}  // namespace weft
