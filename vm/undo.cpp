// Compensation: the undo stack of a branch, and running it down, last first.
#include <algorithm>

#include "vm/state.h"

namespace weft::vm {

void Machine::State::push_undo(Branch& branch, UndoEntry entry) {
    branch.undo.push_back(std::move(entry));
    touch(branch);
}

UndoEntry Machine::State::pop_undo(Branch& branch) {
    UndoEntry entry = std::move(branch.undo.back());
    branch.undo.pop_back();
    branch.undo_settled = std::min(branch.undo_settled, branch.undo.size());
    check.replace(entry.term, {});
    touch(branch);
    return entry;
}

bool Machine::State::undo_push(Branch& branch) {
    const auto x = branch.instruction();
    ++branch.frame().pc;
    // What an undo does is not undone, nor what somebody else had done before.
    if (branch.is_shielded || std::exchange(branch.last_is_hit, false)) return true;
    push_undo(branch, {.function = x.d,
                       .captures = branch.frame().registers.range(x.b, x.c),
                       .call = branch.last_call,
                       .order = branch.last_order,
                       .covers = std::exchange(branch.cut, {}),
                       .site = branch.last_site});
    return true;
}

bool Machine::State::undo_cut(Branch& branch) {
    const auto& mark = branch.frame().registers[branch.instruction().a];
    if (mark.tag() != Tag::Int || mark.as_int() < 0) {
        raise(branch, evaluator.trap(place(branch), "an undo mark is no height"));
        return false;
    }
    branch.last_is_hit = false;
    branch.cut.clear();
    while (branch.undo.size() > static_cast<std::uint64_t>(mark.as_int())) {
        const auto entry = pop_undo(branch);
        branch.cut.insert(branch.cut.end(), entry.covers.begin(), entry.covers.end());
        if (entry.call != 0) branch.cut.push_back({{}, entry.call});
    }
    ++branch.frame().pc;
    return true;
}

bool Machine::State::undo_to(Branch& branch) {
    const auto& mark = branch.frame().registers[branch.instruction().a];
    if (mark.tag() != Tag::Int || mark.as_int() < 0) {
        raise(branch, evaluator.trap(place(branch), "an undo mark is no height"));
        return false;
    }
    begin_undo(branch, {.floor = static_cast<std::size_t>(mark.as_int()),
                        .then = UndoRun::Then::NextInstruction});
    return false;
}

void Machine::State::begin_undo(Branch& branch, UndoRun undoing) {
    branch.undoing = std::move(undoing);
    go_on_undoing(branch);
}

// The next entry, or what comes after the last.
void Machine::State::go_on_undoing(Branch& branch) {
    auto& undoing = *branch.undoing;
    touch(branch);
    // In strict order those before one that failed for good wait for it.
    const bool waits = workflow->strict_order && !undoing.set_aside.empty();
    if (branch.undo.size() > undoing.floor && !waits) {
        auto entry = pop_undo(branch);
        UndoBeginBody body;
        body.call = entry.call;
        body.entry = branch.undo.size();
        emit(RecordKind::UndoBegin, entry.site, branch.id, body);
        const auto function = entry.function;
        auto captures = entry.captures;
        push_frame(branch, function, std::move(captures), std::move(entry));
        make_ready(branch);
        return;
    }
    if (!undoing.set_aside.empty()) {
        branch.rest = Rest::Stuck;
        held.insert(branch.id);
        stuck.insert(branch.id);
        HoldBody body;
        body.reason = HoldReason::Stuck;
        body.call = undoing.set_aside.front().call;
        const auto payload = undoing.error_of_undo;
        emit(RecordKind::Hold, undoing.set_aside.front().site, branch.id, body, &payload);
        return;
    }
    const UndoRun done = std::move(undoing);
    branch.undoing.reset();
    if (done.then == UndoRun::Then::EndBranch) {
        leave(branch);
        return;
    }
    if (done.then == UndoRun::Then::EndRun) {
        const auto how = is_cancelled ? RunStatus::Cancelled
                         : undone > 0 ? RunStatus::Compensated
                                      : RunStatus::Failed;
        start_ending(how, run_error);
        return;
    }
    if (branch.must_stop()) {
        stopped(branch);
        return;
    }
    auto& frame = branch.frame();
    if (done.then == UndoRun::Then::NextPass) {
        next_pass(branch);
        return;
    }
    if (done.then == UndoRun::Then::Handler) {
        frame.registers.set(done.scope.error_register, done.error);
        frame.pc = done.scope.handler;
    } else {
        ++frame.pc;
    }
    make_ready(branch);
}

// The frame of an undo function is over: it returned, or it failed for good.
void Machine::State::undo_ended(Branch& branch, const std::optional<Value>& error) {
    auto entry = *std::move(branch.frame().undoes);
    for (auto& term : branch.frame().terms) check.replace(term, {});
    branch.frames.pop_back();
    touch(branch);
    UndoEndBody body;
    body.call = entry.call;
    body.status = error ? UndoStatus::SetAside : UndoStatus::Done;
    emit(RecordKind::UndoEnd, entry.site, branch.id, body);
    auto& undoing = *branch.undoing;
    if (!error) note_undone(entry);
    if (error) {
        undoing.error_of_undo = *error;
        branch.why_held = is_error(*error) ? error->items()[1].as_text() : "";
        undoing.set_aside.push_back(std::move(entry));
    } else if (undoing.then == UndoRun::Then::EndRun) {
        ++undone;
    }
    go_on_undoing(branch);
}

// The branch in which the compensation of this call was set aside.
std::optional<BranchId> Machine::State::stuck_with(std::uint64_t call) const {
    for (const auto id : stuck) {
        const auto& entries = branches.at(id).undoing->set_aside;
        if (std::ranges::find(entries, call, &UndoEntry::call) != entries.end()) return id;
    }
    return std::nullopt;
}

// A person has undone it by other means, or says that it stays. When none is left the branch goes
// on: what waited for it in strict order comes next.
void Machine::State::settle_stuck(Branch& branch, std::uint64_t call, bool is_undone) {
    auto& undoing = *branch.undoing;
    const auto found = std::ranges::find(undoing.set_aside, call, &UndoEntry::call);
    const auto entry = std::move(*found);
    undoing.set_aside.erase(found);
    touch(branch);
    UndoEndBody body;
    body.call = call;
    body.status = is_undone ? UndoStatus::Done : UndoStatus::Skipped;
    emit(RecordKind::UndoEnd, entry.site, branch.id, body);
    if (is_undone) note_undone(entry);
    // Whoever sees to it by hand has compensated it as far as it can be.
    if (undoing.then == UndoRun::Then::EndRun) ++undone;
    if (!undoing.set_aside.empty()) return;
    stuck.erase(branch.id);
    held.erase(branch.id);
    go_on_undoing(branch);
}

// An operator lets the undos that were set aside be tried again, the last done first.
void Machine::State::release_stuck(Branch& branch) {
    stuck.erase(branch.id);
    held.erase(branch.id);
    auto entries = std::exchange(branch.undoing->set_aside, {});
    std::ranges::reverse(entries);
    for (auto& entry : entries) push_undo(branch, std::move(entry));
    go_on_undoing(branch);
}

}  // namespace weft::vm
