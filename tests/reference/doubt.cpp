// An attempt of which nobody knows whether it had its effect, and how that is found out.
#include "tests/reference/run.h"

namespace weft::reference {

// By the worker's class: sent again under the same key, the probe, or a person.
Task<Run::Settlement> Run::settle(Branch& branch, Call& call) {
    const auto& worker = *call.worker;
    if (worker.effect == EffectClass::Idempotent) co_return co_await send_again(branch, call);
    if (!module_.workers[call.step->worker].probe.has_value()) {
        co_return co_await ask_person(branch, call);
    }
    if (worker.settle_ms > 0) {
        call.phase = Phase::Settling;
        call.pause_timer = set_timer({.role = Timer::Role::Settle,
                                      .due_ms = now_ms_ + worker.settle_ms,
                                      .number = call.seq,
                                      .branch = &branch},
                                     TimerPurpose::Timeout, "step " + call.step->path);
        for (;;) {
            branch.call = call.seq;
            const auto event = co_await rest(branch, Rest::Call);
            if (event.what == Event::What::Pause) break;
            if (event.what == Event::What::Fact) {  // a late answer
                co_return Settlement{Settlement::What::Ended,
                                     {CallEnd::How::Done, event.fact.value}};
            }
            if (event.what != Event::What::Stop) continue;
            if (auto end = undone_in_doubt(branch, call)) {
                co_return Settlement{Settlement::What::Ended, *end};
            }
        }
        call.pause_timer = 0;
    }
    co_return co_await ask_probe(branch, call);
}

// While its receiver still knows the key.
Task<Run::Settlement> Run::send_again(Branch& branch, Call& call) {
    const bool is_known = now_ms_ - *call.started_ms < call.worker->window_ms;
    if (is_known) co_return Settlement{Settlement::What::SendAgain, {}};
    co_return co_await ask_person(branch, call);
}

Task<Run::Settlement> Run::ask_person(Branch& branch, Call& call) {
    if (auto end = undone_in_doubt(branch, call)) {
        co_return Settlement{Settlement::What::Ended, *end};
    }
    call.phase = Phase::Person;
    HoldBody body;
    body.reason = HoldReason::Doubt;
    body.call = call.seq;
    const Value error = call_error(call);
    log(RecordKind::Hold, "step " + call.step->path, branch.id, body, &error);
    for (;;) {
        branch.call = call.seq;
        const auto event = co_await rest(branch, Rest::Call);
        if (event.what == Event::What::Fact) {
            const bool is_done = event.fact.kind == RecordKind::Outcome || event.fact.is_done;
            if (!is_done) co_return Settlement{Settlement::What::NotDone, {}};
            co_return Settlement{Settlement::What::Ended, {CallEnd::How::Done, event.fact.value}};
        }
        if (event.what != Event::What::Stop) continue;
        if (auto end = undone_in_doubt(branch, call)) {
            co_return Settlement{Settlement::What::Ended, *end};
        }
    }
}

// A read worker that knows by the key: none is surely not done, a value is done.
Task<Run::Settlement> Run::ask_probe(Branch& branch, Call& call) {
    Call plan;
    plan.branch = &branch;
    plan.step = call.step;
    plan.worker = &module_.workers[module_.workers[call.step->worker].probe].row;
    plan.direction = Direction::Probe;
    plan.arguments = {Value::text(to_hex(view(call.key)))};
    plan.author_key = call.author_key;
    call.phase = Phase::Probing;
    Call& probe = open_call(std::move(plan));
    const auto seq = probe.seq;
    const auto& policy = call.step->policy;
    for (;;) {
        branch.call = call.seq;
        const auto event = co_await rest(branch, Rest::Call);
        if (event.what == Event::What::Stop) {
            const bool is_over = call.step->undo.even_in_doubt;
            if (!is_over) continue;
            if (auto end = undone_in_doubt(branch, call)) {
                drop_call(seq);
                co_return Settlement{Settlement::What::Ended, *end};
            }
            continue;
        }
        if (event.what == Event::What::Pause) {
            probe.pause_timer = 0;
            probe.phase = Phase::Attempt;
            ++probe.attempt;
            continue;
        }
        if (event.fact.kind == RecordKind::Start) {
            probe.phase = Phase::Started;
            probe.started_ms = now_ms_;
            continue;
        }
        if (event.fact.answer == Answer::Ok) {
            drop_call(seq);
            call.phase = Phase::Attempt;
            if (event.fact.value.is_none()) co_return Settlement{Settlement::What::NotDone, {}};
            co_return Settlement{Settlement::What::Ended, {CallEnd::How::Done, event.fact.value}};
        }
        if (event.fact.answer == Answer::Unknown) {
            probe.phase = Phase::Attempt;
            ++probe.attempt;
            continue;
        }
        if (!is_retried(policy, event.fact.error) || probe.retries >= policy.retries) {
            drop_call(seq);
            co_return co_await ask_person(branch, call);
        }
        ++probe.retries;
        const auto asked = event.fact.asked_delay_ms;
        const auto delay_ms =
            asked ? std::min(*asked, policy.backoff_cap_ms) : jitter(policy, probe.retries);
        probe.phase = Phase::Pause;
        probe.pause_timer = set_timer({.role = Timer::Role::Pause,
                                       .due_ms = now_ms_ + delay_ms,
                                       .number = seq,
                                       .branch = &branch},
                                      TimerPurpose::Backoff, "step " + call.step->path);
    }
}

// `compensate even in doubt`: the undo is registered with none as the value, and the step fails.
std::optional<CallEnd> Run::undone_in_doubt(Branch& branch, Call& call) {
    const auto& step = *call.step;
    if (!call.is_in_doubt || call.direction != Direction::Forward) return std::nullopt;
    if (step.undo.kind != ir::Undo::Kind::Run || !step.undo.even_in_doubt) return std::nullopt;
    if (!branch.must_stop() && must_hold(branch, call.error)) return std::nullopt;
    branch.env()[step.result.index] = Value();
    branch.undo.push_back(
        {step.undo.body, branch.env(), call.seq, ++completions_, {}, "step " + step.path});
    const CallEnd end{CallEnd::How::UndoneInDoubt, call_error(call)};
    clear_doubt(call);
    drop_call(call.seq);
    return end;
}

void Run::clear_doubt(Call& call) {
    call.is_in_doubt = false;
    if (std::exchange(call.counts_irreversible, false)) count_irreversible(*call.branch, false);
}

}  // namespace weft::reference
