// Records, timers and draws: what a run numbers for itself.
#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/hash.h"
#include "vm/state.h"

namespace weft::vm {
namespace {

// Purposes in the record: docs/log-format.md. The wait before a probe counts as a timeout.
TimerPurpose purpose_of(TimerRole role) {
    switch (role) {
        case TimerRole::Backoff:
        case TimerRole::BlockBackoff:
            return TimerPurpose::Backoff;
        case TimerRole::StepDeadline:
        case TimerRole::RunDeadline:
        case TimerRole::SubDeadline:
        case TimerRole::BlockDeadline:
            return TimerPurpose::Deadline;
        case TimerRole::Settle:
        case TimerRole::Wait:
        case TimerRole::Lock:
            return TimerPurpose::Timeout;
        case TimerRole::Review:
            return TimerPurpose::Review;
        case TimerRole::Sleep:
            return TimerPurpose::Sleep;
    }
    WEFT_CHECK(false);
}

}  // namespace

std::uint64_t Machine::State::append(RecordKind kind, std::uint32_t site, BranchId branch,
                                     std::string body, const Value* payload) {
    settle();
    Command command;
    command.kind = static_cast<std::uint8_t>(kind);
    command.site = site;
    command.branch = branch;
    command.fuel = meter.fuel;
    command.body = std::move(body);
    if (payload != nullptr) {
        command.has_payload = true;
        command.payload = canonical(*payload);
    }
    command.check = check.sum();
    progress.commands.push_back(std::move(command));
    meter.fuel_at_record = meter.fuel;
    return next_seq++;
}

// Saturates: a wait without end is as good as one of a thousand years.
std::int64_t Machine::State::after(std::int64_t duration_ms) const {
    std::int64_t due = 0;
    if (__builtin_add_overflow(time_ms, duration_ms, &due)) {
        return std::numeric_limits<std::int64_t>::max();
    }
    return due;
}

std::optional<Due> Machine::State::due_of(const Value& deadline) const {
    if (deadline.tag() == Tag::Duration) {
        return Due{after(std::max<std::int64_t>(0, deadline.as_int())), false};
    }
    if (deadline.tag() == Tag::Time) return Due{deadline.as_int(), true};
    return std::nullopt;
}

std::optional<Due> Machine::State::time_due(const Value& time) const {
    return time.tag() == Tag::Time ? due_of(time) : std::nullopt;
}

std::uint64_t Machine::State::set_timer(const Timer& timer, std::uint32_t site) {
    const auto id = next_timer++;
    TimerSetBody body;
    body.timer = id;
    body.due_ms = timer.due_ms;
    body.purpose = purpose_of(timer.role);
    body.call = timer.call != 0 ? timer.call : timer.task;
    emit(RecordKind::TimerSet, site, timer.branch, body);
    timers.emplace(id, timer);
    return id;
}

void Machine::State::drop_timer(std::uint64_t& timer) {
    timers.erase(timer);
    timer = 0;
}

// A number in 0 … bound, from the run's seed and a counter. (The bias of the remainder is below
// 2^-11 for every delay there is.)
std::uint64_t Machine::State::draw(std::uint64_t bound) {
    ByteWriter input;
    input.raw("weft-draw-1");
    input.raw(view(begin.run));
    input.u64(draws++);
    const auto hash = hmac_sha256(view(begin.seed), input.bytes());
    return ByteReader(view(hash)).u64() % (bound + 1);
}

}  // namespace weft::vm
