// Doubt: an attempt was sent and nobody knows whether it had its effect. It is settled before
// anything else happens to the step, whatever the rest of the run does meanwhile.
#include "vm/state.h"

namespace weft::vm {

namespace {

// Whether the receiver still drops a second call with this key.
bool knows_key(const Call& call, const WorkerRow& worker, std::int64_t now_ms) {
    return worker.effect == EffectClass::Idempotent && call.started_ms &&
           now_ms - *call.started_ms < worker.window_ms;
}

}  // namespace

void Machine::State::doubt(Call& call) {
    const auto& worker = image->workers[call.worker];
    if (!can_be_in_doubt(worker.effect)) {
        if (call.direction != Direction::Probe && is_stopped(call)) {
            auto& branch = branches.at(call.branch);
            drop_call(call.seq);
            stopped(branch);
        } else if (call.is_late) {
            time_out(call);
        } else {
            next_attempt(call);  // asking again costs no retry: nothing can have happened
        }
        return;
    }
    const bool again = call.is_in_doubt && !call.is_lost;
    if (!call.is_in_doubt) {
        call.is_in_doubt = true;
        call.counts_irreversible = worker.irreversible && call.direction == Direction::Forward;
        if (call.counts_irreversible) count_irreversible(branches.at(call.branch), true);
    }
    if (is_stopped(call) && undo_in_doubt(call)) return;
    const bool is_idempotent = worker.effect == EffectClass::Idempotent;
    if (is_idempotent && call.error == "TooLarge") {
        need_person(call);  // it was done, and the answer will be as large again
    } else if (is_idempotent && call.error == "Guard") {
        // An answer that does not fit most likely comes again: it is asked for as often as a retry
        // would be, and as late.
        if (call.doubt_tries < image->steps[call.step].policy.retries) {
            back_off(call, ++call.doubt_tries, std::nullopt);
        } else {
            need_person(call);
        }
    } else if (is_idempotent && again && knows_key(call, worker, time_ms)) {
        back_off(call, ++call.doubt_tries, std::nullopt);  // or it would be asked without a pause
    } else if (is_idempotent) {
        settle_again(call);
    } else if (worker.probe == WorkerRow::kNoRow) {
        need_person(call);
    } else if (worker.settle_ms > 0) {
        call.phase = Phase::Settling;
        call.wait_timer = set_timer({.role = TimerRole::Settle,
                                     .due_ms = after(worker.settle_ms),
                                     .call = call.seq,
                                     .branch = call.branch},
                                    call.site);
    } else {
        ask_probe(call);
    }
}

// Sends it again under the same key, while the receiver still knows the key.
void Machine::State::settle_again(Call& call) {
    if (knows_key(call, image->workers[call.worker], time_ms)) {
        next_attempt(call);
    } else {
        need_person(call);
    }
}

void Machine::State::ask_probe(Call& call) {
    drop_timer(call.wait_timer);
    Call probe;
    probe.branch = call.branch;
    probe.site = call.site;
    probe.step = call.step;
    probe.worker = image->workers[call.worker].probe;
    probe.direction = Direction::Probe;
    probe.arguments = {Value::text(to_hex(view(call.key)))};
    probe.other = call.seq;
    probe.author_key = call.author_key;  // what the worker was sent comes of it
    call.phase = Phase::Probing;
    call.other = open_call(std::move(probe)).seq;
}

// None: surely not done. Anything else: done, with that value.
void Machine::State::probe_answered(Call& probe, const Value& answer) {
    auto& asked = calls.at(probe.other);
    drop_call(probe.seq);
    asked.phase = Phase::Attempt;
    if (answer.is_none()) {
        surely_not_done(asked);
    } else {
        succeed(asked, answer);
    }
}

void Machine::State::need_person(Call& call) {
    if (undo_in_doubt(call)) return;
    call.phase = Phase::Person;
    ++persons;
    HoldBody body;
    body.reason = HoldReason::Doubt;
    body.call = call.seq;
    const auto error = call_error(call);
    emit(RecordKind::Hold, call.site, call.branch, body, &error);
}

// The attempt failed with the error that left it in doubt. One that only the engine's end cut off
// is no failure of the receiver: it is made again, and no retry is used up.
void Machine::State::surely_not_done(Call& call) {
    // What its worker has noted of that attempt would leave the next one in doubt, too.
    progress.settled.push_back(
        {call.seq, call.step, call.worker, call.key, call.author_key.has_value()});
    clear_doubt(call);
    if (call.is_lost && !call.is_late && !is_stopped(call)) {
        next_attempt(call);
        return;
    }
    fail_attempt(call, says_nothing(call.error) ? call.error : "Transient",
                 "the attempt in doubt was surely not done", std::nullopt);
}

void Machine::State::clear_doubt(Call& call) {
    if (call.phase == Phase::Person) {
        --persons;
        call.phase = Phase::Attempt;
    }
    call.is_in_doubt = false;
    if (!std::exchange(call.counts_irreversible, false)) return;
    count_irreversible(branches.at(call.branch), false);
}

// `compensate even in doubt`: where only a person could settle it, or the branch is told to end,
// the undo is registered as if the call were done, with none as its value, and the step fails.
// False when the step has no such undo.
bool Machine::State::undo_in_doubt(Call& call) {
    auto& branch = branches.at(call.branch);
    if (!call.is_in_doubt || call.direction != Direction::Forward) return false;
    auto& frame = branch.frame();
    auto pc = frame.pc + 1;
    while (frame.function->code[pc].op == Opcode::Move) ++pc;
    const auto& push = frame.function->code[pc];
    if (push.op != Opcode::UndoPush || !image->functions[push.d].even_in_doubt) return false;
    if (!branch.must_stop() && must_hold(branch, call.error)) return false;

    // The instructions up to the push only gather its captures.
    frame.registers.set(branch.instruction().a, Value());
    for (auto at = frame.pc + 1; at < pc; ++at) {
        const auto& move = frame.function->code[at];
        frame.registers.set(move.a, frame.registers[move.b]);
    }
    push_undo(branch, {.function = push.d,
                       .captures = frame.registers.range(push.b, push.c),
                       .call = call.seq,
                       .order = ++completions,
                       .site = call.site});
    const auto error = call_error(call);
    clear_doubt(call);
    drop_call(call.seq);
    raise(branch, error);  // ends a branch that is told to end
    return true;
}

}  // namespace weft::vm
