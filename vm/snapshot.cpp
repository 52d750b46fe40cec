// Snapshots: a machine at rest as bytes, and back. What comes back must be sound and have the state
// check that went in; everything else (terms, function pointers, what registers hold together) is
// made anew.
#include "vm/snapshot.h"

#include <algorithm>

#include "base/check.h"
#include "vm/state.h"

namespace weft::vm {

std::string Machine::snapshot() const {
    WEFT_CHECK(!state_->is_ended() && state_->ready.empty() && state_->progress.commands.empty());
    StateWriter out(begin().input.items());
    out(check());
    State::fields(*state_, out);
    return out.take();
}

std::optional<Machine> Machine::restore(std::shared_ptr<const Image> image, Begin begin,
                                        std::string_view bytes) {
    Machine machine(std::move(image), std::move(begin));
    auto& state = *machine.state_;
    state.branches.clear();
    state.ready.clear();
    state.touched.clear();
    StateReader in(bytes, machine.begin().input.items(), *state.image, state.meter);
    Bytes16 sealed{};
    in(sealed);
    State::fields(state, in);
    if (!in.at_end() || !state.is_sound()) return std::nullopt;
    state.count_all();
    if (state.check.sum() != sealed) return std::nullopt;
    return machine;
}

// The terms of everything that is live, for a state that has none yet.
void Machine::State::count_all() {
    StateCheck::Digests digests;
    check.remember(&digests);
    for (auto& [id, branch] : branches) {
        touched.insert(id);
        if (!branch.fork) continue;
        auto& fork = *branch.fork;
        const auto input = static_cast<std::uint32_t>(SlotKind::ForkInput);
        check.replace(fork.list_term, check.of_value(id, input, 0, fork.items));
        check.replace(fork.captures_term, check.of_value(id, input, 1, Value::list(fork.captures)));
        fork.result_terms.resize(fork.results.size());
        for (std::size_t i = 0; i < fork.results.size(); ++i) {
            const auto slot = static_cast<std::uint32_t>(SlotKind::Result);
            check.replace(fork.result_terms[i], check.of_value(id, slot, i, fork.results[i]));
        }
    }
    for (auto& [seq, letter] : mailbox) check.replace(letter.term, letter_term(seq, letter));
    for (auto& [id, task] : tasks) check.replace(task.term, task_term(id, task));
    if (lock) check.replace(lock->term, lock_term());
    settle();
    check.remember(nullptr);
}

namespace {

bool is_sound(const UndoEntry& entry, const Image& image) {
    return entry.function < image.functions.size() &&
           entry.captures.size() == image.functions[entry.function].parameters;
}

bool is_sound(const std::vector<UndoEntry>& entries, const Image& image) {
    return std::ranges::all_of(entries, [&](const auto& entry) { return is_sound(entry, image); });
}

bool is_sound(const Scope& scope, const Frame& frame) {
    return scope.error_register < frame.registers.size() &&
           scope.handler < frame.function->code.size();
}

bool is_sound(const Frame& frame, const Image& image) {
    return frame.pc < frame.function->code.size() &&
           std::ranges::all_of(
               frame.scopes, [&](const Scope& scope) { return is_sound(scope, frame); }) &&
           (!frame.undoes || is_sound(*frame.undoes, image));
}

bool is_sound(const UndoRun& undoing, const Branch& branch, const Image& image) {
    const bool has_handler =
        undoing.then != UndoRun::Then::Handler || is_sound(undoing.scope, branch.frames.front());
    return undoing.then <= UndoRun::Then::EndRun && has_handler &&
           is_sound(undoing.set_aside, image);
}

bool is_sound(const Fork& fork, const std::map<BranchId, Branch>& branches, const Image& image) {
    if (fork.row >= image.forks.size() || fork.site >= image.sites.size()) return false;
    const auto& row = image.forks[fork.row];
    // Either a branch an item, or those that the program names.
    const bool is_each = row.branches.empty();
    const bool has_branches =
        is_each ? fork.items.tag() == Tag::List && fork.items.items().size() == fork.count
                : fork.items.is_none() && row.branches.size() == fork.count;
    const bool has_items = fork.results.size() == fork.count && fork.stages.size() == fork.count &&
                           fork.next <= fork.count && is_sound(fork.undo, image);
    return has_branches && has_items && std::ranges::all_of(fork.live, [&](BranchId id) {
               return branches.contains(id) && branches.at(id).item < fork.count;
           });
}

}  // namespace

// A snapshot is sealed, so this guards against our own mistakes and against whoever has the key: no
// bytes may harm the host.
bool Machine::State::is_sound() const {
    if (!branches.contains(kRoot)) return false;
    for (const auto& [id, branch] : branches) {
        if (branch.id != id || branch.frames.empty() || !has_sound_parts(branch)) return false;
    }
    for (const auto& [seq, call] : calls) {
        const bool known = call.seq == seq && branches.contains(call.branch) &&
                           call.site < image->sites.size() && call.step < image->steps.size() &&
                           call.worker < image->workers.size() && call.phase <= Phase::Person;
        const bool asks = call.phase == Phase::Probing || call.direction == Direction::Probe;
        if (!known || (asks && !calls.contains(call.other))) return false;
    }
    for (const auto& [id, timer] : timers) {
        const bool for_call =
            timer.role <= TimerRole::Settle && timer.role != TimerRole::RunDeadline;
        if (timer.role > TimerRole::Lock || !branches.contains(timer.branch)) return false;
        if (timer.role == TimerRole::SubDeadline && !subs.contains(timer.call)) return false;
        if (for_call && !calls.contains(timer.call)) return false;
        if (timer.role == TimerRole::Review && !tasks.contains(timer.task)) return false;
    }
    for (const auto& [id, task] : tasks) {
        if (task.row >= image->reviews.size() || !branches.contains(task.branch)) return false;
        const auto& lines = image->reviews[task.row].lines;
        if (task.line >= std::max<std::size_t>(1, lines.size())) return false;
        if (!lines.empty() && task.deadlines.size() != lines.size()) return false;
        if (task.site >= image->sites.size()) return false;
    }
    for (const auto& [seq, sub] : subs) {
        const bool known = sub.seq == seq && branches.contains(sub.branch) &&
                           sub.site < image->sites.size() && sub.row < image->subs.size();
        if (!known) return false;
    }
    for (const auto& [seq, letter] : mailbox) {
        if (letter.signal >= workflow->signals.size()) return false;
    }
    for (const auto id : waiting) {
        if (!branches.contains(id) || branches.at(id).rest != Rest::Wait) return false;
    }
    const auto is_known = [this](BranchId id) { return branches.contains(id); };
    return std::ranges::all_of(held, is_known) && std::ranges::all_of(stuck, is_known) &&
           std::ranges::all_of(parked, is_known);
}

bool Machine::State::has_sound_parts(const Branch& branch) const {
    const auto sound = [this](const Frame& frame) { return vm::is_sound(frame, *image); };
    if (!std::ranges::all_of(branch.frames, sound)) return false;
    if (!vm::is_sound(branch.undo, *image)) return false;
    if (branch.undoing && !vm::is_sound(*branch.undoing, branch, *image)) return false;
    if (branch.is_undoing() && !branch.undoing) return false;
    if (branch.fork && !vm::is_sound(*branch.fork, branches, *image)) return false;
    if (branch.id != kRoot) {
        const auto parent = branches.find(branch.parent);
        if (branch.parent >= branch.id || parent == branches.end() || !parent->second.fork) {
            return false;
        }
    }
    switch (branch.rest) {
        case Rest::Call:
            return calls.contains(branch.waits_for);
        case Rest::Sub:
            return subs.contains(branch.waits_for);
        case Rest::Fork:
            return branch.fork.has_value();
        case Rest::Review:
            return tasks.contains(branch.waits_for);
        case Rest::Sleep:
            return timers.contains(branch.waits_for);
        case Rest::Wait:
            return waiting.contains(branch.id) && timers.contains(branch.waits_for) &&
                   branch.instruction().op == Opcode::Wait;
        case Rest::Lock:
            return lock && !lock->is_held && lock->branch == branch.id;
        case Rest::Stuck:
            return branch.undoing && !branch.undoing->set_aside.empty();
        case Rest::Held:
        case Rest::Parked:
            return true;
        case Rest::Ready:  // nothing is, in a machine at rest
            return false;
    }
    return false;
}

}  // namespace weft::vm
