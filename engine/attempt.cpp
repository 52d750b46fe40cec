#include "engine/attempt.h"

#include <chrono>
#include <exception>

#include "engine/secret_desk.h"

namespace weft::engine {

namespace {

// A worker of the host program may throw; that is a failure of the attempt, not of the engine. It
// is not known how far it came.
template <typename Function>
WorkerOutcome call_worker(Attempt& attempt, const Function& function) {
    WorkerCall call;
    call.worker = attempt.worker;
    std::string revealed;
    if (attempt.secrets) {
        auto arguments = attempt.secrets->arguments();
        if (!arguments) {
            return std::unexpected(
                WorkerError{"Rejected", arguments.error().message, true, {}, {}});
        }
        revealed = std::move(*arguments);
    }
    call.arguments = attempt.secrets ? revealed : attempt.arguments;
    call.result_schema = *attempt.result_schema;
    call.key = attempt.key;
    std::string run = to_hex(view(attempt.run));
    call.run = run;
    call.attempt = attempt.number;
    call.time_ms = attempt.time_ms;
    call.timeout = std::chrono::milliseconds(attempt.timeout_ms);
    call.settings = attempt.settings;
    call.directory = attempt.directory;
    call.state_directory = attempt.state_directory;
    call.children_lock = attempt.children_lock;
    call.files = attempt.files.get();
    call.cancelled = &attempt.cancelled;
    try {
        auto outcome = function(call);
        if (outcome) {
            outcome->json = without_handles(std::move(outcome->json));
            if (attempt.secrets) outcome->json = attempt.secrets->result(std::move(outcome->json));
        } else if (attempt.secrets) {
            outcome.error().message = attempt.secrets->message(std::move(outcome.error().message));
            outcome.error().fields = attempt.secrets->result(std::move(outcome.error().fields));
        }
        return outcome;
    } catch (const std::exception& e) {
        return std::unexpected(WorkerError{"Unavailable", e.what(), false, {}, {}});
    } catch (...) {
        return std::unexpected(
            WorkerError{"Unavailable", "the worker threw an unknown exception", false, {}, {}});
    }
}

}  // namespace

WorkerOutcome run_attempt(Attempt& attempt) {
    return call_worker(attempt, attempt.function);
}

WorkerOutcome run_attempt(Attempt& attempt, Transaction& transaction) {
    return call_worker(
        attempt, [&](const WorkerCall& call) { return attempt.transaction(call, transaction); });
}

}  // namespace weft::engine
