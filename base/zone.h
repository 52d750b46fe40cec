// Time zones of the world, over the machine's tzdata: which day and time of day a moment is there,
// and back. The rules of zones change, so nothing whose replay must agree may ask them: a worker
// may, whose answer is in the log, and whoever decides when a run begins.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace weft {

// On the calendar: days since 1970-01-01, seconds since midnight as the clock shows them.
struct CivilTime {
    std::int64_t day = 0;
    std::int32_t second = 0;
};

class Zone {
  public:
    // By IANA name ("Europe/Zurich"); empty is UTC.
    static std::optional<Zone> find(const std::string& name);

    // Seconds since the beginning of 1970 in UTC.
    [[nodiscard]] CivilTime civil(std::int64_t unix_s) const;
    // A time that the clocks skip is the moment at which they do; one that comes twice is the first
    // of both.
    [[nodiscard]] std::int64_t moment(const CivilTime& time) const;

  private:
    struct Rules;
    explicit Zone(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}
    std::shared_ptr<const Rules> rules_;
};

}  // namespace weft
