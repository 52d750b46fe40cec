// The native parts of the workers that stdlib/calendar.wf declares.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/zone.h"
#include "stdlib/json_args.h"
#include "stdlib/native.h"
#include "value/iso8601.h"

namespace weft::stdlib {

namespace {

constexpr std::int64_t kSecondMs = 1000;
constexpr std::int64_t kMonths = 12;

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

std::expected<Zone, WorkerError> zone_of(const Json& arguments) {
    const std::string name = text_or(arguments, "zone");
    auto zone = Zone::find(name);
    if (zone && !name.empty()) return std::move(*zone);
    return worker_error("UnknownZone", "this machine knows no time zone `" + name +
                                           "`; zones have names like \"Europe/Zurich\"");
}

// The engine has checked the arguments' types, so what can't be read is not one of them.
std::expected<std::int64_t, WorkerError> date_of(const Json& arguments) {
    if (auto days = parse_date(text_or(arguments, "date"))) return *days;
    return worker_error("Rejected", "the argument `date` is no date");
}

WorkerOutcome local(const WorkerCall& call) {
    WEFT_TRY(arguments, parse_arguments(call));
    WEFT_TRY(zone, zone_of(arguments));
    const auto at = parse_time(text_or(arguments, "at"));
    if (!at) return worker_error("Rejected", "the argument `at` is no time");
    const CivilTime there = zone.civil(floor_div(*at, kSecondMs));
    const CivilDate date = civil_from_days(there.day);
    constexpr std::int64_t kFirstWeekday = 3;  // the first day of 1970 was a Thursday
    const std::int64_t weekday = (there.day + kFirstWeekday) % 7;
    return worker_value(
        {{"date", date_text(static_cast<std::int32_t>(there.day))},
         {"year", date.year},
         {"month", date.month},
         {"day", date.day},
         {"weekday", (weekday + 7) % 7 + 1},
         {"clock", fmt::format("{:02}:{:02}", there.second / 3600, there.second / 60 % 60)}});
}

WorkerOutcome moment(const WorkerCall& call) {
    WEFT_TRY(arguments, parse_arguments(call));
    WEFT_TRY(zone, zone_of(arguments));
    WEFT_TRY(day, date_of(arguments));
    const std::string clock = text_or(arguments, "clock");
    if (clock.size() != 5)
        return worker_error("Rejected", "the argument `clock` is no time of day");
    const int minutes =
        std::atoi(clock.substr(0, 2).c_str()) * 60 + std::atoi(clock.substr(3, 2).c_str());
    return worker_value(time_text(zone.moment({day, minutes * 60}) * kSecondMs));
}

WorkerOutcome months_later(const WorkerCall& call) {
    WEFT_TRY(arguments, parse_arguments(call));
    WEFT_TRY(days, date_of(arguments));
    const CivilDate from = civil_from_days(days);
    const std::int64_t months = from.year * kMonths + from.month - 1 + int_or(arguments, "months");
    CivilDate to;
    to.year = floor_div(months, kMonths);
    to.month = static_cast<int>(months - to.year * kMonths) + 1;
    to.day = std::min(from.day, days_in_month(to.year, to.month));
    return worker_value(date_text(static_cast<std::int32_t>(days_from_civil(to))));
}

}  // namespace

std::vector<NativeWorker> calendar_workers() {
    const auto wrapped = [](WorkerOutcome (*worker)(const WorkerCall&)) {
        return [worker](const WorkerCall& call) {
            return guarded(call, [&] { return worker(call); });
        };
    };
    return {{"calendar.local", wrapped(local)},
            {"calendar.moment", wrapped(moment)},
            {"calendar.months_later", wrapped(months_later)}};
}

}  // namespace weft::stdlib
