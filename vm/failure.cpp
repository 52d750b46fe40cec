// Failures, and what the run does about them: a handler takes them, siblings stop, everything done
// is undone, or the run is held for a person because nothing can be undone any more.
#include "vm/state.h"

namespace weft::vm {

void Machine::State::raise(Branch& branch, Value error) {
    touch(branch);
    const bool in_hook = branch.frame().hook.has_value();
    if (!in_hook && branch.must_stop()) {
        stopped(branch);
        return;
    }
    const auto name = error_name(error);
    const bool can_hold = !in_hook && !branch.is_undoing() && !branch.is_shielded;
    if (can_hold && must_hold(branch, name)) {
        hold(branch, error, HoldReason::NoReturn, 0);
        return;
    }
    const auto number = taker(branch.frame(), name, SIZE_MAX);
    if (number) {
        const auto taking = takes(branch.frame().scopes[*number], name);
        if (taking == Taking::Again) {
            run_again(branch, *number);
        } else if (taking == Taking::Hold) {
            branch.held_scope = number;
            hold(branch, error, HoldReason::ThenHold, 0);
        } else {
            take_error(branch, *number, std::move(error));
        }
    } else if (in_hook) {
        hook_ended(branch);
    } else if (branch.is_undoing()) {
        undo_ended(branch, error);
    } else if (branch.id == kRoot) {
        fail_run(std::move(error));
    } else {
        finish(branch, Ended::Failed, std::move(error));
    }
}

// Undoes what was done since the scope was entered, then goes to its handler.
void Machine::State::take_error(Branch& branch, std::size_t number, Value error) {
    auto& frame = branch.frame();
    const Scope scope = frame.scopes[number];
    close_scopes(branch, frame, number);
    branch.is_announced = false;
    if (branch.is_undoing() || frame.hook) {  // nothing in an undo or a hook is undone
        frame.registers.set(scope.error_register, std::move(error));
        frame.pc = scope.handler;
        make_ready(branch);
        return;
    }
    begin_undo(branch, {.floor = scope.undo_height,
                        .then = UndoRun::Then::Handler,
                        .scope = scope,
                        .error = std::move(error)});
}

// Whether an error here would reach past an effect that can't be undone: one inside the scope, or
// the branch of a fork, that would take it, or, where nothing would, one anywhere in the run. Of
// the branch's own scopes those below `limit` count.
bool Machine::State::must_hold(const Branch& branch, std::string_view error,
                               std::size_t limit) const {
    const auto* at = &branch;
    for (;;) {
        const auto& frame = at->frames.front();
        if (const auto number = taker(frame, error, limit)) {
            return frame.scopes[*number].irreversible != at->irreversible;
        }
        if (at->id == kRoot) return at->irreversible > 0;
        const auto& parent = branches.at(at->parent);
        const auto& fork = *parent.fork;
        if (tolerates(fork, failing_with(fork, at->item).size())) return at->irreversible > 0;
        if (image->forks[fork.row].join == JoinRule::Collect) error = "TooManyErrors";
        at = &parent;
        limit = SIZE_MAX;
    }
}

// The time of the run, or of a block, is over past the point of no return: a person decides.
void Machine::State::hold_run(std::uint32_t site, BranchId branch, const Value& error) {
    is_held = true;
    why_held = is_error(error) ? error.items()[1].as_text() : "";
    HoldBody body;
    body.reason = HoldReason::NoReturn;
    emit(RecordKind::Hold, site, branch, body, &error);
}

// The branch rests at the instruction that failed; released, it runs that instruction again.
void Machine::State::hold(Branch& branch, const Value& error, HoldReason reason,
                          std::uint64_t call) {
    branch.rest = Rest::Held;
    branch.waits_for = 0;
    branch.why_held = is_error(error) ? error.items()[1].as_text() : "";
    held.insert(branch.id);
    touch(branch);
    HoldBody body;
    body.reason = reason;
    body.call = call;
    std::uint32_t site = kNoSite;
    const auto& x = branch.instruction();
    const bool is_named = x.op == Opcode::CallStep || x.op == Opcode::CallUntil ||
                          x.op == Opcode::ForkEach || x.op == Opcode::ForkAll ||
                          x.op == Opcode::RunSub || x.op == Opcode::RunSubUntil;
    if (is_named) site = x.d;
    emit(RecordKind::Hold, site, branch.id, body, &error);
}

void Machine::State::release(Branch& branch) {
    held.erase(branch.id);
    if (const auto scope = std::exchange(branch.held_scope, {})) {
        run_again(branch, *scope);
    } else {
        make_ready(branch);
    }
}

// Ends a branch, at its next logged instruction at the latest.
void Machine::State::stop(Branch& branch) {
    branch.is_stopping = true;
    touch(branch);
    interrupt(branch);
}

// A branch has been told to leave off: one that rests does so now, unless an effect is under way or
// in doubt, or it is undoing: those are seen through first.
void Machine::State::interrupt(Branch& branch) {
    if (branch.undoing) return;
    switch (branch.rest) {
        case Rest::Ready:
        case Rest::Stuck:
            return;
        case Rest::Sub:  // told to cancel; its end is awaited
            return;
        case Rest::Call:
            stop_call(branch);
            return;
        case Rest::Fork:
            stop_all(*branch.fork);
            join_if_done(branch);
            return;
        case Rest::Review:
            close_task(branch.waits_for);
            break;
        case Rest::Sleep:
            drop_timer(branch.waits_for);
            break;
        case Rest::Wait:
            stop_waiting(branch);
            break;
        case Rest::Lock:
            lock_over(branch);
            break;
        case Rest::Held:
            branch.held_scope.reset();
            held.erase(branch.id);
            break;
        case Rest::Parked:
            parked.erase(branch.id);
            break;
    }
    stopped(branch);
}

// The branch has left off.
void Machine::State::stopped(Branch& branch) {
    if (branch.frame().hook) {  // the step around the hook comes first
        hook_ended(branch);
        return;
    }
    if (branch.is_stopping) {
        finish(branch, Ended::Stopped);
    } else {
        unwind(branch);
    }
}

void Machine::State::stop_call(Branch& branch) {
    auto& call = calls.at(branch.waits_for);
    if (call.phase == Phase::Started) return;  // told to cancel; its outcome is awaited
    if (call.is_in_doubt) {
        undo_in_doubt(call);
        return;
    }
    drop_call(call.seq);
    stopped(branch);
}

// No handler takes it: everything is undone, then the run ends.
void Machine::State::fail_run(Value error) {
    is_failing = true;
    run_error = std::move(error);
    auto& root = branches.at(kRoot);
    close_scopes(root, root.frame(), 0);
    begin_undo(root, {.floor = 0, .then = UndoRun::Then::EndRun});
}

void Machine::State::run_deadline() {
    auto error = make_error({.name = "Timeout",
                             .message = "the workflow was not done within its time",
                             .step = workflow->name});
    if (ending) return;
    auto& root = branches.at(kRoot);
    if (root.irreversible > 0) {
        hold_run(kNoSite, kRoot, error);
        return;
    }
    if (is_failing) return;
    is_failing = true;
    is_timed_out = true;
    run_error = std::move(error);
    stop(root);
}

// Counts an effect that can't be undone (or takes one back that turned out not to have happened) in
// its branch and in all that are around it.
void Machine::State::count_irreversible(Branch& branch, bool done) {
    auto* at = &branch;
    for (;;) {
        if (done) {
            ++at->irreversible;
        } else {
            --at->irreversible;
        }
        touch(*at);
        if (at->id == kRoot) return;
        at = &branches.at(at->parent);
    }
}

}  // namespace weft::vm
