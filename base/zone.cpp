#include "base/zone.h"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

namespace weft {
namespace {

using Seconds = cctz::time_point<cctz::seconds>;

const cctz::civil_day kFirstDay(1970, 1, 1);

}  // namespace

struct Zone::Rules {
    cctz::time_zone zone;
};

std::optional<Zone> Zone::find(const std::string& name) {
    auto rules = std::make_shared<Rules>();
    rules->zone = cctz::utc_time_zone();
    // A path out of the folder of zones is no name of one.
    if (name.starts_with('/') || name.find("..") != std::string::npos) return std::nullopt;
    if (!name.empty() && !cctz::load_time_zone(name, &rules->zone)) return std::nullopt;
    return Zone(std::move(rules));
}

CivilTime Zone::civil(std::int64_t unix_s) const {
    const cctz::civil_second there = rules_->zone.lookup(Seconds(cctz::seconds(unix_s))).cs;
    return {cctz::civil_day(there) - kFirstDay,
            there.hour() * 3600 + there.minute() * 60 + there.second()};
}

std::int64_t Zone::moment(const CivilTime& time) const {
    const auto wanted = cctz::civil_second(kFirstDay + time.day) + time.second;
    return cctz::convert(wanted, rules_->zone).time_since_epoch().count();
}

}  // namespace weft
