// What facts do to a run, and what it asks of the world.
#include <algorithm>

#include "tests/reference/run.h"

namespace weft::reference {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& text) {
    return std::ranges::find(list, text) != list.end();
}

}  // namespace

bool Run::accepts(const Fact& fact) const {
    if (ended_) return false;
    const auto found = calls_.find(fact.number);
    const bool is_call = found != calls_.end();
    switch (fact.kind) {
        case RecordKind::Start:
            return is_call && !is_held_ && found->second.phase == Phase::Attempt &&
                   found->second.attempt == fact.attempt;
        case RecordKind::Hit:
            return is_call && !is_held_ && found->second.phase == Phase::Attempt &&
                   !found->second.started_ms &&
                   (found->second.author_key || found->second.cache_key);
        case RecordKind::Outcome: {
            if (!is_call) return false;
            const auto& call = found->second;
            if (call.phase == Phase::Started) return call.attempt == fact.attempt;
            const bool is_open = call.phase == Phase::Person || call.phase == Phase::Settling;
            return is_open && fact.answer == Answer::Ok && fact.attempt <= call.attempt;
        }
        case RecordKind::Settled:
            return is_call ? found->second.phase == Phase::Person
                           : stuck_with(fact.number) != nullptr;
        case RecordKind::TimerFired:
            return timers_.contains(fact.number);
        case RecordKind::Signal:
            return fact.number < workflow_.signals.size() && mailbox_.size() < 10'000 &&
                   !tags_.contains(fact.tag) &&
                   !check_value(module_.types, workflow_.signals[fact.number].type, fact.value);
        case RecordKind::LockGot:
            return lock_ && !lock_->is_held && lock_->id == fact.number;
        case RecordKind::SubEnded:
            return subs_.contains(fact.number);
        case RecordKind::Cancel:
            return !is_failing_ && !is_ending_ && root().irreversible == 0;
        case RecordKind::HeldByOperator:
            return !is_held_;
        case RecordKind::Released:
            return is_held_ || !held_.empty();
        case RecordKind::Decision:
            break;
        default:
            return true;
    }
    const auto task = tasks_.find(fact.number);
    if (task == tasks_.end()) return false;
    const auto& [id, row] = *task;
    if (contains(row.except, fact.by)) return false;
    if (!contains(row.terms->lines[row.line].roles, fact.role)) return false;
    if (fact.decision == DecisionCode::Approve) {
        if (contains(row.approved_by, fact.by)) return false;
        return !row.terms->form.has_value() ||
               (fact.values.size() == 1 &&
                !check_value(module_.types, row.terms->form, fact.values.front()));
    }
    if (fact.decision == DecisionCode::Reject) return true;
    if (fact.values.size() != row.types.size()) return false;
    for (std::size_t i = 0; i < row.types.size(); ++i) {
        if (!evaluator_.fits(row.types[i], fact.values[i])) return false;
    }
    return true;
}

void Run::on(const Fact& fact) {
    const auto tell = [&](Branch& branch) {
        resume(branch, {.what = Event::What::Fact, .fact = fact, .value = {}});
    };
    switch (fact.kind) {
        case RecordKind::Outcome: {
            const bool counts = !workflow_.has_budget || fact.currency == workflow_.budget_currency;
            if (counts && fact.cost_micros > 0) spent_ += fact.cost_micros;
            tell(*calls_.at(fact.number).branch);
            return;
        }
        case RecordKind::Settled:
            if (!calls_.contains(fact.number)) return on_settled(fact);
            [[fallthrough]];
        case RecordKind::Start:
        case RecordKind::Hit:
            tell(*calls_.at(fact.number).branch);
            return;
        case RecordKind::TimerFired:
            on_timer(fact.number);
            return;
        case RecordKind::Decision:
            on_decision(fact);
            return;
        case RecordKind::Signal: {
            tags_.insert(fact.tag);
            mailbox_[next_seq_ - 1] = {static_cast<std::uint32_t>(fact.number), fact.value};
            for (const auto& [id, node] : waiting_) {
                Branch& branch = *branches_.at(id);
                const auto taken = take_letter(*node, branch);
                if (!taken) continue;
                waiting_.erase(branch.id);
                make_ready(branch,
                           {.what = Event::What::Value,
                            .fact = {},
                            .value = Value::record({Value::integer(taken->first), taken->second})});
                return;
            }
            return;
        }
        case RecordKind::LockGot:
            lock_->is_held = true;
            drop_timer(lock_->timer);
            make_ready(*lock_->branch, {.what = Event::What::Value, .fact = {}, .value = {}});
            return;
        case RecordKind::SubEnded: {
            const bool counts = !workflow_.has_budget || fact.currency == workflow_.budget_currency;
            if (counts && fact.cost_micros > 0) spent_ += fact.cost_micros;
            tell(*subs_.at(fact.number).branch);
            return;
        }
        case RecordKind::Cancel:
            is_failing_ = true;
            is_cancelled_ = true;
            run_error_ =
                error_value({.name = "Cancelled", .message = fact.reason, .step = workflow_.name});
            stop(root());
            return;
        case RecordKind::Kill:
            end_run(EndStatus::Killed,
                    error_value({.name = "Killed", .message = fact.reason, .step = workflow_.name}),
                    "");
            return;
        case RecordKind::HeldByOperator:
            is_held_ = true;
            return;
        case RecordKind::Released:
            on_release();
            return;
        case RecordKind::Resumed:
            for (auto& [number, call] : calls_) call.is_lost |= call.phase == Phase::Started;
            return;
        default:
            return;
    }
}

void Run::on_timer(std::uint64_t id) {
    const Timer timer = timers_.at(id);
    timers_.erase(id);
    switch (timer.role) {
        case Timer::Role::Pause:
        case Timer::Role::Settle:
            resume(*timer.branch, {.what = Event::What::Pause, .fact = {}, .value = {}});
            return;
        case Timer::Role::Deadline: {
            Call& call = calls_.at(timer.number);
            call.is_late = true;
            call.deadline_timer = 0;
            // An attempt under way is waited for, and a doubt is settled.
            const bool waits = call.phase != Phase::Started && call.phase != Phase::Hooked;
            if (waits && !call.is_in_doubt) {
                resume(*timer.branch, {.what = Event::What::Deadline, .fact = {}, .value = {}});
            }
            return;
        }
        case Timer::Role::SubDeadline:
            subs_.at(timer.number).is_late = true;
            subs_.at(timer.number).timer = 0;
            return;
        case Timer::Role::RunDeadline:
            run_deadline();
            return;
        case Timer::Role::Review:
            overdue(timer.number);
            return;
        case Timer::Role::Rest:
            if (timer.branch->rest == Rest::Wait) waiting_.erase(timer.branch->id);
            make_ready(*timer.branch);
            return;
        case Timer::Role::BlockDeadline:
            block_deadline(*timer.branch, *timer.scope);
            return;
    }
}

void Run::run_deadline() {
    if (is_ending_) return;
    const Value error = error_value({.name = "Timeout",
                                     .message = "the workflow was not done within its time",
                                     .step = workflow_.name});
    if (root().irreversible > 0) {
        hold_run("", 0, error);
        return;
    }
    if (is_failing_) return;
    is_failing_ = true;
    is_timed_out_ = true;
    run_error_ = error;
    stop(root());
}

// An effect that nothing undoes has happened after the run was told to stop: it goes on.
void Run::cancel_lost(Branch& branch) {
    if (!branch.is_stopping || branch.parent != nullptr) return;
    branch.is_stopping = false;
    is_failing_ = false;
    is_cancelled_ = false;
    if (std::exchange(is_timed_out_, false)) run_deadline();
}

void Run::block_deadline(Branch& branch, Scope& scope) {
    scope.timer = 0;
    if (deadline_must_hold(branch, scope)) {
        hold_run("block " + scope.step->path, branch.id,
                 error_value({.name = "Timeout",
                              .message = "the step was not done within its time",
                              .step = scope.step->path}));
        return;
    }
    // The outermost whose time is over.
    for (Scope* open : branch.own_scopes()) {
        if (open != &scope && open != branch.unwinds) continue;
        branch.unwinds = open;
        break;
    }
    if (!branch.is_stopping) interrupt(branch);
}

void Run::stop(Branch& branch) {
    branch.is_stopping = true;
    interrupt(branch);
}

// A branch that rests leaves off now, unless an effect is under way or in doubt, or it is undoing.
void Run::interrupt(Branch& branch) {
    if (branch.is_undoing) return;
    switch (branch.rest) {
        case Rest::Ready:
        case Rest::Stuck:
        case Rest::Sub:
            return;
        case Rest::Call:
            if (calls_.at(branch.call).phase == Phase::Started) return;
            break;
        case Rest::Fork:
            stop_all(*branch.fork);
            join_if_done(branch);
            return;
        case Rest::Held:
            held_.erase(branch.id);
            break;
        case Rest::Parked:
            parked_.erase(branch.id);
            break;
        default:
            break;
    }
    resume(branch, {.what = Event::What::Stop, .fact = {}, .value = {}});
}

void Run::on_release() {
    is_held_ = false;
    for (const auto id : std::exchange(parked_, {})) make_ready(*branches_.at(id));
    for (const auto id : std::vector<BranchId>(held_.begin(), held_.end())) {
        Branch& branch = *branches_.at(id);
        const Event released{.what = Event::What::Released, .fact = {}, .value = {}};
        if (branch.rest == Rest::Stuck || branch.holds_scope) {
            resume(branch, released);
        } else {
            make_ready(branch, released);
        }
    }
}

// The branch in which the compensation of this call was set aside.
Branch* Run::stuck_with(std::uint64_t call) const {
    for (const auto id : held_) {
        Branch& branch = *branches_.at(id);
        if (branch.rest != Rest::Stuck) continue;
        for (const auto& entry : *branch.set_aside) {
            if (entry.call == call) return &branch;
        }
    }
    return nullptr;
}

std::vector<std::uint64_t> Run::stuck() const {
    std::vector<std::uint64_t> out;
    if (ended_) return out;
    for (const auto id : held_) {
        const Branch& branch = *branches_.at(id);
        if (branch.rest != Rest::Stuck) continue;
        for (const auto& entry : *branch.set_aside) out.push_back(entry.call);
    }
    return out;
}

// A person has undone it by other means, or says that it stays.
void Run::on_settled(const Fact& fact) {
    Branch& branch = *stuck_with(fact.number);
    const auto found = std::ranges::find(*branch.set_aside, fact.number, &UndoEntry::call);
    const UndoEntry entry = *found;
    branch.set_aside->erase(found);
    UndoEndBody end;
    end.call = entry.call;
    end.status = fact.is_done ? UndoStatus::Done : UndoStatus::Skipped;
    log(RecordKind::UndoEnd, entry.place, branch.id, end);
    if (fact.is_done) note_undone(entry);
    if (branch.undo_ends_run) ++undone_;
    if (!branch.set_aside->empty()) return;
    resume(branch, {.what = Event::What::Released, .fact = {}, .value = {}});
}

std::vector<Ask> Run::asks() const {
    std::vector<Ask> out;
    if (ended_) return out;
    for (const auto& [seq, call] : calls_) {
        Ask ask;
        ask.number = seq;
        ask.attempt = call.attempt;
        ask.direction = call.direction;
        ask.path = call.step->path;
        ask.worker = call.worker->name;
        ask.result_type = call.step->result_type;
        ask.timeout_ms = call.step->policy.timeout_ms;
        ask.cache_ms = call.step->cache_ms;
        if (call.phase == Phase::Attempt && !is_held_) {
            ask.kind = Ask::Kind::Attempt;
            ask.arguments = call.arguments;
            ask.author_key = call.author_key;
            ask.cache_key = call.cache_key;
        } else if (call.phase == Phase::Started) {
            const bool settles = call.is_in_doubt || call.direction == Direction::Probe;
            const bool unwanted = call.branch->must_stop() || call.is_late;
            ask.kind = unwanted && !settles ? Ask::Kind::Cancel : Ask::Kind::Outcome;
        } else if (call.phase == Phase::Person) {
            ask.kind = Ask::Kind::Settle;
        } else {
            continue;
        }
        out.push_back(std::move(ask));
    }
    for (const auto& [id, timer] : timers_) {
        Ask ask;
        ask.kind = Ask::Kind::Timer;
        ask.number = id;
        ask.due_ms = timer.due_ms;
        ask.until = timer.until;
        out.push_back(std::move(ask));
    }
    for (const auto& [id, task] : tasks_) {
        Ask ask;
        ask.kind = Ask::Kind::Decision;
        ask.number = id;
        ask.title = task.title;
        ask.line = task.line;
        ask.roles = task.terms->lines[task.line].roles;
        ask.types = task.types;
        ask.form = task.terms->form;
        ask.shown = task.shown;
        ask.due_ms = task.due_ms;
        ask.except = task.except;
        ask.approved_by = task.approved_by;
        out.push_back(std::move(ask));
    }
    if (lock_ && !lock_->is_held) {
        Ask ask;
        ask.kind = Ask::Kind::Lock;
        ask.number = lock_->id;
        ask.keys = lock_->keys;
        ask.due_ms = timers_.at(lock_->timer).due_ms;
        out.push_back(std::move(ask));
    }
    for (const auto& [seq, sub] : subs_) {
        Ask ask;
        const bool unwanted = sub.is_late || sub.branch->must_stop();
        ask.kind = unwanted ? Ask::Kind::CancelSub : Ask::Kind::Sub;
        ask.number = seq;
        ask.run = sub.run;
        out.push_back(std::move(ask));
    }
    if (is_held_ || !held_.empty()) {
        Ask ask;
        ask.kind = Ask::Kind::Release;
        out.push_back(std::move(ask));
    }
    return out;
}

}  // namespace weft::reference
