#include "vm/machine.h"

#include <limits>

#include "base/check.h"
#include "base/hash.h"
#include "vm/state.h"

namespace weft::vm {
namespace {

// Functions that may reach an irreversible call, themselves or through branches that they start.
std::vector<bool> find_irreversible(const Image& image) {
    std::vector<bool> out(image.functions.size(), false);
    std::vector<std::vector<std::uint32_t>> started_by(image.functions.size());
    std::vector<std::uint32_t> found;
    for (const auto& site : image.sites) {
        if (site.kind == SiteKind::Fork) {
            const auto& fork = image.forks[site.row];
            if (fork.branches.empty()) started_by[fork.function].push_back(site.function);
            for (const auto& row : fork.branches) started_by[row.function].push_back(site.function);
        }
        if (site.kind == SiteKind::Sub && !image.subs[site.row].detached) {
            const auto& workflow = image.workflows[image.subs[site.row].workflow];
            started_by[workflow.function].push_back(site.function);
        }
        if (site.kind != SiteKind::Step) continue;
        if (image.workers[image.steps[site.row].worker].irreversible)
            found.push_back(site.function);
    }
    while (!found.empty()) {
        const auto function = found.back();
        found.pop_back();
        if (out[function]) continue;
        out[function] = true;
        found.insert(found.end(), started_by[function].begin(), started_by[function].end());
    }
    return out;
}

// The state check has a key of its own, made from half of the seed.
Bytes16 check_key(const Hash& seed) {
    return to_array<16>(view(seed).substr(16));
}

Value this_run(const Begin& begin) {
    return Value::record({Value::text(to_hex(view(begin.run))), Value::text(begin.starter),
                          Value::time(begin.time_ms)});
}

}  // namespace

Machine::State::State(std::shared_ptr<const Image> image_of_run, Begin begin_of_run)
    : image(std::move(image_of_run)),
      begin(std::move(begin_of_run)),
      workflow(&image->workflows.at(begin.workflow)),
      may_be_irreversible(find_irreversible(*image)),
      time_ms(begin.time_ms),
      evaluator(*image, this_run(begin), meter),
      check(check_key(begin.seed)) {
    auto arguments = begin.input.items();
    const auto& tunes = begin.tunes.items();
    arguments.insert(arguments.end(), tunes.begin(), tunes.end());
    WEFT_CHECK(arguments.size() == image->functions[workflow->function].parameters);
    auto& root = branches[kRoot];
    push_frame(root, workflow->function, std::move(arguments));
    make_ready(root);
}

void Machine::State::start_at(std::int64_t now_ms) {
    if (workflow->until_function != WorkerRow::kNoRow) {
        start_until();
    } else if (workflow->within_ms > 0) {
        set_timer({.role = TimerRole::RunDeadline, .due_ms = after(workflow->within_ms)}, kNoSite);
    }
    time_ms = now_ms;
    run_ready();
}

// The Time at which the run's own time is over comes of its parameters.
void Machine::State::start_until() {
    const auto time = evaluator.call(workflow->until_function, begin.input.items());
    const auto end = time ? time_due(*time) : std::nullopt;
    if (end) {
        const Timer timer{.role = TimerRole::RunDeadline, .due_ms = end->ms, .until = end->until};
        set_timer(timer, kNoSite);
    } else {
        auto& root = branches.at(kRoot);
        raise(root, time ? evaluator.trap(place(root), "the run's last moment is no Time")
                         : time.error());
    }
}

// Every branch runs until none can go on, the lowest that is ready first.
void Machine::State::run_ready() {
    while (!ready.empty() && !is_ended()) {
        const auto id = *ready.begin();
        ready.erase(ready.begin());
        auto& branch = branches.at(id);
        running = id;
        while (advance(branch)) {
        }
        touched.insert(id);
        running.reset();
    }
    settle();
}

RunStatus Machine::State::status() const {
    if (ended) return *ended;
    if (!stuck.empty()) return RunStatus::Stuck;
    if (is_held || !held.empty() || persons > 0) return RunStatus::Held;
    return calls.empty() ? RunStatus::Waiting : RunStatus::Running;
}

void Machine::State::end_run(RunStatus how, Value value) {
    free_lock();
    EndBody body;
    body.status = static_cast<EndStatus>(how);
    if (how != RunStatus::Completed) body.error = builtin_error(error_name(value));
    const auto& root = branches.at(kRoot);
    std::uint32_t site = kNoSite;
    if (how == RunStatus::Completed) site = root.instruction().d;
    emit(RecordKind::End, site, kRoot, body, &value);
    ended = how;
    result = std::move(value);
    ready.clear();
    calls.clear();
    timers.clear();
    for (auto& [id, task] : tasks) check.replace(task.term, {});
    tasks.clear();
    subs.clear();
    waiting.clear();
    held.clear();
    stuck.clear();
}

Machine::Machine(std::shared_ptr<const Image> image, Begin begin)
    : state_(std::make_unique<State>(std::move(image), std::move(begin))) {}
Machine::~Machine() = default;
Machine::Machine(Machine&&) noexcept = default;
Machine& Machine::operator=(Machine&&) noexcept = default;

Progress Machine::start() {
    state_->start_at(state_->time_ms);
    return std::exchange(state_->progress, {});
}

Progress Machine::start_again(const Counters& counters, std::int64_t time_ms) {
    auto& state = *state_;
    state.next_seq = counters.next_seq;
    state.next_branch = counters.next_branch;
    state.next_timer = counters.next_timer;
    state.next_lock = counters.next_lock;
    state.draws = counters.draws;
    state.spent_micros = counters.spent_micros;
    state.meter.fuel = counters.fuel;
    state.meter.fuel_at_record = counters.fuel;
    state.start_at(time_ms);
    return std::exchange(state.progress, {});
}

Counters Machine::counters() const {
    const auto& state = *state_;
    return {state.next_seq, state.next_branch,  state.next_timer, state.next_lock,
            state.draws,    state.spent_micros, state.meter.fuel};
}

std::vector<std::uint64_t> Machine::open_calls() const {
    std::vector<std::uint64_t> out;
    for (const auto& [seq, call] : state_->calls) out.push_back(seq);
    return out;
}

bool Machine::is_held_by_operator() const {
    return state_->is_held;
}

bool Machine::is_ending() const {
    return state_->is_failing || state_->ending || state_->is_ended();
}

Progress Machine::apply(const Fact& fact, std::int64_t time_ms) {
    auto& state = *state_;
    const bool fits = accepts(fact);
    ++state.next_seq;  // the fact's own record
    state.time_ms = time_ms;
    state.meter.fuel_at_record = state.meter.fuel;
    if (fits) std::visit([&state](const auto& known) { state.on(known); }, fact);
    state.run_ready();
    return std::exchange(state.progress, {});
}

bool Machine::accepts(const Fact& fact) const {
    if (state_->is_ended()) return false;
    return std::visit([this](const auto& known) { return state_->fits(known); }, fact);
}

std::uint64_t Machine::next_seq() const {
    return state_->next_seq;
}
RunStatus Machine::status() const {
    return state_->status();
}
std::vector<Want> Machine::wants() const {
    return state_->wants();
}
std::optional<DueTimer> Machine::next_timer(std::int64_t ahead_ms) const {
    std::optional<DueTimer> first;
    for (const auto& [id, timer] : state_->timers) {
        DueTimer due{timer.due_ms, id};
        if (timer.until && __builtin_add_overflow(due.due_ms, ahead_ms, &due.due_ms)) {
            due.due_ms = std::numeric_limits<std::int64_t>::max();
        }
        if (!first || due < *first) first = due;
    }
    return first;
}
const Value& Machine::result() const {
    return !state_->ended && state_->is_failing ? state_->run_error : state_->result;
}
std::int64_t Machine::spent_micros() const {
    return state_->spent_micros;
}
Bytes16 Machine::check() const {
    return state_->check.sum();
}
std::vector<OpenEffect> Machine::open_effects() const {
    std::vector<OpenEffect> out;
    for (const auto& [seq, call] : state_->calls) {
        const bool open = call.phase == Phase::Started || call.is_in_doubt;
        if (open && call.direction != Direction::Probe) {
            out.push_back({seq, call.worker, call.key, call.author_key.has_value()});
        }
    }
    return out;
}
std::vector<StuckUndo> Machine::stuck_undos() const {
    std::vector<StuckUndo> out;
    for (const auto id : state_->stuck) {
        for (const auto& entry : state_->branches.at(id).undoing->set_aside) {
            out.push_back({entry.call, entry.site});
        }
    }
    return out;
}
bool Machine::past_no_return() const {
    return state_->branches.at(kRoot).irreversible > 0;
}
const Begin& Machine::begin() const {
    return state_->begin;
}
std::vector<SubEndedFact::Undo> Machine::undos() const {
    std::vector<SubEndedFact::Undo> out;
    for (const auto& entry : state_->branches.at(kRoot).undo) {
        auto calls = entry.covers;
        if (entry.call != 0) calls.push_back({{}, entry.call});
        out.push_back({entry.function, entry.site, entry.captures, std::move(calls)});
    }
    return out;
}
std::uint64_t Machine::bytes_held() const {
    return state_->check.bytes();
}
std::uint64_t Machine::fuel() const {
    return state_->meter.fuel;
}
std::vector<UnreadSignal> Machine::unread() const {
    std::vector<UnreadSignal> out;
    for (const auto& [seq, letter] : state_->mailbox) {
        out.push_back({seq, letter.signal, letter.value});
    }
    return out;
}
std::optional<LockView> Machine::lock() const {
    const auto& asked = state_->lock;
    if (!asked) return std::nullopt;
    return LockView{asked->id, asked->keys, asked->is_held};
}
std::vector<NamedValue> Machine::named_values() const {
    std::vector<NamedValue> out;
    for (const auto& [id, branch] : state_->branches) {
        for (const auto& frame : branch.frames) {
            const auto& names = frame.function->slot_names;
            for (std::size_t i = 0; i < names.size(); ++i) {
                const auto& value = frame.registers[i];
                if (!value.is_none()) out.push_back({id, frame.function->name, names[i], value});
            }
        }
    }
    return out;
}
void Machine::check_itself(bool on) {
    state_->checks_itself = on;
}
void Machine::watch(Visits* visits) {
    state_->visits = visits;
}
void Machine::trace(Tracer* tracer) {
    state_->evaluator.tracer = tracer;
}

}  // namespace weft::vm
