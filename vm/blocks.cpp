// Composite steps. A block's scope says which errors it takes, how often its code is run again and
// within which time; a scope without block takes every error once. Whatever takes an error, what
// was done inside is undone first.
#include <algorithm>
#include <limits>

#include "vm/state.h"

namespace weft::vm {
namespace {

constexpr std::string_view kTimeout = "Timeout";

}  // namespace

// The verifier has proved that the scope was opened by the instruction before.
bool Machine::State::block(Branch& branch) {
    const auto x = branch.instruction();
    auto& frame = branch.frame();
    auto& scope = frame.scopes.back();
    scope.block = image->sites[x.d].row;
    scope.site = x.d;
    scope.first = ++frame.pc;
    // What undoes has all the time that it needs.
    if (branch.is_undoing() || branch.is_shielded) return true;
    const auto within_ms = image->blocks[scope.block].policy.within_ms;
    std::optional<Due> end;
    if (within_ms > 0) end = Due{after(within_ms), false};
    if (x.op == Opcode::BlockUntil) {
        end = time_due(frame.registers[x.a]);
        if (!end) {
            raise(branch, evaluator.trap(place(branch), "a step's last moment is no Time"));
            return false;
        }
    }
    if (end) {
        scope.deadline_timer = set_timer({.role = TimerRole::BlockDeadline,
                                          .due_ms = end->ms,
                                          .branch = branch.id,
                                          .until = end->until,
                                          .scope = frame.scopes.size() - 1},
                                         x.d);
    }
    return true;
}

Machine::State::Taking Machine::State::takes(const Scope& scope, std::string_view error) const {
    if (scope.block == Scope::kNoBlock) return Taking::Handle;
    const auto& row = image->blocks[scope.block];
    if (is_retried(row.policy, error)) {
        if (scope.passes < row.policy.retries) return Taking::Again;
        if (row.policy.then_hold) return Taking::Hold;
    }
    return handles(scope, error) ? Taking::Handle : Taking::No;
}

bool Machine::State::handles(const Scope& scope, std::string_view error) const {
    const auto& row = image->blocks[scope.block];
    return row.takes_any || std::ranges::find(row.takes, error) != row.takes.end();
}

Value Machine::State::block_timeout(const Scope& scope) const {
    return make_error({.name = std::string(kTimeout),
                       .message = "the step was not done within its time",
                       .step = image->blocks[scope.block].path});
}

std::optional<std::size_t> Machine::State::taker(const Frame& frame, std::string_view error,
                                                 std::size_t limit) const {
    for (auto i = std::min(limit, frame.scopes.size()); i-- > 0;) {
        if (takes(frame.scopes[i], error) != Taking::No) return i;
    }
    return std::nullopt;
}

// Closes all scopes but the outer `keep`.
void Machine::State::close_scopes(Branch& branch, Frame& frame, std::size_t keep) {
    while (frame.scopes.size() > keep) {
        drop_timer(frame.scopes.back().deadline_timer);
        frame.scopes.pop_back();
    }
    // A block that was done all the same is out of its time no more.
    if (branch.unwinds_to && *branch.unwinds_to >= branch.frames.front().scopes.size()) {
        branch.unwinds_to.reset();
    }
}

// What the failed pass had done is undone; then its code is run again.
void Machine::State::run_again(Branch& branch, std::size_t number) {
    auto& frame = branch.frame();
    close_scopes(branch, frame, number + 1);
    auto& scope = frame.scopes.back();
    if (scope.passes < std::numeric_limits<std::uint16_t>::max()) ++scope.passes;
    branch.is_announced = false;
    if (branch.is_undoing()) {
        next_pass(branch);  // nothing in an undo is undone
    } else {
        begin_undo(branch, {.floor = scope.undo_height, .then = UndoRun::Then::NextPass});
    }
}

// The next pass begins after a backoff.
void Machine::State::next_pass(Branch& branch) {
    auto& scope = branch.frame().scopes.back();
    const auto delay_ms = jitter(image->blocks[scope.block].policy, scope.passes);
    branch.rest = Rest::Sleep;
    branch.waits_for = next_timer;
    set_timer({.role = TimerRole::BlockBackoff, .due_ms = after(delay_ms), .branch = branch.id},
              scope.site);
}

void Machine::State::pass_begins(Branch& branch) {
    ++branch.generation;
    branch.frame().pc = branch.frame().scopes.back().first;
    make_ready(branch);
}

// The time of all passes is over. What is under way inside leaves off; then the block fails with
// Timeout, which its own retry doesn't take.
void Machine::State::block_deadline(Branch& branch, std::size_t number) {
    auto& scope = branch.frames.front().scopes[number];
    scope.deadline_timer = 0;
    if (deadline_must_hold(branch, number)) {
        hold_run(scope.site, branch.id, block_timeout(scope));
        return;
    }
    branch.unwinds_to = std::min(number, branch.unwinds_to.value_or(number));
    touch(branch);
    if (!branch.is_stopping) interrupt(branch);
}

bool Machine::State::deadline_must_hold(const Branch& branch, std::size_t number) const {
    if (branch.is_shielded) return false;
    const auto& scope = branch.frames.front().scopes[number];
    if (handles(scope, kTimeout)) return scope.irreversible != branch.irreversible;
    return must_hold(branch, kTimeout, number);
}

// The branch has left off: its block fails.
void Machine::State::unwind(Branch& branch) {
    const auto number = *branch.unwinds_to;
    auto& frame = branch.frame();
    const Scope scope = frame.scopes[number];
    const auto error = block_timeout(scope);
    branch.unwinds_to.reset();
    touch(branch);
    if (deadline_must_hold(branch, number)) {
        // An effect that can't be undone was under way and has happened.
        hold_run(scope.site, branch.id, error);
        branch.rest = Rest::Parked;
        parked.insert(branch.id);
        return;
    }
    if (handles(scope, kTimeout)) {
        take_error(branch, number, error);
    } else {
        close_scopes(branch, frame, number);
        raise(branch, error);
    }
}

}  // namespace weft::vm
