// What each fact does, and whether it fits the state. A fact that doesn't fit was late or came
// twice: it is in the log, and changes nothing.
#include <algorithm>
#include <limits>

#include "vm/state.h"

namespace weft::vm {

bool Machine::State::fits(const StartFact& fact) const {
    const auto found = calls.find(fact.call);
    return found != calls.end() && !is_held && found->second.phase == Phase::Attempt &&
           found->second.attempt == fact.attempt;
}

void Machine::State::on(const StartFact& fact) {
    auto& call = calls.at(fact.call);
    call.phase = Phase::Started;
    call.is_lost = false;
    if (!call.started_ms) call.started_ms = time_ms;
}

bool Machine::State::fits(const OutcomeFact& fact) const {
    const auto found = calls.find(fact.call);
    if (found == calls.end() || fact.status == OutcomeStatus::Late) return false;
    const auto& call = found->second;
    if (call.phase == Phase::Started) return call.attempt == fact.attempt;
    // A late answer settles an open doubt.
    const bool is_open = call.phase == Phase::Person || call.phase == Phase::Settling;
    return is_open && fact.status == OutcomeStatus::Ok && fact.attempt <= call.attempt;
}

void Machine::State::on(const OutcomeFact& fact) {
    auto& call = calls.at(fact.call);
    const bool counts = !workflow->has_budget || fact.currency == workflow->budget_currency;
    if (counts && fact.cost_micros > 0 &&
        __builtin_add_overflow(spent_micros, fact.cost_micros, &spent_micros)) {
        spent_micros = std::numeric_limits<std::int64_t>::max();
    }
    switch (fact.status) {
        case OutcomeStatus::Ok:
            succeed(call, fact.value);
            return;
        case OutcomeStatus::Failed:
            fail_attempt(call, fact.error, fact.message, fact.retry_after_ms, fact.detail);
            return;
        case OutcomeStatus::Cancelled:
            // Only told to branches that end and to steps past their time, so nothing is tried
            // again.
            fail_attempt(call, fact.error.empty() ? "Cancelled" : fact.error, fact.message,
                         std::nullopt);
            return;
        case OutcomeStatus::Unknown:
            call.error = fact.error.empty() ? "Timeout" : fact.error;
            call.message = fact.message;
            call.detail = fact.detail;
            doubt(call);
            return;
        case OutcomeStatus::Late:
            return;
    }
}

bool Machine::State::fits(const SettledFact& fact) const {
    const auto found = calls.find(fact.call);
    if (found != calls.end()) return found->second.phase == Phase::Person;
    return stuck_with(fact.call).has_value();
}

void Machine::State::on(const SettledFact& fact) {
    if (!calls.contains(fact.call)) {
        settle_stuck(branches.at(*stuck_with(fact.call)), fact.call, fact.done);
        return;
    }
    auto& call = calls.at(fact.call);
    if (fact.done) {
        succeed(call, fact.value);
    } else {
        surely_not_done(call);
    }
}

bool Machine::State::fits(const TimerFiredFact& fact) const {
    return timers.contains(fact.timer);
}

void Machine::State::on(const TimerFiredFact& fact) {
    const auto timer = timers.at(fact.timer);
    timers.erase(fact.timer);
    switch (timer.role) {
        case TimerRole::Backoff:
            backoff_over(calls.at(timer.call));
            return;
        case TimerRole::StepDeadline:
            step_deadline(calls.at(timer.call));
            return;
        case TimerRole::SubDeadline: {
            auto& sub = subs.at(timer.call);
            sub.is_late = true;
            sub.timer = 0;
            return;
        }
        case TimerRole::Settle:
            ask_probe(calls.at(timer.call));
            return;
        case TimerRole::RunDeadline:
            run_deadline();
            return;
        case TimerRole::Review:
            overdue(timer.task);
            return;
        case TimerRole::BlockBackoff:
            pass_begins(branches.at(timer.branch));
            return;
        case TimerRole::BlockDeadline:
            block_deadline(branches.at(timer.branch), timer.scope);
            return;
        case TimerRole::Wait:
            wait_over(branches.at(timer.branch));
            return;
        case TimerRole::Lock: {
            auto& branch = branches.at(timer.branch);
            lock_over(branch);
            resume_with(branch, Value::boolean(false));
            return;
        }
        case TimerRole::Sleep: {
            auto& branch = branches.at(timer.branch);
            ++branch.frame().pc;
            make_ready(branch);
            return;
        }
    }
}

bool Machine::State::fits(const CancelFact&) const {
    return !is_failing && !ending && branches.at(kRoot).irreversible == 0;
}

void Machine::State::on(const CancelFact& fact) {
    is_failing = true;
    is_cancelled = true;
    run_error = make_error({.name = "Cancelled", .message = fact.reason, .step = workflow->name});
    stop(branches.at(kRoot));
}

bool Machine::State::fits(const KillFact&) const {
    return true;
}

void Machine::State::on(const KillFact& fact) {
    end_run(RunStatus::Killed,
            make_error({.name = "Killed", .message = fact.reason, .step = workflow->name}));
}

bool Machine::State::fits(const HeldByOperatorFact&) const {
    return !is_held;
}

void Machine::State::on(const HeldByOperatorFact& fact) {
    is_held = true;
    why_held = fact.reason;
}

bool Machine::State::fits(const OperatorFact&) const {
    return true;
}

void Machine::State::on(const OperatorFact&) {}

bool Machine::State::fits(const ReleasedFact&) const {
    return is_held || !held.empty();
}

void Machine::State::on(const ReleasedFact&) {
    is_held = false;
    for (const auto id : std::exchange(parked, {})) make_ready(branches.at(id));
    for (const auto id : std::vector<BranchId>(held.begin(), held.end())) {
        auto& branch = branches.at(id);
        if (branch.rest == Rest::Stuck) {
            release_stuck(branch);
        } else {
            release(branch);
        }
    }
}

bool Machine::State::fits(const ResumedFact&) const {
    return true;
}

// Starts without outcome show among the wants; the engine settles them.
void Machine::State::on(const ResumedFact&) {
    for (auto& [seq, call] : calls) call.is_lost |= call.phase == Phase::Started;
}

}  // namespace weft::vm
