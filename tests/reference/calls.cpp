// One call of a worker: attempts, retries, doubt, budget.
#include <algorithm>

#include "tests/reference/run.h"

namespace weft::reference {
namespace {

// Such an attempt reached nobody who could have told what became of the one before.
bool says_nothing(const std::string& name) {
    return name == "Transient" || name == "Timeout" || name == "Unavailable";
}

Value step_seen_by_hook(const Call& call, std::uint16_t attempt, std::uint32_t generation) {
    return Value::record({Value::text(call.step->path), Value::text(call.worker->name),
                          Value::integer(attempt), Value::integer(generation)});
}

Value outcome_seen_by_hook(const Value& error) {
    if (error.is_none()) {
        return Value::record({Value::boolean(true), Value::text(""), Value::text("")});
    }
    return Value::record(
        {Value::boolean(false), Value::text(name_of(error)), Value::text(message_of(error))});
}

}  // namespace

Task<> Run::call(Branch& branch, const ir::Step& step) {
    const auto arguments = co_await values(branch, step.args);
    std::optional<Value> key;
    std::optional<Value> cache;
    std::optional<Value> until;
    if (step.key.has_value()) key = co_await value(branch, step.key);
    if (step.cache.has_value()) cache = co_await value(branch, step.cache);
    if (step.until.has_value()) until = co_await value(branch, step.until);
    while (!co_await call_once(branch, step, arguments, key, cache, until)) {
    }
    register_undo(branch, step.undo);
}

// True when it is done; false when it failed, was held for that, and is released.
Task<bool> Run::call_once(Branch& branch, const ir::Step& step, std::vector<Value> arguments,
                          std::optional<Value> key, std::optional<Value> cache,
                          std::optional<Value> until) {
    const std::string place = "step " + step.path;
    Call plan;
    plan.branch = &branch;
    plan.step = &step;
    plan.worker = &module_.workers[step.worker].row;
    plan.arguments = std::move(arguments);
    plan.author_key = std::move(key);
    plan.cache_key = std::move(cache);
    co_await at_site(branch);
    if (workflow_.before_step.body.has_value() && hooks_see(branch)) {
        std::vector<Value> told{step_seen_by_hook(plan, 1, branch.generation)};
        co_await hook(branch, Frame::Kind::Hook, workflow_.before_step, std::move(told));
        co_await next_turn(branch);
        co_await at_site(branch);
    }
    const bool undoes = branch.in_undo() || branch.is_shielded;
    plan.direction = undoes ? Direction::Undo : Direction::Forward;
    if (!undoes && workflow_.has_budget &&
        plan.worker->reserve_currency == workflow_.budget_currency) {
        plan.reserve_micros = plan.worker->reserve_micros;
    }
    if (plan.reserve_micros > 0 && !fits_budget(plan.reserve_micros)) {
        plan.attempt = 0;
        const Value error = refuse_budget(plan, plan.reserve_micros);
        co_await raise(branch, error, place);
        co_return false;
    }
    Call& call = open_call(std::move(plan));
    const auto seq = call.seq;
    if (until || step.policy.within_ms > 0) {
        call.deadline_timer =
            set_timer({.role = Timer::Role::Deadline,
                       .due_ms = until ? due_of(*until) : now_ms_ + step.policy.within_ms,
                       .number = seq,
                       .branch = &branch,
                       .until = until.has_value()},
                      TimerPurpose::Deadline, place);
    }
    const CallEnd end = co_await conduct(branch, call);
    if (end.how == CallEnd::How::UndoneInDoubt) {
        co_await raise(branch, end.value, place);
        co_return false;
    }
    if (end.how == CallEnd::How::Stopped) {
        drop_call(seq);
        co_await leave_off(branch);
        co_return false;
    }
    const bool has_hook = workflow_.after_step.body.has_value() && hooks_see(branch);
    const Value seen = step_seen_by_hook(call, call.attempt, branch.generation);
    if (end.how == CallEnd::How::Failed) {
        const bool holds = step.policy.then_hold && is_retried(step.policy, name_of(end.value)) &&
                           !branch.in_hook();
        drop_call(seq);
        if (has_hook) {
            std::vector<Value> told{seen, outcome_seen_by_hook(end.value)};
            co_await hook(branch, Frame::Kind::Hook, workflow_.after_step, std::move(told));
        }
        if (holds) {
            co_await hold(branch, end.value, HoldReason::ThenHold, seq, place);
        } else {
            co_await raise(branch, end.value, place);
        }
        co_return false;
    }
    ++completions_;
    const bool is_irreversible = !end.is_hit && call.worker->irreversible && !undoes;
    if (!branch.in_hook()) {
        branch.last_call = seq;
        branch.last_order = completions_;
        branch.last_place = place;
        branch.last_is_hit = end.is_hit;
    }
    if (is_irreversible && !call.counts_irreversible) count_irreversible(branch, true);
    if (!end.is_hit) {
        call.is_done = true;
        note_keyed(call, KeyNote::What::Done);
    }
    drop_call(seq);
    const bool tells = has_hook && !branch.must_stop();
    if (is_irreversible) cancel_lost(branch);
    if (tells) {
        std::vector<Value> told{seen, outcome_seen_by_hook(Value())};
        co_await hook(branch, Frame::Kind::Hook, workflow_.after_step, std::move(told));
    }
    co_await next_turn(branch);
    branch.env()[step.result.index] = end.value;
    co_return true;
}

Call& Run::open_call(Call call) {
    call.seq = next_seq_;
    call.key = named("weft-key-1", call.seq);
    reserved_ += call.reserve_micros;
    CallBody body;
    body.key = call.key;
    body.generation = call.branch->generation;
    body.effect = static_cast<CallClass>(call.worker->effect);
    body.direction = call.direction;
    body.currency = pack_currency(call.worker->reserve_currency);
    body.reserve_micros = body.currency == CurrencyCode::None ? 0 : call.worker->reserve_micros;
    const Value payload = Value::list(call.arguments);
    const auto seq = log(RecordKind::Call, "step " + call.step->path, call.branch->id, body,
                         &payload, call.worker->name);
    return calls_.emplace(seq, std::move(call)).first->second;
}

void Run::drop_call(std::uint64_t seq) {
    Call& call = calls_.at(seq);
    if (!call.is_done) note_keyed(call, KeyNote::What::NotDone);
    drop_timer(call.pause_timer);
    drop_timer(call.deadline_timer);
    reserved_ -= call.reserve_micros;
    calls_.erase(seq);
}

void Run::note_keyed(const Call& call, KeyNote::What what) {
    if (call.direction == Direction::Probe || (!call.author_key && !call.cache_key)) return;
    if (what == KeyNote::What::NotDone && (call.is_in_doubt || !call.started_ms)) return;
    KeyNote note{.run = {},
                 .call = call.seq,
                 .what = what,
                 .path = call.step->path,
                 .worker = call.worker->name,
                 .cache_key = {},
                 .cache_ms = call.step->cache_ms};
    if (what == KeyNote::What::Done) note.cache_key = call.cache_key;
    out_.keys.push_back(std::move(note));
}

Value Run::call_error(const Call& call) const {
    return error_value({.name = call.error,
                        .message = call.message,
                        .step = call.step->path,
                        .attempts = call.attempt,
                        .detail = call.detail});
}

bool Run::fits_budget(std::int64_t more) const {
    return spent_ + reserved_ + more <= workflow_.budget_micros;
}

Value Run::refuse_budget(Call& call, std::int64_t more) {
    call.error = "Budget";
    call.message = "this effect could pass the workflow's budget";
    call.detail = {};
    const Value error = call_error(call);
    BudgetBody body;
    body.call = call.seq;
    body.reserved_micros = reserved_ + more;
    body.spent_micros = spent_;
    body.currency = pack_currency(workflow_.budget_currency);
    log(RecordKind::Budget, "step " + call.step->path, call.branch->id, body, &error);
    return error;
}

// Attempt after attempt, until it is surely done or surely given up.
Task<CallEnd> Run::conduct(Branch& branch, Call& call) {
    const auto& policy = call.step->policy;
    for (;; ++call.attempt) {
        call.phase = Phase::Attempt;
        if (auto end = co_await until_started(branch, call)) co_return *end;
        const Fact fact = co_await until_answered(branch, call);
        if (fact.answer == Answer::Ok) co_return CallEnd{CallEnd::How::Done, fact.value};
        call.error = fact.error;
        call.message = fact.message;
        call.detail = fact.answer == Answer::Cancelled ? Value() : fact.detail;
        std::optional<std::int64_t> asked_ms = fact.asked_delay_ms;
        std::optional<Settlement> settled;
        if (fact.answer == Answer::Unknown) {
            if (!can_be_in_doubt(call.worker->effect)) {
                if (branch.must_stop()) co_return CallEnd{CallEnd::How::Stopped};
                if (call.is_late) co_return time_out(call);
                continue;  // asked again: nothing can have happened
            }
            const bool again = call.is_in_doubt && !call.is_lost;
            if (!call.is_in_doubt) {
                call.is_in_doubt = true;
                call.counts_irreversible =
                    call.worker->irreversible && call.direction == Direction::Forward;
                if (call.counts_irreversible) count_irreversible(branch, true);
            }
            if (branch.must_stop()) {
                if (auto end = undone_in_doubt(branch, call)) co_return *end;
            }
            if (call.worker->effect == EffectClass::Idempotent && call.error == "Guard") {
                // Asked for again as often as a retry would be, and as late.
                if (call.doubt_tries >= policy.retries) {
                    settled = co_await ask_person(branch, call);
                } else if (auto end = co_await pause(branch, call, ++call.doubt_tries, {})) {
                    co_return *end;
                } else {
                    settled = co_await send_again(branch, call);
                }
            } else if (call.worker->effect == EffectClass::Idempotent && again &&
                       call.error != "TooLarge" &&
                       now_ms_ - *call.started_ms < call.worker->window_ms) {
                if (auto end = co_await pause(branch, call, ++call.doubt_tries, {})) co_return *end;
                settled = co_await send_again(branch, call);
            } else {
                settled = co_await settle(branch, call);
            }
        } else if (call.is_in_doubt && says_nothing(call.error)) {
            if (auto end = co_await pause(branch, call, ++call.doubt_tries, asked_ms)) {
                co_return *end;
            }
            settled = co_await send_again(branch, call);
        }
        if (settled && settled->what == Settlement::What::SendAgain) continue;
        if (settled && settled->what == Settlement::What::Ended) co_return settled->end;
        if (settled && call.is_lost && !call.is_late && !branch.must_stop()) {
            clear_doubt(call);
            continue;  // that the engine ended says nothing of the receiver
        }
        if (settled) {
            if (!says_nothing(call.error)) call.error = "Transient";
            call.message = "the attempt in doubt was surely not done";
            call.detail = {};
            asked_ms.reset();
        }
        // It surely had no effect.
        clear_doubt(call);
        if (branch.must_stop()) co_return CallEnd{CallEnd::How::Stopped};
        if (call.is_late) co_return time_out(call);
        if (!is_retried(policy, call.error) || call.retries >= policy.retries) {
            co_return CallEnd{CallEnd::How::Failed, call_error(call)};
        }
        if (call.reserve_micros > 0 && !fits_budget(0)) {
            co_return CallEnd{CallEnd::How::Failed, refuse_budget(call, 0)};
        }
        ++call.retries;
        if (workflow_.on_retry.body.has_value() && hooks_see(branch)) {
            call.phase = Phase::Hooked;
            std::vector<Value> told{step_seen_by_hook(call, call.attempt, branch.generation),
                                    evaluator_.widened(call_error(call))};
            co_await hook(branch, Frame::Kind::Hook, workflow_.on_retry, std::move(told));
            if (branch.must_stop()) co_return CallEnd{CallEnd::How::Stopped};
            if (call.is_late) co_return time_out(call);
        }
        if (auto end = co_await pause(branch, call, call.retries, asked_ms)) co_return *end;
    }
}

CallEnd Run::time_out(Call& call) {
    call.error = "Timeout";
    call.message = "the step was not done within its time";
    call.detail = {};
    return {CallEnd::How::Failed, call_error(call)};
}

Task<std::optional<CallEnd>> Run::until_started(Branch& branch, Call& call) {
    for (;;) {
        branch.call = call.seq;
        const auto event = co_await rest(branch, Rest::Call);
        if (event.what == Event::What::Deadline) co_return time_out(call);
        if (event.what == Event::What::Stop) {
            if (!call.is_in_doubt) co_return CallEnd{CallEnd::How::Stopped};
            if (auto end = undone_in_doubt(branch, call)) co_return end;
            continue;
        }
        if (event.fact.kind == RecordKind::Hit) {
            if (event.fact.refused.empty()) {
                co_return CallEnd{CallEnd::How::Done, event.fact.value, true};
            }
            call.attempt = 0;
            call.error = "Trap";
            call.message = event.fact.refused;
            call.detail = {};
            co_return CallEnd{CallEnd::How::Failed, call_error(call)};
        }
        call.phase = Phase::Started;
        call.is_lost = false;
        if (!call.started_ms) call.started_ms = now_ms_;
        co_return std::nullopt;
    }
}

// An attempt under way is seen through, whatever happens around it.
Task<Fact> Run::until_answered(Branch& branch, Call& call) {
    branch.call = call.seq;
    const auto event = co_await rest(branch, Rest::Call);
    co_return event.fact;
}

Task<std::optional<CallEnd>> Run::pause(Branch& branch, Call& call, std::uint16_t number,
                                        std::optional<std::int64_t> asked_ms) {
    const auto& policy = call.step->policy;
    const auto delay_ms = asked_ms ? std::clamp<std::int64_t>(*asked_ms, 0, policy.backoff_cap_ms)
                                   : jitter(policy, number);
    call.phase = Phase::Pause;
    call.pause_timer = set_timer({.role = Timer::Role::Pause,
                                  .due_ms = now_ms_ + delay_ms,
                                  .number = call.seq,
                                  .branch = &branch},
                                 TimerPurpose::Backoff, "step " + call.step->path);
    for (;;) {
        branch.call = call.seq;
        const auto event = co_await rest(branch, Rest::Call);
        if (event.what == Event::What::Pause) break;
        if (event.what == Event::What::Deadline) co_return time_out(call);
        if (event.what != Event::What::Stop) continue;
        if (!call.is_in_doubt) co_return CallEnd{CallEnd::How::Stopped};
        if (auto end = undone_in_doubt(branch, call)) co_return end;
    }
    call.pause_timer = 0;
    co_return std::nullopt;
}

}  // namespace weft::reference
