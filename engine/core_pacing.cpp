// Between the core and the pacer: which attempts may leave, and what their outcomes say about the
// health of their workers.
#include <algorithm>

#include "engine/breakers.h"
#include "engine/core.h"

namespace weft::engine {
namespace {

constexpr std::int64_t kLongAgoMs = 1'000LL * 366 * 86'400'000;  // longer than a breaker's time

}  // namespace

Health health_of(const InFlight& flight, const vm::OutcomeFact& fact) {
    if (flight.cancelled && !flight.timed_out) return Health::Unknown;
    const bool is_away =
        fact.error == "Transient" || fact.error == "Timeout" || fact.error == "Unavailable";
    return is_away ? Health::Failed : Health::Answered;
}

bool Core::may_leave(LiveRun& run, const vm::Want& want) {
    const auto& worker = run.image().workers[want.worker];
    if (!worker.pacing.is_declared()) return true;
    return pacer_.admit(worker, run.id(), want.call, time_->monotonic());
}

// What waits behind a limit or a breaker and is not wanted any more gives its place away.
void Core::forget_paced(LiveRun& run, const std::vector<vm::Want>& wants) {
    std::vector<std::uint64_t> calls;
    for (const auto& want : wants) {
        const bool waits = want.kind == vm::WantKind::Attempt &&
                           run.image().workers[want.worker].pacing.is_declared();
        if (waits) calls.push_back(want.call);
    }
    std::ranges::sort(calls);
    pacer_.keep_only(run.id(), calls);
}

void Core::finish_paced(const Attempt& attempt, Health health) {
    if (attempt.is_paced) pacer_.finished(attempt.worker, health, time_->monotonic());
}

// A breaker that was open when the engine before this one ended is open still, for what is left of
// its time. One that was letting attempts through begins anew with a few.
Result<void> Core::take_over_breakers() {
    WEFT_TRY(known, last_breakers(*store_));
    for (const auto& breaker : known) {
        const auto ago_ms = breaker.state == BreakerState::HalfOpen
                                ? kLongAgoMs
                                : std::max<std::int64_t>(0, time_->now() - breaker.since_ms);
        pacer_.take_over(breaker.worker, time_->monotonic() - ago_ms);
    }
    return {};
}

Result<void> Core::log_breakers(store::Batch& batch) {
    for (const auto& change : pacer_.take_changes()) {
        WEFT_TRY_VOID(system_->breaker(change, time_->now(), batch));
    }
    return {};
}

}  // namespace weft::engine
