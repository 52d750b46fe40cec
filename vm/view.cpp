#include "vm/view.h"

#include <algorithm>
#include <functional>

#include "bytecode/opcode_info.h"
#include "vm/error_value.h"
#include "vm/state.h"

namespace weft::vm {
namespace {

// The site at which a branch rests; of one that failed at another instruction there is none.
std::uint32_t site_of_rest(const Branch& branch) {
    if (branch.frames.empty() || branch.rest == Rest::Ready || branch.rest == Rest::Stuck) {
        return kNoSite;
    }
    const auto& x = branch.instruction();
    const auto* info = opcode_info(x.op);
    return info != nullptr && info->table == Table::Site ? x.d : kNoSite;
}

std::uint32_t site_of(const Timer& timer, const Branch& branch) {
    if (timer.role == TimerRole::BlockDeadline) {
        const auto& scopes = branch.frames.front().scopes;
        return timer.scope < scopes.size() ? scopes[timer.scope].site : kNoSite;
    }
    if (timer.role == TimerRole::BlockBackoff) {
        const auto& scopes = branch.frame().scopes;
        return scopes.empty() ? kNoSite : scopes.back().site;
    }
    return timer.role == TimerRole::RunDeadline ? kNoSite : site_of_rest(branch);
}

BranchView view_of(const Branch& branch) {
    BranchView out;
    out.id = branch.id;
    out.parent = branch.parent;
    out.rest = branch.rest;
    out.waits_for = branch.waits_for;
    out.site = site_of_rest(branch);
    for (const auto& frame : branch.frames) out.frames.push_back({frame.function, frame.pc});
    out.is_stopping = branch.is_stopping;
    out.is_undoing = branch.undoing.has_value();
    if (branch.rest == Rest::Held || branch.rest == Rest::Stuck) out.message = branch.why_held;
    if (branch.rest == Rest::Stuck && is_error(branch.undoing->error_of_undo)) {
        out.error = error_name(branch.undoing->error_of_undo);
    }
    return out;
}

CallView view_of(const Call& call, bool is_stopped, const std::map<std::uint64_t, Timer>& timers) {
    CallView out;
    out.seq = call.seq;
    out.branch = call.branch;
    out.step = call.step;
    out.worker = call.worker;
    out.direction = call.direction;
    out.key = call.key;
    out.attempt = call.attempt;
    out.retries = call.retries;
    out.phase = call.phase;
    out.is_in_doubt = call.is_in_doubt;
    out.is_unwanted = is_stopped || call.is_late;
    out.started_ms = call.started_ms;
    out.error = call.error;
    out.message = call.message;
    if (const auto timer = timers.find(call.wait_timer); timer != timers.end()) {
        out.due_ms = timer->second.due_ms;
    }
    return out;
}

}  // namespace

StateView Machine::state_view() const {
    const auto& state = *state_;
    StateView out;
    for (const auto& [id, branch] : state.branches) {
        out.branches.push_back(view_of(branch));
        for (const auto& entry : branch.undo) {
            out.undo.push_back({id, entry.call, entry.site, entry.order});
        }
    }
    // Across branches the later one done goes first, as when the run fails.
    std::ranges::sort(out.undo, std::greater<>{}, &UndoView::order);
    for (const auto& [seq, call] : state.calls) {
        out.calls.push_back(view_of(call, state.is_stopped(call), state.timers));
    }
    for (const auto& [id, timer] : state.timers) {
        TimerView view{timer.role, timer.due_ms, timer.until, timer.call, timer.branch, kNoSite};
        const auto branch = state.branches.find(timer.branch);
        if (branch != state.branches.end() && !branch->second.frames.empty()) {
            view.site = site_of(timer, branch->second);
        }
        out.timers.push_back(view);
    }
    out.is_failing = state.is_failing;
    out.is_cancelled = state.is_cancelled;
    out.is_timed_out = state.is_timed_out;
    out.is_ending = state.ending.has_value();
    out.is_held = state.is_held;
    out.why_held = state.why_held;
    return out;
}

}  // namespace weft::vm
