// Calls of workers: attempts, retries with backoff, deadlines, budget. What happens when nobody
// knows whether an attempt had its effect is in doubt.cpp.
#include <algorithm>
#include <limits>

#include "base/hash.h"
#include "vm/state.h"

namespace weft::vm {
namespace {

Bytes16 call_key(const Begin& begin, std::uint64_t seq) {
    ByteWriter input;
    input.raw("weft-key-1");
    input.raw(view(begin.run));
    input.u64(seq);
    return to_array<16>(view(hmac_sha256(view(begin.seed), input.bytes())));
}

// Saturating: costs come from workers.
std::int64_t sum(std::int64_t a, std::int64_t b) {
    std::int64_t out = 0;
    return __builtin_add_overflow(a, b, &out) ? std::numeric_limits<std::int64_t>::max() : out;
}

}  // namespace

bool Machine::State::call_step(Branch& branch) {
    if (before_step(branch)) return false;
    const auto x = branch.instruction();
    const auto row = image->sites[x.d].row;
    const auto& step = image->steps[row];
    Call call;
    call.branch = branch.id;
    call.site = x.d;
    call.step = row;
    call.worker = step.worker;
    call.arguments = branch.frame().registers.range(x.b, x.c);
    std::size_t behind = std::size_t{x.b} + x.c;
    if (step.has_key) call.author_key = branch.frame().registers[behind++];
    if (step.cache_ms > 0) call.cache_key = branch.frame().registers[behind];
    const bool undoes = branch.is_undoing() || branch.is_shielded;
    call.direction = undoes ? Direction::Undo : Direction::Forward;

    const auto& worker = image->workers[call.worker];
    if (!undoes && workflow->has_budget && worker.reserve_currency == workflow->budget_currency) {
        call.reserve_micros = worker.reserve_micros;
    }
    const auto arguments = Value::list(call.arguments);
    if (arguments.tree_size() > kValueSizeMax || arguments.depth() > kValueDepthMax) {
        raise(branch, evaluator.trap(place(branch), "the arguments are too large"));
        return false;
    }
    std::optional<Due> last_moment;
    if (x.op == Opcode::CallUntil) {
        last_moment =
            due_of(branch.frame().registers[x.b + std::size_t{x.c} + step.key_registers()]);
        if (!last_moment) {
            raise(branch, evaluator.trap(place(branch), "a step's last moment is no Time"));
            return false;
        }
    } else if (step.policy.within_ms > 0) {
        last_moment = Due{after(step.policy.within_ms), false};
    }
    if (call.reserve_micros > 0 && !fits_budget(call.reserve_micros)) {
        call.attempt = 0;
        raise(branch, refuse_budget(call, call.reserve_micros));
        return false;
    }
    branch.rest = Rest::Call;
    branch.waits_for = next_seq;
    auto& opened = open_call(std::move(call));
    if (last_moment) {
        opened.deadline_timer = set_timer({.role = TimerRole::StepDeadline,
                                           .due_ms = last_moment->ms,
                                           .call = opened.seq,
                                           .branch = branch.id,
                                           .until = last_moment->until},
                                          x.d);
    }
    return false;
}

// Reserves, logs and lists a call, which wants its first attempt.
Call& Machine::State::open_call(Call call) {
    const auto& worker = image->workers[call.worker];
    call.seq = next_seq;
    call.key = call_key(begin, call.seq);
    reserved_micros = sum(reserved_micros, call.reserve_micros);
    CallBody body;
    body.key = call.key;
    body.worker = call.worker;
    body.generation = branches.at(call.branch).generation;
    body.effect = static_cast<CallClass>(worker.effect);
    body.direction = call.direction;
    body.currency = pack_currency(worker.reserve_currency);
    body.reserve_micros = body.currency == CurrencyCode::None ? 0 : worker.reserve_micros;
    const auto payload = Value::list(call.arguments);
    const auto seq = emit(RecordKind::Call, call.site, call.branch, body, &payload);
    return calls.emplace(seq, std::move(call)).first->second;
}

// What was spent and reserved, and `more` on top of it. (Only calls in the budget's currency
// reserve.)
bool Machine::State::fits_budget(std::int64_t more_micros) const {
    return sum(sum(spent_micros, reserved_micros), more_micros) <= workflow->budget_micros;
}

// Logs that the next attempt of a call is not made; gives the error.
Value Machine::State::refuse_budget(Call& call, std::int64_t more_micros) {
    call.error = "Budget";
    call.message = "this effect could pass the workflow's budget";
    call.detail = {};
    auto error = call_error(call);
    BudgetBody body;
    body.call = call.seq;
    body.reserved_micros = sum(reserved_micros, more_micros);
    body.spent_micros = spent_micros;
    body.currency = pack_currency(workflow->budget_currency);
    emit(RecordKind::Budget, call.site, call.branch, body, &error);
    return error;
}

void Machine::State::drop_call(std::uint64_t seq) {
    const auto found = calls.find(seq);
    auto& call = found->second;
    if (!call.is_done) note_keyed(call, KeyedCall::What::NotDone);
    const bool can_be_asked = can_be_in_doubt(image->workers[call.worker].effect);
    if (can_be_asked && call.started_ms && (call.is_done || !call.is_in_doubt)) {
        progress.settled.push_back(
            {seq, call.step, call.worker, call.key, call.author_key.has_value()});
    }
    drop_timer(call.wait_timer);
    drop_timer(call.deadline_timer);
    reserved_micros -= std::min(reserved_micros, call.reserve_micros);
    if (call.phase == Phase::Person) --persons;
    if (call.phase == Phase::Probing) drop_call(call.other);
    calls.erase(seq);
}

Value Machine::State::call_error(const Call& call) const {
    return make_error({.name = call.error,
                       .message = call.message,
                       .step = image->steps[call.step].path,
                       .attempts = call.attempt,
                       .detail = call.detail});
}

// Its branch has been told to end.
bool Machine::State::is_stopped(const Call& call) const {
    return branches.at(call.branch).must_stop();
}

void Machine::State::succeed(Call& call, const Value& value) {
    if (call.direction == Direction::Probe) {
        probe_answered(call, value);
        return;
    }
    auto& branch = branches.at(call.branch);
    ++completions;
    if (!branch.frame().hook) {  // what a hook does is nothing that a step undoes
        branch.last_call = call.seq;
        branch.last_order = completions;
        branch.last_site = call.site;
        branch.cut.clear();
    }
    const bool irreversible =
        image->workers[call.worker].irreversible && call.direction == Direction::Forward;
    if (irreversible && !call.counts_irreversible) count_irreversible(branch, true);
    branch.last_is_hit = branch.last_is_hit && branch.frame().hook;
    call.is_done = true;
    note_keyed(call, KeyedCall::What::Done);
    const CallName done = call.name();
    drop_call(done.seq);
    deliver(branch, done, value);
    if (irreversible) cancel_lost(branch);
}

// An irreversible effect was under way when the run was told to stop. Nothing is undone from here
// on, so the run goes on; its deadline holds it.
void Machine::State::cancel_lost(Branch& branch) {
    if (!branch.is_stopping || branch.id != kRoot) return;
    branch.is_stopping = false;
    is_failing = false;
    is_cancelled = false;
    if (std::exchange(is_timed_out, false)) run_deadline();
}

void Machine::State::fail_attempt(Call& call, std::string name, std::string message,
                                  std::optional<std::int64_t> retry_after_ms, Value detail) {
    call.error = std::move(name);
    call.message = std::move(message);
    call.detail = std::move(detail);
    const auto& policy = image->steps[call.step].policy;
    if (call.is_in_doubt && says_nothing(call.error)) {
        back_off(call, ++call.doubt_tries, retry_after_ms);
        return;
    }
    const bool again = is_retried(policy, call.error) && call.retries < policy.retries;
    if (call.direction == Direction::Probe) {
        if (again) {
            back_off(call, ++call.retries, retry_after_ms);
            return;
        }
        auto& asked = calls.at(call.other);
        drop_call(call.seq);
        asked.phase = Phase::Attempt;  // it has no probe any more
        need_person(asked);
        return;
    }
    clear_doubt(call);
    auto& branch = branches.at(call.branch);
    if (is_stopped(call)) {
        drop_call(call.seq);
        stopped(branch);
    } else if (call.is_late) {
        time_out(call);
    } else if (again && call.reserve_micros > 0 && !fits_budget(0)) {
        const auto error = refuse_budget(call, 0);
        give_up(call, error);
    } else if (again) {
        try_again(call, retry_after_ms);
    } else {
        give_up(call, call_error(call));
    }
}

// Full jitter in 0 … first × 2^(number - 1), at most the cap.
std::int64_t Machine::State::jitter(const Policy& policy, std::uint16_t number) {
    std::int64_t bound = policy.backoff_first_ms;
    for (std::uint16_t i = 1; i < number && bound < policy.backoff_cap_ms; ++i) bound *= 2;
    bound = std::min(bound, policy.backoff_cap_ms);
    return static_cast<std::int64_t>(draw(static_cast<std::uint64_t>(bound)));
}

// Waits as drawn, or as the worker asked for.
void Machine::State::back_off(Call& call, std::uint16_t number,
                              std::optional<std::int64_t> retry_after_ms) {
    const auto& policy = image->steps[call.step].policy;
    const auto delay = retry_after_ms
                           ? std::clamp<std::int64_t>(*retry_after_ms, 0, policy.backoff_cap_ms)
                           : jitter(policy, number);
    call.phase = Phase::Backoff;
    call.wait_timer = set_timer({.role = TimerRole::Backoff,
                                 .due_ms = after(delay),
                                 .call = call.seq,
                                 .branch = call.branch},
                                call.site);
}

void Machine::State::backoff_over(Call& call) {
    drop_timer(call.wait_timer);
    if (call.is_in_doubt) {
        settle_again(call);
    } else {
        next_attempt(call);
    }
}

void Machine::State::next_attempt(Call& call) {
    if (call.attempt == std::numeric_limits<std::uint16_t>::max()) {
        need_person(call);  // a worker that never answers, however often it is asked
        return;
    }
    ++call.attempt;
    call.phase = Phase::Attempt;
}

// Raises the error of a call that surely had no effect.
void Machine::State::give_up(Call& call, const Value& error) {
    auto& branch = branches.at(call.branch);
    const auto& policy = image->steps[call.step].policy;
    const bool holds = policy.then_hold && is_retried(policy, call.error) && !branch.frame().hook;
    const CallName failed = call.name();
    drop_call(failed.seq);
    touch(branch);
    if (workflow->after_function == WorkerRow::kNoRow || !hooks_see(branch)) {
        give_up_now(branch, error, holds, failed.seq);
        return;
    }
    tell_failure(branch, failed, error, holds);
}

// `within` has passed: no further attempt, but one under way is waited for, and a doubt is settled.
void Machine::State::step_deadline(Call& call) {
    call.is_late = true;
    drop_timer(call.deadline_timer);
    const bool waits = call.phase != Phase::Started && call.phase != Phase::Hooked;
    if (!call.is_in_doubt && waits) time_out(call);
}

void Machine::State::time_out(Call& call) {
    call.error = "Timeout";
    call.message = "the step was not done within its time";
    call.detail = {};
    give_up(call, call_error(call));
}

}  // namespace weft::vm
