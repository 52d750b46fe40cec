#include "testing/driver.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft::test {
namespace {

// More than any sensible test; a mock that fails for ever could go on without end.
constexpr std::size_t kFactsMax = 200'000;

}  // namespace

Driver::Driver(DriverOptions options, Script& script)
    : options_(std::move(options)), script_(script) {}

Trace Driver::run() {
    now_ms_ = options_.begin.time_ms;
    begin(options_.begin);
    while (!trace_.broken) {
        if (fed_ >= kFactsMax) {
            broken("the run does not come to an end: it was told more than 200000 facts");
        } else if (!act() && !happen()) {
            break;
        }
    }
    end();
    return std::move(trace_);
}

DrivenRun& Driver::begin(vm::Begin begin) {
    auto& run = *runs_.emplace_back(std::make_unique<DrivenRun>());
    run.number = runs_.size() - 1;
    run.begin = std::move(begin);
    run.machine = std::make_unique<vm::Machine>(options_.image, run.begin);
    run.machine->watch(options_.visits);
    send_signals(run);
    take(run, run.machine->start(), 1);
    return run;
}

void Driver::end() {
    trace_.status = root().machine->status();
    trace_.result = root().machine->result();
    const auto& facts = root().facts;
    const bool has_ended = root().has_ended();
    const std::int64_t last_ms = facts.empty() ? root().begin.time_ms : facts.back().second;
    trace_.elapsed_ms = (has_ended ? last_ms : now_ms_) - root().begin.time_ms;
    if (!has_ended) rest();
}

bool Driver::act() {
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        if (runs_[i]->has_ended()) continue;
        for (const auto& want : runs_[i]->machine->wants()) {
            if (act_on(*runs_[i], want) || trace_.broken) return true;
        }
    }
    return false;
}

bool Driver::act_on(DrivenRun& run, const vm::Want& want) {
    switch (want.kind) {
        case vm::WantKind::Attempt:
            return attempt(run, want);
        case vm::WantKind::Cancel:
            return cancel(run, want);
        case vm::WantKind::Settle:
            return settle(run, want);
        case vm::WantKind::Decision:
            return decide(run, want);
        case vm::WantKind::Lock:
            return give_lock(run, want);
        case vm::WantKind::Sub:
            return sub_ended(run, want);
        case vm::WantKind::CancelSub:
            return cancel_sub(run, want);
        default:
            return false;
    }
}

// Of all runs. One that needs a person waits for that person, and what waits for it does too: not
// for a deadline.
std::optional<Driver::DueTimer> Driver::next_timer() const {
    const bool rests = std::ranges::any_of(runs_, [](const auto& run) {
        const auto status = run->machine->status();
        return status == vm::RunStatus::Held || status == vm::RunStatus::Stuck;
    });
    std::optional<DueTimer> out;
    if (rests && agenda_.empty()) return out;
    for (const auto& run : runs_) {
        if (run->has_ended()) continue;
        for (const auto& want : run->machine->wants()) {
            if (want.kind != vm::WantKind::Timer) continue;
            const DueTimer due{want.due_ms, run->number, want.timer};
            if (!out || due < *out) out = due;
        }
    }
    return out;
}

// What comes next, of the agenda and the machines' timers; the clock goes there.
bool Driver::happen() {
    const auto timer = next_timer();
    const auto next = agenda_.begin();
    if (timer && (next == agenda_.end() || timer->due_ms < next->first.time_ms)) {
        now_ms_ = std::max(now_ms_, timer->due_ms);
        feed(*runs_[timer->run], vm::TimerFiredFact{timer->timer});
        return true;
    }
    if (next == agenda_.end()) return false;
    const Planned planned = std::move(next->second);
    now_ms_ = std::max(now_ms_, next->first.time_ms);
    agenda_.erase(next);
    auto& run = *runs_[planned.run];
    if (run.machine->accepts(planned.fact)) {
        feed(run, planned.fact);
    } else if (const auto* late = std::get_if<vm::DecisionFact>(&planned.fact)) {
        trace_.notes.push_back(fmt::format(
            "a decision of \"{}\" came when its review was over, or did not fit it", late->by));
    }
    return true;
}

// Why the run goes no further.
void Driver::rest() {
    for (const auto& run : runs_) {
        if (run->has_ended()) continue;
        for (const auto& want : run->machine->wants()) {
            if (want.kind == vm::WantKind::Settle || want.kind == vm::WantKind::Release) {
                trace_.rests = want.reason;
                return;
            }
            if (want.kind == vm::WantKind::Decision) {
                trace_.rests = "nobody decides " + image().reviews[want.review].title;
                return;
            }
        }
    }
}

void Driver::feed(DrivenRun& run, const vm::Fact& fact) {
    const auto seq = run.machine->next_seq();
    run.facts.emplace_back(fact, now_ms_);
    ++fed_;
    given_ = Value::none();
    if (const auto* outcome = std::get_if<vm::OutcomeFact>(&fact)) {
        given_ = outcome->value;
        if (outcome->cost_micros > 0)
            trace_.spent_micros[outcome->currency] += outcome->cost_micros;
    }
    if (const auto* settled = std::get_if<vm::SettledFact>(&fact)) given_ = settled->value;
    take(run, run.machine->apply(fact, now_ms_), seq + 1);
    crash_if_due(run, fact);
}

void Driver::take(DrivenRun& run, vm::Progress progress, std::uint64_t first_seq) {
    for (auto& command : progress.commands) {
        note_command(image(), command, {run.number, first_seq++}, trace_);
        crash_after_join(command);
        run.commands.push_back(std::move(command));
    }
    for (const auto& call : progress.keyed) {
        script_.keys.note(image(), run.begin.run, call, given_, now_ms_);
    }
    for (const auto& start : progress.subs) begin_sub(run, start);
}

void Driver::plan(const DrivenRun& run, std::int64_t time_ms, Class what, vm::Fact fact) {
    agenda_.emplace(Moment{time_ms, what, planned_++}, Planned{run.number, std::move(fact)});
}

}  // namespace weft::test
