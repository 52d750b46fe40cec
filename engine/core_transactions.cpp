// Workers whose effect is a transaction: they run here, on the core's thread, and what they write
// is part of the commit that holds the record of their outcome. Their starts were committed a turn
// before; a start without an outcome was surely without effect, so it is tried again.
#include <optional>
#include <utility>
#include <vector>

#include "engine/core.h"
#include "engine/shared_work.h"

namespace weft::engine {

struct Core::SharedAttempt {
    std::shared_ptr<Attempt> attempt;
    std::optional<vm::OutcomeFact> fact = std::nullopt;
    bool is_over = false;  // it undid what the others did: it is not called again
};

// False: what all of them did was undone with it.
Result<bool> Core::run_transaction(SharedAttempt& shared) {
    auto& attempt = *shared.attempt;
    LiveRun& run = *live(attempt.run);
    const InFlight& flight = *run.flight(attempt.call);
    WorkerOutcome outcome = std::unexpected(
        WorkerError{"Timeout", "it was told to stop before it began", true, {}, {}});
    // Not how long it waited: for the turn of its host program, or for those before it.
    const auto deadline_ms = time_->monotonic() + attempt.timeout_ms;
    const auto is_late = [&] {
        return attempt.timeout_ms > 0 && time_->monotonic() >= deadline_ms;
    };
    const auto work = [&](Transaction& transaction) {
        if (!attempt.cancelled) outcome = run_attempt(attempt, transaction);
        shared.fact = outcome_of(run, flight, {shared.attempt, outcome});
        return shared.fact->status == vm::OutcomeStatus::Ok;
    };
    WEFT_TRY(ended, store_->share(work, is_late));
    if (ended != store::Store::Shared::Lost) return true;
    if (shared.fact->status == vm::OutcomeStatus::Ok) {
        outcome = std::unexpected(
            WorkerError{"Unavailable", "the database undid the transaction", true, {}, {}});
        shared.fact = outcome_of(run, flight, {shared.attempt, outcome});
    }
    shared.is_over = true;
    return false;
}

Result<void> Core::run_transactions(store::Batch& batch) {
    std::vector<SharedAttempt> all;
    for (auto& attempt : std::exchange(shared_, {})) {
        LiveRun* run = live(attempt->run);
        const InFlight* known = run == nullptr ? nullptr : run->flight(attempt->call);
        if (known != nullptr && known->attempt == attempt && !run->ended()) {
            all.push_back({std::move(attempt)});
        } else {
            finish_paced(*attempt, Health::Unknown);  // killed meanwhile
        }
    }
    for (std::size_t i = 0; i < all.size();) {
        if (all[i].is_over) {
            ++i;
            continue;
        }
        WEFT_TRY(stands, run_transaction(all[i]));
        i = stands ? i + 1 : 0;
    }
    for (const auto& shared : all) {
        const auto& attempt = *shared.attempt;
        WEFT_TRY_VOID(finish_flight(*live(attempt.run), attempt, *shared.fact, batch));
    }
    return {};
}

Result<void> Core::transact(const std::function<Result<void>(Transaction&)>& work) {
    if (failure_) return std::unexpected(*failure_);
    return engine::transact(*store_, work);
}

}  // namespace weft::engine
