// What rests until somebody outside of the run does something: reviews, signals, locks.
#include <algorithm>

#include "tests/reference/run.h"

namespace weft::reference {
namespace {

Value texts(const std::vector<std::string>& list) {
    std::vector<Value> out;
    for (const auto& text : list) out.push_back(Value::text(text));
    return Value::list(std::move(out));
}

}  // namespace

std::int64_t Run::due_of(const Value& deadline) const {
    if (deadline.tag() == Tag::Time) return deadline.as_int();
    return now_ms_ + std::max<std::int64_t>(0, deadline.as_int());
}

bool Run::is_named(const Value& deadline) {
    return deadline.tag() == Tag::Time;
}

// Gives (decision, values, by, reason, time).
Task<Value> Run::ask(Branch& branch, const ir::ReviewTerms& terms, ReviewTask task) {
    task.branch = &branch;
    task.terms = &terms;
    for (const auto& line : terms.lines) {
        task.deadlines.push_back(co_await value(branch, line.deadline));
    }
    for (const auto person : terms.except) {
        task.except.push_back((co_await value(branch, person)).as_text());
    }
    for (;;) {
        co_await at_site(branch);
        const auto id = next_seq_;
        open_line(id, tasks_.emplace(id, task).first->second);
        const auto event = co_await rest(branch, Rest::Review);
        if (event.what == Event::What::Value) co_return event.value;
        drop_timer(tasks_.at(id).timer);
        tasks_.erase(id);
        co_await leave_off(branch);
    }
}

void Run::open_line(std::uint64_t id, ReviewTask& task) {
    log_task(id, task);
    task.timer = set_timer({.role = Timer::Role::Review,
                            .due_ms = due_of(task.deadlines[task.line]),
                            .number = id,
                            .branch = task.branch,
                            .until = is_named(task.deadlines[task.line])},
                           TimerPurpose::Review, task.place);
    task.due_ms = timers_.at(task.timer).due_ms;
}

void Run::log_task(std::uint64_t id, const ReviewTask& task) {
    const auto& roles = task.terms->lines[task.line].roles;
    ReviewOpenBody body;
    body.task = id;
    body.roles = static_cast<std::uint16_t>(roles.size());
    body.needed = task.terms->approvals_needed;
    body.rung = static_cast<std::uint32_t>(task.line);
    body.due_ms = task.timer != 0 ? task.due_ms : due_of(task.deadlines[task.line]);
    const Value payload =
        Value::record({Value::text(task.title), texts(roles), Value::list(task.shown)});
    log(RecordKind::ReviewOpen, task.place, task.branch->id, body, &payload);
}

// Nobody of this line has decided: the next one is asked, or the review ends.
void Run::overdue(std::uint64_t id) {
    auto& task = tasks_.at(id);
    task.timer = 0;
    if (task.line + 1 < task.terms->lines.size()) {
        ++task.line;
        open_line(id, task);
        return;
    }
    switch (task.terms->end) {
        case ReviewEnd::Expire:
            decide(id, DecisionCode::Expired, task.shown, "", "");
            return;
        case ReviewEnd::Approve:
            decide(id, DecisionCode::Approve, task.shown, "overdue", "nobody decided in time");
            return;
        case ReviewEnd::Reject:
            decide(id, DecisionCode::Reject, task.shown, "overdue", "nobody decided in time");
            return;
    }
}

void Run::on_decision(const Fact& fact) {
    auto& task = tasks_.at(fact.number);
    if (fact.decision == DecisionCode::Revise && task.goes_on) {
        task.shown = fact.values;
        task.approved_by.clear();
        log_task(fact.number, task);
        return;
    }
    if (fact.decision == DecisionCode::Revise) {
        decide(fact.number, fact.decision, fact.values, fact.by, fact.reason);
        return;
    }
    if (fact.decision == DecisionCode::Reject) {
        decide(fact.number, fact.decision, task.shown, fact.by, fact.reason);
        return;
    }
    task.approved_by.push_back(fact.by);
    if (task.approved_by.size() < task.terms->approvals_needed) return;
    std::string by;
    for (const auto& name : task.approved_by) by += (by.empty() ? "" : ", ") + name;
    decide(fact.number, DecisionCode::Approve,
           task.terms->form.has_value() ? fact.values : task.shown, by, fact.reason);
}

void Run::decide(std::uint64_t id, DecisionCode decision, std::vector<Value> values, std::string by,
                 std::string reason) {
    auto task = tasks_.extract(id).mapped();
    drop_timer(task.timer);
    make_ready(*task.branch,
               {.what = Event::What::Value,
                .fact = {},
                .value = Value::record({Value::integer(static_cast<std::int64_t>(decision)),
                                        Value::list(std::move(values)), Value::text(std::move(by)),
                                        Value::text(std::move(reason)), Value::time(now_ms_)})});
}

Task<> Run::review(Branch& branch, const ir::Review& node) {
    ReviewTask task;
    task.place = "review " + node.path;
    task.goes_on = true;
    for (std::size_t i = 0; i < node.values.size(); ++i) {
        task.title += (i == 0 ? "" : ", ") + node.names[i];
        task.types.push_back(module_.exprs[node.values[i]].type);
        task.shown.push_back(co_await value(branch, node.values[i]));
    }
    const Value answer = co_await ask(branch, node.terms, std::move(task));
    const auto& parts = answer.items();
    const auto decision = static_cast<DecisionCode>(parts[0].as_int());
    if (decision == DecisionCode::Approve) {
        const auto& given = parts[1].items();
        const Value whole = given.size() == 1 ? given.front() : Value::record(given);
        branch.env()[node.result.index] = Value::record({whole, parts[2], parts[3], parts[4]});
        co_return;
    }
    Value error =
        error_value({.name = "Expired", .message = "nobody decided in time", .step = node.path});
    if (decision == DecisionCode::Reject) {
        error =
            error_value({.name = "Rejected",
                         .message = "rejected by " + parts[2].as_text() + ": " + parts[3].as_text(),
                         .step = node.path,
                         .detail = Value::record({parts[2], parts[3]})});
    }
    for (;;) co_await raise(branch, error);
}

// The oldest letter that the wait names; logs that it was taken.
std::optional<std::pair<std::uint32_t, Value>> Run::take_letter(const ir::Wait& node,
                                                                const Branch& branch) {
    for (const auto& [seq, letter] : mailbox_) {
        const auto arm = std::ranges::find(node.arms, letter.signal, &ir::WaitArm::signal);
        if (arm == node.arms.end()) continue;
        SignalTakenBody body;
        body.letter = seq;
        body.signal = letter.signal;
        body.arm = static_cast<std::uint32_t>(arm - node.arms.begin());
        std::pair<std::uint32_t, Value> out{body.arm, letter.value};
        mailbox_.erase(body.letter);
        log(RecordKind::SignalTaken, "wait " + node.path, branch.id, body);
        return out;
    }
    return std::nullopt;
}

Task<> Run::wait(Branch& branch, const ir::Wait& node) {
    if (node.result.has_value()) branch.env()[node.result.index] = Value();
    const Value deadline = co_await value(branch, node.deadline);
    std::int64_t arm = -1;
    Value given;
    for (bool is_over = false; !is_over;) {
        co_await at_site(branch);
        if (auto taken = take_letter(node, branch)) {
            arm = taken->first;
            given = taken->second;
            break;
        }
        waiting_[branch.id] = &node;
        auto timer = set_timer({.role = Timer::Role::Rest,
                                .due_ms = due_of(deadline),
                                .branch = &branch,
                                .until = is_named(deadline)},
                               TimerPurpose::Timeout, "wait " + node.path);
        const auto event = co_await rest(branch, Rest::Wait);
        waiting_.erase(branch.id);
        drop_timer(timer);
        is_over = event.what != Event::What::Stop;
        if (!is_over) co_await leave_off(branch);
        if (event.what == Event::What::Value) {
            arm = event.value.items()[0].as_int();
            given = event.value.items()[1];
        }
    }
    Value result;
    if (arm >= 0) {
        const auto& chosen = node.arms[static_cast<std::size_t>(arm)];
        branch.env()[chosen.value.index] = given;
        result = co_await block(branch, chosen.body);
    } else if (node.else_block.has_value()) {
        result = co_await block(branch, node.else_block);
    } else {
        const Value error = error_value(
            {.name = "Timeout", .message = "no signal came in time", .step = node.path});
        for (;;) co_await raise(branch, error);
    }
    if (node.result.has_value()) branch.env()[node.result.index] = result;
}

Task<> Run::lock(Branch& branch, const ir::Lock& node) {
    std::set<std::string> wanted;
    for (const auto key : node.keys) wanted.insert((co_await value(branch, key)).as_text());
    const std::vector<std::string> keys(wanted.begin(), wanted.end());
    const Value deadline = co_await value(branch, node.deadline);
    const std::string place = "lock " + node.path;
    for (;;) {
        co_await at_site(branch);
        if (lock_ && lock_->is_held && lock_->keys == keys) co_return;
        LockAskBody body;
        body.lock = next_lock_++;
        body.keys = static_cast<std::uint16_t>(keys.size());
        body.due_ms = due_of(deadline);
        const Value payload = texts(keys);
        log(RecordKind::LockAsk, place, branch.id, body, &payload);
        lock_ = LockState{body.lock, keys, false, &branch, 0};
        lock_->timer = set_timer({.role = Timer::Role::Rest,
                                  .due_ms = body.due_ms,
                                  .branch = &branch,
                                  .until = is_named(deadline)},
                                 TimerPurpose::Timeout, place);
        const auto event = co_await rest(branch, Rest::Lock);
        if (event.what == Event::What::Value) co_return;
        drop_timer(lock_->timer);
        lock_.reset();
        if (event.what != Event::What::Stop) break;
        co_await leave_off(branch);
    }
    if (node.else_block.has_value()) {
        co_await block(branch, node.else_block);
        co_return;
    }
    const Value error = error_value(
        {.name = "Timeout", .message = "the lock was not free in time", .step = node.path});
    for (;;) co_await raise(branch, error);
}

}  // namespace weft::reference
