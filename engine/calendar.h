// Times of a schedule: which moment comes next, in the zone that it names. What is computed here
// decides when a run begins and never what it does, so it may change with the rules of the zones.
// It knows no clock, no store and no run.
#pragma once

#include <cstdint>
#include <string>

#include "bytecode/image_rows.h"

namespace weft::engine {

// The first moment of the schedule behind `after_ms` (Unix ms), whose zone must be known. A time of
// day that the clocks skip is the moment at which they do; one that comes twice is the first of
// both. `every` counts from the beginning of 1970 in UTC.
std::int64_t next_moment(const ScheduleRow& row, std::int64_t after_ms);

}  // namespace weft::engine
