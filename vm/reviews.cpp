// Reviews: a task for people, open until enough of them approve, one decides otherwise, or its time
// is up.
#include <algorithm>

#include "vm/state.h"

namespace weft::vm {

bool Machine::State::review(Branch& branch) {
    const auto x = branch.instruction();
    const auto row_number = image->sites[x.d].row;
    const auto& row = image->reviews[row_number];
    Task task;
    task.branch = branch.id;
    task.site = x.d;
    task.row = row_number;
    task.shown = branch.frame().registers.range(x.b, x.c);
    task.due_ms = after(row.within_ms);

    std::vector<Value> roles;
    for (const auto& role : row.roles) roles.push_back(Value::text(role));
    const auto payload = Value::record(
        {Value::text(row.title), Value::list(std::move(roles)), Value::list(task.shown)});
    if (payload.tree_size() > kValueSizeMax || payload.depth() > kValueDepthMax) {
        raise(branch, evaluator.trap(place(branch), "more than a review can show"));
        return false;
    }
    const auto id = next_seq;
    ReviewOpenBody body;
    body.task = id;
    body.roles = static_cast<std::uint16_t>(row.roles.size());
    body.needed = row.approvals_needed;
    body.due_ms = task.due_ms;
    branch.rest = Rest::Review;
    branch.waits_for = id;
    emit(RecordKind::ReviewOpen, x.d, branch.id, body, &payload);
    if (row.within_ms > 0) {
        task.timer = set_timer(
            {.role = TimerRole::Review, .due_ms = task.due_ms, .task = id, .branch = branch.id},
            x.d);
    }
    tasks.emplace(id, std::move(task));
    return false;
}

void Machine::State::close_task(std::uint64_t id) {
    const auto found = tasks.find(id);
    drop_timer(found->second.timer);
    tasks.erase(found);
}

void Machine::State::decide(std::uint64_t id, Decision decision, std::vector<Value> values,
                            std::string by, std::string reason) {
    auto& branch = branches.at(tasks.at(id).branch);
    close_task(id);
    resume_with(branch, Value::record({Value::integer(static_cast<std::int64_t>(decision)),
                                       Value::list(std::move(values)), Value::text(std::move(by)),
                                       Value::text(std::move(reason))}));
}

bool Machine::State::fits(const DecisionFact& fact) const {
    const auto found = tasks.find(fact.task);
    if (found == tasks.end()) return false;
    const auto& task = found->second;
    switch (fact.decision) {
        case Decision::Approve:
            return std::ranges::find(task.approved_by, fact.by) == task.approved_by.end();
        case Decision::Reject:
            return true;
        case Decision::Revise: {
            const auto& types = image->reviews[task.row].types;
            if (fact.values.size() != types.size()) return false;
            for (std::size_t i = 0; i < types.size(); ++i) {
                if (check_value(image->types, types[i], fact.values[i])) return false;
            }
            return true;
        }
        case Decision::Expired:  // the review's own timer says so
            return false;
    }
    return false;
}

void Machine::State::on(const DecisionFact& fact) {
    auto& task = tasks.at(fact.task);
    if (fact.decision != Decision::Approve) {
        decide(fact.task, fact.decision,
               fact.decision == Decision::Revise ? fact.values : task.shown, fact.by, fact.reason);
        return;
    }
    task.approved_by.push_back(fact.by);
    if (task.approved_by.size() < image->reviews[task.row].approvals_needed) return;
    std::string by;
    for (const auto& name : task.approved_by) by += (by.empty() ? "" : ", ") + name;
    decide(fact.task, Decision::Approve, task.shown, std::move(by), fact.reason);
}

}  // namespace weft::vm
