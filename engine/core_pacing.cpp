// Between the core and the pacer: which attempts may leave, and what their outcomes say about the
// health of their workers.
#include <algorithm>

#include "engine/core.h"

namespace weft::engine {

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

Result<void> Core::log_breakers(store::Batch& batch) {
    for (const auto& change : pacer_.take_changes()) {
        WEFT_TRY_VOID(system_->breaker(change, time_->now(), batch));
    }
    return {};
}

}  // namespace weft::engine
