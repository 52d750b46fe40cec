// Between the machine's wants and the attempts that run on the pool.
#include <fmt/format.h>

#include "engine/core.h"
#include "vm/worker_border.h"

namespace weft::engine {

std::shared_ptr<Attempt> Core::make_attempt(LiveRun& run, const vm::Want& want, const Bytes16& key,
                                            std::int64_t now_ms) {
    const auto& image = run.image();
    const auto& step = image.steps[want.step];
    const auto& worker = image.workers[want.worker];
    auto attempt = std::make_shared<Attempt>();
    attempt->run = run.id();
    attempt->call = want.call;
    attempt->number = want.attempt;
    attempt->worker = worker.name;
    attempt->arguments = vm::worker_arguments(image, want, key);
    attempt->result_schema = schemas_.of(run.row().image, image.types, step.result_type);
    attempt->key = to_hex(view(key));
    attempt->time_ms = now_ms;
    attempt->timeout_ms = step.policy.timeout_ms;
    attempt->settings = config_.settings(worker.name);
    attempt->directory = config_.directory;
    attempt->state_directory = places_.state_directory;
    attempt->children_lock = places_.children_lock;
    attempt->files = run.files;
    attempt->is_paced = worker.pacing.is_declared();
    const bool is_transaction = worker.effect == EffectClass::Transaction;
    const auto function = workers_.find(worker.name);
    const auto transaction = transactions_.find(worker.name);
    if (is_transaction && transaction != transactions_.end()) {
        attempt->transaction = transaction->second;
    } else if (!is_transaction && function != workers_.end()) {
        attempt->function = function->second;
    } else {
        attempt->function = [name = worker.name](const WorkerCall&) -> WorkerOutcome {
            return std::unexpected(
                WorkerError{"Rejected",
                            fmt::format("no implementation is bound to worker {}", name),
                            true,
                            {},
                            {}});
        };
    }
    return attempt;
}

vm::OutcomeFact Core::outcome_of(LiveRun& run, const InFlight& flight,
                                 const Completion& completion) {
    const vm::SentAttempt sent{
        completion.attempt->call, completion.attempt->number, flight.step,     flight.worker,
        flight.direction,         flight.timed_out,           flight.cancelled};
    return vm::outcome_of(run.image(), sent, completion.outcome);
}

// What waited (for its operator, for room, for its turn) until its receiver may have forgotten the
// key would be done twice: it is not sent, and a person settles the doubt.
Result<void> Core::leave_in_doubt(LiveRun& run, const vm::Want& want, store::Batch& batch) {
    touched_.insert(run.id());  // its wants are others now
    FactContext context;
    context.binding = config_.binding_digest(run.image().workers[want.worker].name);
    WEFT_TRY_VOID(feed_run(run, vm::StartFact{want.call, want.attempt}, context, batch));
    const auto unsent = vm::unheard(
        want, "it was not sent again: its receiver may have forgotten the key meanwhile");
    return feed_run(run, unsent, {}, batch);
}

}  // namespace weft::engine
