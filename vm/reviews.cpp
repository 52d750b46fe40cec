// Reviews: a task for people, open until enough of them approve, one decides otherwise, or the time
// of its last line is up.
#include <algorithm>

#include "vm/boundary.h"
#include "vm/state.h"

namespace weft::vm {
namespace {

std::vector<Value> texts(const std::vector<std::string>& list) {
    std::vector<Value> out;
    for (const auto& text : list) out.push_back(Value::text(text));
    return out;
}

bool is_in(const std::vector<std::string>& list, const std::string& text) {
    return std::ranges::find(list, text) != list.end();
}

}  // namespace

// The older form: one line, whose time is in the row.
bool Machine::State::review(Branch& branch) {
    const auto x = branch.instruction();
    Task task;
    task.row = image->sites[x.d].row;
    task.shown = branch.frame().registers.range(x.b, x.c);
    const auto within_ms = image->reviews[task.row].within_ms;
    if (within_ms > 0) task.deadlines.push_back(Value::duration(within_ms));
    return open_task(branch, std::move(task));
}

bool Machine::State::ask(Branch& branch) {
    const auto x = branch.instruction();
    const auto& registers = branch.frame().registers;
    Task task;
    task.row = image->sites[x.d].row;
    const auto& row = image->reviews[task.row];
    const auto values = row.types.size();
    const auto lines = row.lines.size();
    task.shown = registers.range(x.b, values);
    task.deadlines = registers.range(x.b + values, lines);
    const auto& except = registers[x.b + values + lines];
    bool sensible = except.tag() == Tag::List &&
                    std::ranges::all_of(task.deadlines, [this](const Value& deadline) {
                        return due_of(deadline).has_value();
                    });
    if (sensible) {
        for (const auto& name : except.items()) {
            sensible = sensible && name.tag() == Tag::Text;
            if (sensible) task.except.push_back(name.as_text());
        }
    }
    if (!sensible) {
        raise(branch, evaluator.trap(place(branch), "a review's times or people make no sense"));
        return false;
    }
    return open_task(branch, std::move(task));
}

bool Machine::State::open_task(Branch& branch, Task task) {
    const auto& row = image->reviews[task.row];
    const auto payload = Value::record(
        {Value::text(row.title), Value::list(texts(row.roles_of(0))), Value::list(task.shown)});
    if (payload.tree_size() > kValueSizeMax || payload.depth() > kValueDepthMax) {
        raise(branch, evaluator.trap(place(branch), "more than a review can show"));
        return false;
    }
    const auto id = next_seq;
    task.branch = branch.id;
    task.site = branch.instruction().d;
    branch.rest = Rest::Review;
    branch.waits_for = id;
    open_line(id, tasks.emplace(id, std::move(task)).first->second);
    return false;
}

// Asks the people of the current line, and sets its timer.
void Machine::State::open_line(std::uint64_t id, Task& task) {
    std::optional<Due> due;
    if (task.line < task.deadlines.size()) due = due_of(task.deadlines[task.line]);
    task.due_ms = due ? due->ms : time_ms;
    log_task(id, task);
    if (!due) return;
    task.timer = set_timer({.role = TimerRole::Review,
                            .due_ms = due->ms,
                            .task = id,
                            .branch = task.branch,
                            .until = due->until},
                           task.site);
}

void Machine::State::log_task(std::uint64_t id, Task& task) {
    const auto& row = image->reviews[task.row];
    const auto& roles = row.roles_of(task.line);
    check.replace(task.term, task_term(id, task));
    const auto payload =
        Value::record({Value::text(row.title), Value::list(texts(roles)), Value::list(task.shown)});
    ReviewOpenBody body;
    body.task = id;
    body.roles = static_cast<std::uint16_t>(roles.size());
    body.needed = row.approvals_needed;
    body.rung = static_cast<std::uint32_t>(task.line);
    body.due_ms = task.due_ms;
    emit(RecordKind::ReviewOpen, task.site, task.branch, body, &payload);
}

// Nobody of the current line has decided: the next line's people are asked; approvals stand.
void Machine::State::overdue(std::uint64_t id) {
    auto& task = tasks.at(id);
    task.timer = 0;
    const auto& row = image->reviews[task.row];
    if (task.line + 1 < row.lines.size()) {
        ++task.line;
        open_line(id, task);
        return;
    }
    auto how = Decision::Expired;
    if (row.end == ReviewEnd::Approve) how = Decision::Approve;
    if (row.end == ReviewEnd::Reject) how = Decision::Reject;
    const bool expires = how == Decision::Expired;
    decide(id, how, task.shown, expires ? "" : "overdue", expires ? "" : "nobody decided in time");
}

void Machine::State::close_task(std::uint64_t id) {
    const auto found = tasks.find(id);
    drop_timer(found->second.timer);
    check.replace(found->second.term, {});
    tasks.erase(found);
}

void Machine::State::decide(std::uint64_t id, Decision decision, std::vector<Value> values,
                            std::string by, std::string reason) {
    auto& branch = branches.at(tasks.at(id).branch);
    close_task(id);
    std::vector<Value> out = {Value::integer(static_cast<std::int64_t>(decision)),
                              Value::list(std::move(values)), Value::text(std::move(by)),
                              Value::text(std::move(reason))};
    if (branch.instruction().op == Opcode::Ask) out.push_back(Value::time(time_ms));
    resume_with(branch, Value::record(std::move(out)));
}

bool Machine::State::fits(const DecisionFact& fact) const {
    const auto found = tasks.find(fact.task);
    if (found == tasks.end()) return false;
    const auto& task = found->second;
    const auto& row = image->reviews[task.row];
    if (is_in(task.except, fact.by)) return false;
    if (!row.lines.empty() && !is_in(row.roles_of(task.line), fact.role)) return false;
    switch (fact.decision) {
        case Decision::Approve:
            if (is_in(task.approved_by, fact.by)) return false;
            return !row.form.has_value() ||
                   (fact.values.size() == 1 &&
                    !check_value(image->types, row.form, fact.values.front()));
        case Decision::Reject:
            return true;
        case Decision::Revise: {
            const auto& types = row.types;
            if (fact.values.size() != types.size()) return false;
            for (std::size_t i = 0; i < types.size(); ++i) {
                if (!value_fits(*image, types[i], fact.values[i])) return false;
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
    const auto& row = image->reviews[task.row];
    if (fact.decision == Decision::Revise && row.goes_on) {
        // What was approved before is not what is shown now.
        task.shown = fact.values;
        task.approved_by.clear();
        log_task(fact.task, task);
        return;
    }
    if (fact.decision != Decision::Approve) {
        decide(fact.task, fact.decision,
               fact.decision == Decision::Revise ? fact.values : task.shown, fact.by, fact.reason);
        return;
    }
    task.approved_by.push_back(fact.by);
    check.replace(task.term, task_term(fact.task, task));
    if (task.approved_by.size() < row.approvals_needed) return;
    std::string by;
    for (const auto& name : task.approved_by) by += (by.empty() ? "" : ", ") + name;
    decide(fact.task, Decision::Approve, row.form.has_value() ? fact.values : task.shown,
           std::move(by), fact.reason);
}

// Nothing for the older form, whose values stand in registers.
Term Machine::State::task_term(std::uint64_t id, const Task& task) const {
    if (image->reviews[task.row].lines.empty()) return {};
    ByteWriter content;
    content.u64(task.line);
    std::uint64_t bytes = 0;
    for (const auto& value : task.shown) {
        content.raw(view(digest(value, check.key())));
        bytes += value.tree_size();
    }
    for (const auto& name : task.approved_by) content.block(name);
    return check.of_bytes(task.branch, SlotKind::Task, id, content.bytes(), bytes);
}

}  // namespace weft::vm
