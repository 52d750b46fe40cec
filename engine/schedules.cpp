#include "engine/schedules.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/hash.h"
#include "engine/calendar.h"
#include "value/json_text.h"

namespace weft::engine {
namespace {

constexpr std::uint8_t kScheduleForm = 1;

}  // namespace

std::string encode_schedule_state(const ScheduleState& state) {
    ByteWriter out;
    out.u8(kScheduleForm);
    out.raw(view(state.times));
    out.i64(state.dealt_ms);
    out.i64(state.last_ms);
    out.raw(view(state.last_run));
    out.u32(static_cast<std::uint32_t>(state.queued.size()));
    for (const auto due : state.queued) out.i64(due);
    return out.take();
}

Result<ScheduleState> decode_schedule_state(const std::string& bytes) {
    ByteReader in(bytes);
    ScheduleState state;
    const bool known = in.u8() == kScheduleForm;
    state.times = to_array<16>(in.raw(16));
    state.dealt_ms = in.i64();
    state.last_ms = in.i64();
    state.last_run = to_array<16>(in.raw(16));
    const std::uint32_t count = in.u32();
    for (std::uint32_t i = 0; i < count && i < kScheduleQueueMax && in.ok(); ++i) {
        state.queued.push_back(in.i64());
    }
    if (!known || !in.ok() || !in.at_end()) {
        return fail(ErrorKind::Corrupt, "what is known of a schedule does not have its shape");
    }
    return state;
}

Bytes16 schedule_times(const ScheduleRow& row) {
    ByteWriter out;
    out.i64(row.every_ms);
    out.block(row.zone);
    auto minutes = row.at_minutes;
    std::ranges::sort(minutes);
    for (const auto minute : minutes) out.u16(minute);
    return to_array<16>(view(sha256(out.bytes())));
}

MissedTimes times_between(const ScheduleRow& row, std::int64_t after_ms, std::int64_t limit_ms) {
    MissedTimes out;
    const std::int64_t first = next_moment(row, after_ms);
    if (first >= limit_ms) return out;
    if (row.every_ms > 0) {
        const std::int64_t more = (limit_ms - 1 - first) / row.every_ms;
        return {static_cast<std::uint64_t>(more) + 1, first + more * row.every_ms};
    }
    for (std::int64_t at = first; at < limit_ms; at = next_moment(row, at)) {
        ++out.count;
        out.last_ms = at;
    }
    return out;
}

std::string schedule_input(const Image& image, const ScheduleRow& row) {
    const auto& parameters = image.workflows[row.workflow].parameters;
    std::string out = "{";
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        if (i > 0) out += ",";
        write_json_string(parameters[i].name, out);
        out += ":" + to_json(image.types, parameters[i].type, row.input.items()[i]);
    }
    return out + "}";
}

}  // namespace weft::engine
