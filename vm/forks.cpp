// Branches: a fork starts them, at most so many at once; when its join (joins.cpp) is decided and
// none is left, they join.
#include <algorithm>
#include <iterator>
#include <limits>

#include "base/check.h"
#include "vm/state.h"

namespace weft::vm {

bool Machine::State::fork_each(Branch& branch) {
    const auto x = branch.instruction();
    const auto& registers = branch.frame().registers;
    const auto& row = image->forks[image->sites[x.d].row];
    if (registers[x.b].tag() != Tag::List) {
        raise(branch, evaluator.trap(place(branch), "what is walked is no list"));
        return false;
    }
    Fork fork;
    fork.items = registers[x.b];
    fork.captures = registers.range(x.c, image->functions[row.function].parameters - 1U);
    return start_fork(branch, std::move(fork));
}

bool Machine::State::fork_all(Branch& branch) {
    const auto x = branch.instruction();
    const auto& first = image->forks[image->sites[x.d].row].branches.front();
    const auto captures = image->functions[first.function].parameters - first.after.size();
    Fork fork;
    fork.captures = branch.frame().registers.range(x.c, captures);
    return start_fork(branch, std::move(fork));
}

bool Machine::State::start_fork(Branch& branch, Fork fork) {
    const auto x = branch.instruction();
    fork.site = x.d;
    fork.row = image->sites[x.d].row;
    const auto& row = image->forks[fork.row];
    const auto count = row.branches.empty() ? fork.items.items().size() : row.branches.size();
    if (branches.size() + count > kBranchesMax ||
        count > std::numeric_limits<BranchId>::max() - next_branch) {
        raise(branch, evaluator.trap(place(branch), "the run has too many branches"));
        return false;
    }
    if (branch.depth == kBranchDepthMax) {
        raise(branch, evaluator.trap(place(branch), "branches inside branches are too deep"));
        return false;
    }
    fork.first = next_branch;
    fork.count = static_cast<std::uint32_t>(count);
    next_branch += fork.count;
    fork.stages.assign(count, Stage::Waiting);
    fork.results.resize(count);
    fork.result_terms.resize(count);
    const auto slot = static_cast<std::uint32_t>(SlotKind::ForkInput);
    check.replace(fork.list_term, check.of_value(branch.id, slot, 0, fork.items));
    check.replace(fork.captures_term,
                  check.of_value(branch.id, slot, 1, Value::list(fork.captures)));
    ForkBody body;
    body.first_branch = fork.first;
    body.count = fork.count;
    body.limit = row.limit;
    branch.rest = Rest::Fork;
    branch.fork = std::move(fork);
    // Branches that may hold an irreversible effect are the point of no return as a whole.
    const auto may_be = [&](std::uint32_t function) -> bool {
        return may_be_irreversible[function];
    };
    const bool irreversible = row.branches.empty()
                                  ? count > 0 && may_be(row.function)
                                  : std::ranges::any_of(row.branches, may_be, &BranchRow::function);
    if (irreversible && !branch.is_shielded && !branch.is_undoing()) {
        count_irreversible(branch, true);
    }
    emit(RecordKind::Fork, x.d, branch.id, body);
    join_if_done(branch);
    return false;
}

void Machine::State::start_branches(Branch& parent) {
    auto& fork = *parent.fork;
    const auto& row = image->forks[fork.row];
    while (fork.live.size() < row.limit) {
        const auto item = next_item(fork);
        if (!item) return;
        const auto id = fork.first + *item;
        auto& branch = branches[id];
        branch.id = id;
        branch.parent = parent.id;
        branch.item = *item;
        branch.depth = parent.depth + 1;
        branch.generation = parent.generation;
        branch.is_shielded = parent.is_shielded || parent.is_undoing();
        const auto function = row.branches.empty() ? row.function : row.branches[*item].function;
        push_frame(branch, function, branch_arguments(fork, *item));
        fork.stages[*item] = Stage::Live;
        fork.live.insert(id);
        make_ready(branch);
    }
}

// A branch has come to its end, or has left off. What one did that lost, or whose failure its fork
// takes, is undone before it goes; what others did may be undone with all else later.
void Machine::State::finish(Branch& branch, Ended how, Value value) {
    if (branch.frame().hook) {  // told to end inside of a hook: the step around it comes first
        hook_ended(branch);
        return;
    }
    for (auto& frame : branch.frames) close_scopes(branch, frame, 0);
    if (branch.id == kRoot) {
        // Only a run that fails or was cancelled stops its first branch.
        begin_undo(branch, {.floor = 0, .then = UndoRun::Then::EndRun});
        return;
    }
    auto& parent = branches.at(branch.parent);
    auto& fork = *parent.fork;
    bool undoes = fork.is_met;
    if (!fork.is_met && how == Ended::Done) {
        done(parent, branch.item, std::move(value));
    } else if (!fork.is_met && how == Ended::Failed) {
        undoes = tolerate(parent, branch.item, value);
        if (!undoes) {
            fork.error = fork_error(fork, value);
            // It goes with its siblings: what it did is undone with what they did.
            fork.live.erase(branch.id);
            stop_all(fork);
            fork.live.insert(branch.id);
        }
    }
    if (undoes) {
        begin_undo(branch, {.floor = 0, .then = UndoRun::Then::EndBranch});
        return;
    }
    for (auto& entry : branch.undo) check.replace(entry.term, {});
    std::ranges::move(branch.undo, std::back_inserter(fork.undo));
    branch.undo.clear();
    if (branch.last_order > fork.last_order) {
        fork.last_order = branch.last_order;
        fork.last_call = branch.last_call;
        fork.last_site = branch.last_site;
    }
    leave(branch);
}

void Machine::State::leave(Branch& branch) {
    auto& parent = branches.at(branch.parent);
    forget(branch);
    ready.erase(branch.id);
    parent.fork->live.erase(branch.id);
    branches.erase(branch.id);
    touch(parent);
    join_if_done(parent);
}

void Machine::State::stop_all(Fork& fork) {
    fork.is_stopping = true;
    for (const auto id : std::vector<BranchId>(fork.live.begin(), fork.live.end())) {
        stop(branches.at(id));
    }
    fork.is_stopping = false;
}

void Machine::State::join_if_done(Branch& parent) {
    auto& fork = *parent.fork;
    if (fork.is_stopping) return;
    if (!fork.error && !fork.is_met && !parent.must_stop()) start_branches(parent);
    if (fork.live.empty()) join(parent);
}

void Machine::State::join(Branch& parent) {
    Fork fork = std::move(*parent.fork);
    parent.fork.reset();
    for (auto& term : fork.result_terms) check.replace(term, {});
    check.replace(fork.list_term, {});
    check.replace(fork.captures_term, {});
    JoinBody body;
    body.first_branch = fork.first;
    body.count = fork.count;
    body.ok = fork.ok;
    body.failed = fork.failed;
    // One without calls of its own has the place of the call before it, and was done after it.
    std::ranges::stable_sort(fork.undo, {}, &UndoEntry::order);
    for (auto& entry : fork.undo) push_undo(parent, std::move(entry));
    if (fork.last_order > parent.last_order) {
        parent.last_order = fork.last_order;
        parent.last_call = fork.last_call;
        parent.last_site = fork.last_site;
    }
    touch(parent);
    emit(RecordKind::Join, fork.site, parent.id, body);
    if (is_complete(fork)) {
        resume_with(parent, joined(fork));
    } else if (parent.must_stop()) {
        stopped(parent);
    } else {
        WEFT_CHECK(fork.error.has_value());
        raise(parent, *std::move(fork.error));
    }
}

}  // namespace weft::vm
