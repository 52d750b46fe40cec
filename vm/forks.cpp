// Branches: fork_each starts them, at most so many at once; when all have ended, or one has failed
// and the others have stopped, they join.
#include <algorithm>
#include <limits>

#include "base/check.h"
#include "vm/state.h"

namespace weft::vm {

bool Machine::State::fork_each(Branch& branch) {
    const auto x = branch.instruction();
    auto& registers = branch.frame().registers;
    const auto row_number = image->sites[x.d].row;
    const auto& row = image->forks[row_number];
    const auto& function = image->functions[row.function];
    if (registers[x.b].tag() != Tag::List) {
        raise(branch, evaluator.trap(place(branch), "what is walked is no list"));
        return false;
    }
    Fork fork;
    fork.site = x.d;
    fork.row = row_number;
    fork.items = registers[x.b].items();
    fork.captures = registers.range(x.c, function.parameters - 1U);
    const auto count = fork.items.size();
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
    next_branch += static_cast<BranchId>(count);
    fork.results.resize(count);
    fork.result_terms.resize(count);
    const auto input = static_cast<std::uint32_t>(SlotKind::ForkInput);
    check.replace(fork.list_term, check.of_value(branch.id, input, 0, registers[x.b]));
    check.replace(fork.captures_term,
                  check.of_value(branch.id, input, 1, Value::list(fork.captures)));
    ForkBody body;
    body.first_branch = fork.first;
    body.count = static_cast<std::uint32_t>(count);
    body.limit = row.limit;
    branch.rest = Rest::Fork;
    branch.fork = std::move(fork);
    // Branches that may hold an irreversible effect are the point of no return as a whole.
    if (may_be_irreversible[row.function] && count > 0 && !branch.is_shielded &&
        !branch.is_undoing()) {
        count_irreversible(branch, true);
    }
    emit(RecordKind::Fork, x.d, branch.id, body);
    join_if_done(branch);
    return false;
}

void Machine::State::start_branches(Branch& parent) {
    auto& fork = *parent.fork;
    const auto& row = image->forks[fork.row];
    while (fork.live.size() < row.limit && fork.next < fork.items.size()) {
        const auto id = fork.first + fork.next;
        auto& branch = branches[id];
        branch.id = id;
        branch.parent = parent.id;
        branch.item = fork.next;
        branch.depth = parent.depth + 1;
        branch.generation = parent.generation;
        branch.is_shielded = parent.is_shielded || parent.is_undoing();
        std::vector<Value> arguments{fork.items[fork.next]};
        arguments.insert(arguments.end(), fork.captures.begin(), fork.captures.end());
        push_frame(branch, row.function, std::move(arguments));
        fork.live.insert(id);
        ++fork.next;
        make_ready(branch);
    }
}

void Machine::State::finish(Branch& branch, Ended how, Value value) {
    if (branch.id == kRoot) {
        // Only a run that fails or was cancelled stops its first branch.
        begin_undo(branch, {.floor = 0, .then = UndoRun::Then::EndRun});
        return;
    }
    auto& parent = branches.at(branch.parent);
    auto& fork = *parent.fork;
    const auto item = branch.item;
    forget(branch);
    for (auto& entry : branch.undo) fork.undo.push_back(std::move(entry));
    if (branch.last_order > fork.last_order) {
        fork.last_order = branch.last_order;
        fork.last_call = branch.last_call;
        fork.last_site = branch.last_site;
    }
    ready.erase(branch.id);
    fork.live.erase(branch.id);
    branches.erase(branch.id);
    touch(parent);

    if (how == Ended::Done) {
        ++fork.ok;
        fork.results[item] = std::move(value);
        check.replace(fork.result_terms[item],
                      check.of_value(parent.id, static_cast<std::uint32_t>(SlotKind::Result), item,
                                     fork.results[item]));
    }
    if (how == Ended::Failed) {
        ++fork.failed;
        fork.error = std::move(value);
        fork.is_stopping = true;
        for (const auto sibling : std::vector<BranchId>(fork.live.begin(), fork.live.end())) {
            stop(branches.at(sibling));
        }
        fork.is_stopping = false;
    }
    join_if_done(parent);
}

void Machine::State::join_if_done(Branch& parent) {
    auto& fork = *parent.fork;
    if (fork.is_stopping) return;
    if (!fork.error && !parent.must_stop()) start_branches(parent);
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
    body.count = static_cast<std::uint32_t>(fork.items.size());
    body.ok = fork.ok;
    body.failed = fork.failed;
    std::ranges::sort(fork.undo, {}, &UndoEntry::order);
    for (auto& entry : fork.undo) push_undo(parent, std::move(entry));
    if (fork.last_order > parent.last_order) {
        parent.last_order = fork.last_order;
        parent.last_call = fork.last_call;
        parent.last_site = fork.last_site;
    }
    touch(parent);
    emit(RecordKind::Join, fork.site, parent.id, body);
    const bool is_complete = fork.ok == fork.items.size();
    if (is_complete) {
        resume_with(parent, Value::list(std::move(fork.results)));
    } else if (parent.must_stop()) {
        finish(parent, Ended::Stopped);
    } else {
        WEFT_CHECK(fork.error.has_value());
        raise(parent, *std::move(fork.error));
    }
}

}  // namespace weft::vm
