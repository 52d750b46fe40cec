// What is known of the schedules of served programs: when each comes next, which run it began last,
// and what of that has to be durable. It decides nothing and begins nothing (core_schedules.cpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "bytecode/image.h"
#include "store/rows.h"

namespace weft::engine {

// How late a time may be made up for by a schedule that does not say `catch up`: an engine that is
// busy, or opens again after a moment.
constexpr std::int64_t kScheduleGraceMs = 60'000;
// Times that wait for the end of the run before, with `overlap queue`.
constexpr std::size_t kScheduleQueueMax = 1'000;

// A row of the store's `meta`, in the commit of what it tells.
struct ScheduleState {
    Bytes16 times{};                   // of the declaration: others begin anew
    std::int64_t dealt_ms = 0;         // every time up to here is dealt with
    std::int64_t last_ms = 0;          // the last one that began a run, or 0
    store::RunId last_run{};           // that run
    std::vector<std::int64_t> queued;  // first come first
};
std::string encode_schedule_state(const ScheduleState& state);
Result<ScheduleState> decode_schedule_state(const std::string& bytes);
// Names the times of a declaration, not what it runs.
Bytes16 schedule_times(const ScheduleRow& row);

// A schedule of a program that is served, as people see it.
struct ServedSchedule {
    std::string name;
    std::shared_ptr<const Image> image;
    std::uint32_t row = 0;
    std::int64_t next_ms = 0;
    ScheduleState state;
};

struct MissedTimes {
    std::uint64_t count = 0;
    std::int64_t last_ms = 0;
};
// Times of the schedule behind `after_ms` and before `limit_ms`.
MissedTimes times_between(const ScheduleRow& row, std::int64_t after_ms, std::int64_t limit_ms);

// The input that a schedule hands over, as JSON.
std::string schedule_input(const Image& image, const ScheduleRow& row);

}  // namespace weft::engine
