// Failures, and what the run does about them: a handler takes them, siblings stop, everything done
// is undone, or the run is held for a person because nothing can be undone any more.
#include "vm/state.h"

namespace weft::vm {

void Machine::State::raise(Branch& branch, Value error) {
    touch(branch);
    const bool handled = !branch.frame().scopes.empty();
    if (branch.is_undoing()) {
        if (handled) {
            take_handler(branch, std::move(error));
        } else {
            undo_ended(branch, error);
        }
        return;
    }
    if (branch.is_stopping) {
        finish(branch, Ended::Stopped);
        return;
    }
    if (!branch.is_shielded && must_hold(branch)) {
        hold(branch, error, HoldReason::NoReturn, 0);
        return;
    }
    if (handled) {
        take_handler(branch, std::move(error));
    } else if (branch.id == kRoot) {
        fail_run(std::move(error));
    } else {
        finish(branch, Ended::Failed, std::move(error));
    }
}

// Undoes what was done since the innermost scope was entered, then goes to its handler.
void Machine::State::take_handler(Branch& branch, Value error) {
    auto& frame = branch.frame();
    const Scope scope = frame.scopes.back();
    frame.scopes.pop_back();
    if (branch.is_undoing()) {  // nothing in an undo is undone
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

// Whether an error here would reach past an effect that can't be undone: one inside the scope that
// would take it, or, where none would, one anywhere in the run.
bool Machine::State::must_hold(const Branch& branch) const {
    const auto* at = &branch;
    for (;;) {
        const auto& scopes = at->frames.front().scopes;
        if (!scopes.empty()) return scopes.back().irreversible != at->irreversible;
        if (at->id == kRoot) return at->irreversible > 0;
        at = &branches.at(at->parent);
    }
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
    if (x.op == Opcode::CallStep || x.op == Opcode::ForkEach) site = x.d;
    emit(RecordKind::Hold, site, branch.id, body, &error);
}

void Machine::State::release(Branch& branch) {
    held.erase(branch.id);
    make_ready(branch);
}

// Ends a branch at its next logged instruction; one that rests ends now, unless an effect is under
// way or in doubt, or it is undoing: those are seen through first.
void Machine::State::stop(Branch& branch) {
    branch.is_stopping = true;
    touch(branch);
    if (branch.undoing) return;
    switch (branch.rest) {
        case Rest::Ready:
        case Rest::Stuck:
            return;
        case Rest::Call:
            stop_call(branch);
            return;
        case Rest::Fork: {
            auto& fork = *branch.fork;
            fork.is_stopping = true;
            for (const auto child : std::vector<BranchId>(fork.live.begin(), fork.live.end())) {
                stop(branches.at(child));
            }
            fork.is_stopping = false;
            join_if_done(branch);
            return;
        }
        case Rest::Review:
            close_task(branch.waits_for);
            break;
        case Rest::Sleep:
            drop_timer(branch.waits_for);
            break;
        case Rest::Held:
            held.erase(branch.id);
            break;
        case Rest::Parked:
            parked.erase(branch.id);
            break;
    }
    finish(branch, Ended::Stopped);
}

void Machine::State::stop_call(Branch& branch) {
    auto& call = calls.at(branch.waits_for);
    if (call.phase == Phase::Started) return;  // told to cancel; its outcome is awaited
    if (call.is_in_doubt) {
        undo_in_doubt(call);
        return;
    }
    drop_call(call.seq);
    finish(branch, Ended::Stopped);
}

// No handler takes it: everything is undone, then the run ends.
void Machine::State::fail_run(Value error) {
    is_failing = true;
    run_error = std::move(error);
    begin_undo(branches.at(kRoot), {.floor = 0, .then = UndoRun::Then::EndRun});
}

void Machine::State::run_deadline() {
    auto error = make_error({.name = "Timeout",
                             .message = "the workflow was not done within its time",
                             .step = workflow->name});
    auto& root = branches.at(kRoot);
    if (root.irreversible > 0) {
        is_held = true;
        HoldBody body;
        body.reason = HoldReason::NoReturn;
        emit(RecordKind::Hold, kNoSite, kRoot, body, &error);
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
