#include "engine/calendar.h"

#include <algorithm>

#include "base/check.h"
#include "base/zone.h"

namespace weft::engine {
namespace {

constexpr std::int64_t kSecondMs = 1000;

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

}  // namespace

std::int64_t next_moment(const ScheduleRow& row, std::int64_t after_ms) {
    if (row.every_ms > 0) return (floor_div(after_ms, row.every_ms) + 1) * row.every_ms;
    const auto zone = Zone::find(row.zone);
    WEFT_CHECK(zone.has_value() && !row.at_minutes.empty());
    const std::int64_t today = zone->civil(floor_div(after_ms, kSecondMs)).day;
    std::int64_t best = INT64_MAX;
    // From yesterday, since a time that is skipped may belong to a later day than its date says;
    // a zone may skip a whole day.
    for (int day = -1; day <= 3; ++day) {
        for (const auto minute : row.at_minutes) {
            const std::int64_t moment = zone->moment({today + day, minute * 60}) * kSecondMs;
            if (moment > after_ms) best = std::min(best, moment);
        }
    }
    WEFT_CHECK(best != INT64_MAX);
    return best;
}

}  // namespace weft::engine
