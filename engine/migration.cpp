#include "engine/migration.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/carry.h"
#include "engine/sites.h"
#include "vm/pure_call.h"

namespace weft::engine {
namespace {

class Planner {
  public:
    Planner(const Past& past, const std::shared_ptr<const Image>& image, const MigrateRow* row,
            std::int64_t now_ms, MigrationPlan& plan)
        : past_(past),
          image_(*image),
          row_(row),
          now_ms_(now_ms),
          plan_(plan),
          machine_(image, plan.begin),
          origin_(plan.begin.run),
          is_used_(past.events.size(), false),
          is_accounted_(past.events.size(), false) {}

    void run(vm::Counters counters) {
        ++counters.next_seq;  // behind the record of the migration
        next_seq_ = counters.next_seq;
        note(machine_.start_again(counters, now_ms_));
        tell_all();
    }

    void run_fork(const store::RunId& origin, vm::OperatorFact why) {
        origin_ = origin;
        is_fork_ = true;
        next_seq_ = 1;  // behind its begin
        note(machine_.start());
        tell(std::move(why));
        tell_all();
    }

  private:
    struct OpenCall {
        std::uint64_t seq = 0;
        std::uint32_t step = 0;
        std::uint32_t worker = 0;
        bool is_forward = true;
    };
    struct OpenTask {
        std::uint64_t seq = 0;
        std::uint32_t review = 0;
        Value shown;
    };

    void note(const vm::Progress& progress) {
        for (const auto& command : progress.commands) note(command);
    }

    void note(const vm::Command& command) {
        const auto seq = next_seq_++;
        const auto kind = static_cast<RecordKind>(command.kind);
        auto name = names_.take(image_, kind, command.site, command.branch, command.body);
        if (name.empty()) return;
        if (const auto call =
                kind == RecordKind::Call ? decode_body<CallBody>(command.body) : std::nullopt) {
            calls_[name] = {seq, image_.sites[command.site].row, call->worker,
                            call->direction == Direction::Forward};
            fresh_.push_back(name);
        }
        if (const auto timer = kind == RecordKind::TimerSet
                                   ? decode_body<TimerSetBody>(command.body)
                                   : std::nullopt) {
            timers_[name] = timer->timer;
        }
        const auto task = kind == RecordKind::ReviewOpen ? decode_body<ReviewOpenBody>(command.body)
                                                         : std::nullopt;
        if (task && task->task == seq) {
            tasks_[name] = {seq, image_.sites[command.site].row, shown_values(command.payload)};
        }
        if (kind == RecordKind::LockAsk) {
            lock_name_ = name;
            lock_keys_ = lock_keys(command.payload);
        }
    }

    // What it is told again, one at a time; a time that was up and a decision that nobody asks
    // for any more give way to what came after them.
    void tell_all() {
        while (plan_.reasons.empty() && (answer_mapped() || tell_next() || drop_next())) {
        }
        if (plan_.reasons.empty()) look_at_rest();
    }

    // Of a call of the past.
    vm::HitFact had_before(std::uint64_t call, std::uint64_t origin) const {
        vm::HitFact hit;
        hit.call = call;
        hit.source = static_cast<std::uint8_t>(is_fork_ ? HitSource::Fork : HitSource::Migration);
        hit.origin_run = origin_;
        hit.origin_seq = origin;
        return hit;
    }

    bool tell(vm::Fact fact, Bytes16 actor = {}, std::uint64_t origin = 0) {
        if (!machine_.accepts(fact)) return false;
        ++next_seq_;
        note(machine_.apply(fact, now_ms_));
        plan_.facts.push_back({std::move(fact), actor, origin});
        return true;
    }

    void refuse(std::string why) { plan_.reasons.push_back(std::move(why)); }

    // --- steps that the migrate block gives a value

    const PastEvent* done_at(const std::string& path) const {
        const PastEvent* found = nullptr;
        for (const auto& event : past_.events) {
            const bool is_it = event.kind == PastEvent::Kind::Done && event.path == path;
            if (is_it && !event.is_undo) found = &event;
        }
        return found;
    }

    bool answer_mapped() {
        if (row_ == nullptr) return false;
        for (const auto& name : std::exchange(fresh_, {})) {
            const auto& call = calls_.at(name);
            const auto& path = image_.steps[call.step].path;
            const auto mapped = std::ranges::find(row_->steps, path, &MigratedStep::path);
            if (!call.is_forward || mapped == row_->steps.end()) continue;
            if (answer(call, *mapped)) return true;
            if (!plan_.reasons.empty()) return false;
        }
        return false;
    }

    // False: some of what it reads was not there yet, so that the step is run.
    bool answer(const OpenCall& call, const MigratedStep& mapped) {
        std::vector<Value> arguments;
        std::uint64_t origin = 0;
        for (std::size_t i = 0; i < mapped.reads.size(); ++i) {
            const auto* event = done_at(mapped.reads[i]);
            if (event == nullptr) return false;
            auto value =
                carry_value(*past_.image, event->type, image_, mapped.types[i], event->value);
            if (!value) {
                refuse(fmt::format("`{}` can't be read for `{}`: {}", mapped.reads[i], mapped.path,
                                   value.error()));
                return false;
            }
            arguments.push_back(std::move(*value));
            origin = event->call;
        }
        auto value = vm::call_pure(image_, mapped.function, std::move(arguments));
        if (!value) {
            refuse(fmt::format("the value for `{}` can't be computed: {}", mapped.path,
                               value.error()));
            return false;
        }
        const auto type = image_.steps[call.step].result_type;
        if (auto wrong = check_value(image_.types, type, *value)) {
            refuse(fmt::format("the value for `{}` is no {}{}: {}", mapped.path,
                               image_.types.text(type), wrong->path, wrong->message));
            return false;
        }
        for (std::size_t i = 0; i < past_.events.size(); ++i) {
            const auto& event = past_.events[i];
            const bool is_read = std::ranges::find(mapped.reads, event.path) != mapped.reads.end();
            if (is_read && event.kind == PastEvent::Kind::Done) is_accounted_[i] = true;
        }
        return tell_hit(call, std::move(*value), origin);
    }

    bool tell_hit(const OpenCall& call, Value value, std::uint64_t origin) {
        auto hit = had_before(call.seq, origin);
        hit.value = std::move(value);
        const auto path = image_.steps[call.step].path;
        if (!tell(std::move(hit), {}, origin)) return false;
        plan_.taken.push_back(path);
        return true;
    }

    // --- what goes by its name

    // Times, signals, decisions and locks keep their order among each other: which of them came
    // first decided something.
    static bool is_ordered(const PastEvent& event) {
        return event.kind != PastEvent::Kind::Done && event.kind != PastEvent::Kind::Failed;
    }

    bool tell_next() {
        for (std::size_t i = first_; i < past_.events.size(); ++i) {
            if (is_used_[i]) {
                if (i == first_) ++first_;
                continue;
            }
            const auto& event = past_.events[i];
            if (is_ordered(event) && ordered_before(i)) continue;
            if (tell_event(event)) {
                is_used_[i] = true;
                return true;
            }
            if (!plan_.reasons.empty()) return false;
        }
        return false;
    }

    bool ordered_before(std::size_t index) const {
        for (std::size_t i = first_; i < index; ++i) {
            if (!is_used_[i] && is_ordered(past_.events[i])) return true;
        }
        return false;
    }

    // The first time or decision that nothing asks for makes room.
    bool drop_next() {
        for (std::size_t i = first_; i < past_.events.size(); ++i) {
            const auto& event = past_.events[i];
            if (is_used_[i] || !is_ordered(event)) continue;
            is_used_[i] = true;
            plan_.dropped.push_back(event.name);
            return true;
        }
        return false;
    }

    bool tell_event(const PastEvent& event) {
        switch (event.kind) {
            case PastEvent::Kind::Done:
            case PastEvent::Kind::Failed:
                return tell_call(event);
            case PastEvent::Kind::Signal:
                return tell_signal(event);
            case PastEvent::Kind::Decision:
                return tell_decision(event);
            case PastEvent::Kind::Timer: {
                const auto timer = timers_.find(event.name);
                return timer != timers_.end() && tell(vm::TimerFiredFact{timer->second});
            }
            case PastEvent::Kind::Lock: {
                const auto lock = machine_.lock();
                const bool same =
                    lock && !lock->is_held && lock_name_ == event.name && lock_keys_ == event.keys;
                return same && tell(vm::LockGotFact{lock->id});
            }
        }
        return false;
    }

    bool tell_call(const PastEvent& event) {
        const auto found = calls_.find(event.name);
        if (found == calls_.end()) return false;
        const auto& call = found->second;
        const auto& worker = image_.workers[call.worker];
        const auto& known = worker.was.empty() ? worker.name : worker.was;
        if (known != event.worker) return false;
        if (event.kind == PastEvent::Kind::Failed) {
            auto failed = had_before(call.seq, event.call);
            failed.value = event.value;
            failed.refused = event.value.items()[0].as_text();
            return tell(std::move(failed));
        }
        const auto type = image_.steps[call.step].result_type;
        auto value = carry_value(*past_.image, event.type, image_, type, event.value);
        if (!value) {
            // A question may be asked again, an effect may not.
            if (event.changes) {
                refuse(fmt::format("what the step `{}` gave does not fit: {}", event.path,
                                   value.error()));
            }
            return false;
        }
        if (event.hit && !is_fork_) {
            auto hit = *event.hit;
            hit.call = call.seq;
            hit.value = std::move(*value);
            return tell(std::move(hit));
        }
        return tell_hit(call, std::move(*value), event.call);
    }

    bool tell_signal(const PastEvent& event) {
        const auto& signals = image_.workflows[plan_.begin.workflow].signals;
        const auto found = std::ranges::find_if(signals, [&](const SignalRow& row) {
            return row.name == event.name || row.was == event.name;
        });
        if (found == signals.end()) {
            refuse(fmt::format("the signal `{}` came, and there is none of that name any more",
                               event.name));
            return false;
        }
        auto value = carry_value(*past_.image, event.type, image_, found->type, event.signal.value);
        if (!value) {
            refuse(fmt::format("the signal `{}` that came does not fit: {}", event.name,
                               value.error()));
            return false;
        }
        auto fact = event.signal;
        fact.signal = static_cast<std::uint32_t>(found - signals.begin());
        fact.value = std::move(*value);
        return tell(std::move(fact));
    }

    bool tell_decision(const PastEvent& event) {
        const auto found = tasks_.find(event.name);
        if (found == tasks_.end()) return false;
        // What somebody has signed names the run; another one has to ask again.
        if (is_fork_ && event.is_signed) return false;
        const auto& old = past_.image->reviews[event.review];
        const auto& review = image_.reviews[found->second.review];
        if (!shows_the_same(event, old, found->second, review)) return false;
        auto fact = event.decision;
        fact.task = found->second.seq;
        const bool is_form = fact.decision == vm::Decision::Approve;
        for (std::size_t i = 0; i < fact.values.size(); ++i) {
            if (!is_form && (i >= old.types.size() || i >= review.types.size())) return false;
            auto value = carry_value(*past_.image, is_form ? old.form : old.types[i], image_,
                                     is_form ? review.form : review.types[i], fact.values[i]);
            if (!value) return false;
            fact.values[i] = std::move(*value);
        }
        return tell(std::move(fact), event.actor);
    }

    // A decision covers what its reviewer saw: nobody has decided about other values, and values
    // that were added nobody saw.
    bool shows_the_same(const PastEvent& event, const ReviewRow& old, const OpenTask& task,
                        const ReviewRow& review) const {
        if (event.shown.tag() != task.shown.tag()) return false;
        if (event.shown.tag() != Tag::List && event.shown.tag() != Tag::Record) {
            return event.shown == task.shown;
        }
        const auto& was = event.shown.items();
        const auto& is = task.shown.items();
        if (was.size() != is.size() || was.size() > old.types.size() ||
            is.size() > review.types.size()) {
            return false;
        }
        for (std::size_t i = 0; i < was.size(); ++i) {
            const auto value =
                carry_value(*past_.image, old.types[i], image_, review.types[i], was[i]);
            if (!value || *value != is[i]) return false;
        }
        return true;
    }

    // --- what is left

    void look_at_rest() {
        for (std::size_t i = 0; i < past_.events.size(); ++i) {
            const auto& event = past_.events[i];
            if (is_used_[i] || is_accounted_[i]) continue;
            if (event.kind != PastEvent::Kind::Done || event.is_undo) continue;
            if (!event.changes) {
                plan_.dropped.push_back(event.path);
                continue;
            }
            // What it did stays the other run's, and this program never does it.
            const auto step = std::ranges::find(image_.steps, event.path, &StepRow::path);
            if (is_fork_ && step == image_.steps.end()) {
                plan_.dropped.push_back(event.path);
                continue;
            }
            const auto next = next_step();
            refuse(fmt::format(
                "the step `{}` was done, and the new program does not come to it{}: "
                "it would be done twice{}",
                event.path, next.empty() ? "" : fmt::format(" before it runs `{}`", next),
                is_fork_ ? "" : ", or never undone"));
        }
    }

    std::string next_step() const {
        for (const auto& want : machine_.wants()) {
            if (want.kind == vm::WantKind::Attempt) return image_.steps[want.step].path;
        }
        return "";
    }

    const Past& past_;
    const Image& image_;
    const MigrateRow* row_;
    std::int64_t now_ms_;
    MigrationPlan& plan_;
    vm::Machine machine_;
    store::RunId origin_;  // which had what is told again
    bool is_fork_ = false;
    ConstructNames names_;
    std::uint64_t next_seq_ = 0;
    std::map<std::string, OpenCall> calls_;
    std::map<std::string, std::uint64_t> timers_;
    std::map<std::string, OpenTask> tasks_;
    std::vector<std::string> fresh_;  // calls that the migrate block was not asked about
    std::string lock_name_;
    std::vector<std::string> lock_keys_;
    std::vector<bool> is_used_;       // told again, or given up
    std::vector<bool> is_accounted_;  // its value went into another step's
    std::size_t first_ = 0;
};

// What must come to an end first, whatever the new program is.
std::optional<std::string> is_busy(const Past& past, const vm::Machine& machine,
                                   const Image& image) {
    if (machine.is_ending()) return "the run fails, is cancelled or has ended";
    if (past.has_subs())
        return "the run has begun runs of other workflows, which undo what they did";
    for (const auto& want : machine.wants()) {
        const bool open = want.kind == vm::WantKind::Outcome || want.kind == vm::WantKind::Cancel ||
                          want.kind == vm::WantKind::Settle;
        if (open) {
            return fmt::format("the step `{}` is under way or in doubt",
                               image.steps[want.step].path);
        }
    }
    if (!machine.open_effects().empty()) return "a step is in doubt";
    return std::nullopt;
}

}  // namespace

MigrationPlan plan_migration(const Past& past, const vm::Machine& old,
                             const std::shared_ptr<const Image>& image, const MigrateRow* row,
                             std::int64_t now_ms) {
    MigrationPlan plan;
    if (auto busy = is_busy(past, old, *past.image)) {
        plan.reasons.push_back(std::move(*busy));
        return plan;
    }
    auto begin = carry_begin(*past.image, *image, old.begin());
    if (!begin) {
        plan.reasons.push_back(begin.error());
        return plan;
    }
    plan.begin = std::move(*begin);
    Planner(past, image, row, now_ms, plan).run(old.counters());
    return plan;
}

MigrationPlan plan_fork(const Past& past, vm::Begin begin, const store::RunId& origin,
                        const std::shared_ptr<const Image>& image, vm::OperatorFact note,
                        std::int64_t now_ms) {
    MigrationPlan plan;
    plan.begin = std::move(begin);
    Planner(past, image, nullptr, now_ms, plan).run_fork(origin, std::move(note));
    return plan;
}

const MigrateRow* migrate_row(const Image& image, const std::string& workflow,
                              const Hash& program) {
    const auto hash = to_hex(view(program));
    for (const auto& row : image.migrates) {
        const bool is_it =
            hash.starts_with(row.from) && image.workflows[row.workflow].name == workflow;
        if (is_it) return &row;
    }
    return nullptr;
}

}  // namespace weft::engine
