#include "engine/core.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "engine/core_gathered.h"
#include "engine/replay.h"
#include "engine/shared_work.h"

namespace weft::engine {

Core::Core(CoreOptions options, Config config, store::OwnerLock lock)
    : options_(std::move(options)), config_(std::move(config)), lock_(std::move(lock)) {}

Core::~Core() {
    pool_.reset();
    if (wake_fd_ >= 0) ::close(wake_fd_);
}

void Core::add_worker(std::string name, WorkerFunction function) {
    workers_.insert_or_assign(std::move(name), std::move(function));
}

void Core::add_transaction(std::string name, TransactionFunction function) {
    transactions_.insert_or_assign(std::move(name), std::move(function));
}

void Core::wake() {
    std::uint64_t one = 1;
    // A full counter is awake already.
    [[maybe_unused]] auto written = ::write(wake_fd_, &one, sizeof one);
}

LiveRun* Core::live(const store::RunId& run) {
    auto found = runs_.find(run);
    return found == runs_.end() ? nullptr : found->second.get();
}

bool Core::busy() const {
    return pool_->in_flight() > 0 || !shared_.empty() || !touched_.empty() || !starved_.empty() ||
           look_at_queues_;
}

// How far the engine's time is ahead of the wall clock, which may have been set back: a time that
// was named has not come before both say so, and never while the wall clock is not believed
// (layout.md §12).
std::int64_t Core::ahead_ms() {
    if (time_->leap_ms()) return INT64_MAX;
    return std::max<std::int64_t>(0, time_->now() - time_->wall());
}

// The earliest timer of a run, after anything happened to it.
void Core::refresh(LiveRun& run) {
    const auto timer = run.machine().next_timer(ahead_ms());
    const std::int64_t due = timer ? timer->due_ms : INT64_MAX;
    auto [slot, added] = due_.emplace(run.id(), due);
    if (!added) {
        timers_.erase({slot->second, run.id()});
        slot->second = due;
    }
    if (due != INT64_MAX) timers_.emplace(due, run.id());
}

std::chrono::milliseconds Core::until_next_timer(std::chrono::milliseconds most) {
    std::int64_t left = most.count();
    if (!timers_.empty()) left = std::min(left, timers_.begin()->first - time_->now());
    if (parking_.next_wake_ms > 0) left = std::min(left, parking_.next_wake_ms - time_->now());
    // No schedule is due before somebody has looked at a clock that leapt.
    const std::int64_t ahead = ahead_ms();
    if (ahead < INT64_MAX) left = std::min(left, schedules_due_ms() - (time_->now() - ahead));
    if (auto next = pacer_.next_ms()) left = std::min(left, *next - time_->monotonic());
    return std::chrono::milliseconds(std::max<std::int64_t>(0, left));
}

// One turn: facts that are there, their commands, one commit, then the effects (layout.md §9).
Result<void> Core::turn(std::chrono::milliseconds wait_at_most) {
    WEFT_TRY_VOID(look_for_wake());
    bool idle = touched_.empty() && to_send_.empty() && shared_.empty() && !look_at_queues_;
    if (idle) {
        auto wait = until_next_timer(wait_at_most);
        if (const auto late = deadlines_.first_ms()) {
            const auto left = std::max<std::int64_t>(0, *late - time_->monotonic());
            wait = std::min(wait, std::chrono::milliseconds(left));
        }
        // So often the disk is asked whether space came back.
        if (!starved_.empty()) wait = std::min(wait, std::chrono::milliseconds(200));
        if (waiter_) {
            waiter_(wait);
        } else {
            pollfd entry{wake_fd_, POLLIN, 0};
            ::poll(&entry, 1, static_cast<int>(wait.count()));
        }
        std::uint64_t count = 0;
        [[maybe_unused]] auto got = ::read(wake_fd_, &count, sizeof count);
    }
    WEFT_TRY_VOID(wake_due());
    Gathered batch(*this);
    // An outcome, a call and its start of each that may have come back.
    batch.appends.reserve(batch.appends.size() + 3 * pool_->in_flight());
    WEFT_TRY_VOID(take_completions(batch));
    WEFT_TRY_VOID(fire_timers(batch));
    WEFT_TRY_VOID(fire_schedules(batch));
    stop_late_attempts();
    const SharedWork shared(*store_);
    WEFT_TRY_VOID(run_transactions(batch));
    WEFT_TRY_VOID(launch(batch));
    park_resting(batch, false);
    WEFT_TRY_VOID(commit(batch));
    WEFT_TRY_VOID(sweep());
    return store_->maintain(time_->monotonic(), pool_->in_flight() == 0 && touched_.empty());
}

Result<void> Core::take_completions(store::Batch& batch) {
    for (const auto& completion : pool_->take_completions()) {
        WEFT_TRY_VOID(finish_attempt(completion, batch));
    }
    return {};
}

Result<void> Core::finish_attempt(const Completion& completion, store::Batch& batch) {
    const Attempt& attempt = *completion.attempt;
    LiveRun* run = live(attempt.run);
    InFlight* known = run == nullptr ? nullptr : run->flight(attempt.call);
    if (known == nullptr || known->attempt != completion.attempt) {
        finish_paced(attempt, Health::Unknown);  // killed meanwhile
        return {};
    }
    return finish_flight(*run, attempt, outcome_of(*run, *known, completion), batch);
}

Result<void> Core::finish_flight(LiveRun& run, const Attempt& attempt, const vm::OutcomeFact& fact,
                                 store::Batch& batch) {
    const InFlight flight = std::move(*run.flight(attempt.call));
    finish_paced(attempt, health_of(flight, fact));
    FactContext context;
    const auto& fails = run.image().workers[flight.worker].fails;
    context.declared = static_cast<std::uint32_t>(
        std::find(fails.begin(), fails.end(), fact.error) - fails.begin());
    run.in_flight.erase(attempt.call);
    deadlines_.remove(flight.deadline_monotonic_ms, flight.attempt);
    for (const auto& row : run.files->take_new()) batch.changes.emplace_back(row);
    touched_.insert(run.id());
    if (run.ended()) return {};
    vm::OutcomeFact told = fact;
    const auto type = run.image().steps[flight.step].result_type;
    WEFT_TRY(value,
             secrets_->deposit(run.row(), run.key(), run.image().types, type, fact.value, batch));
    told.value = std::move(value);
    return feed_run(run, told, context, batch);
}

Result<void> Core::feed_run(LiveRun& run, const vm::Fact& fact, const FactContext& context,
                            store::Batch& batch) {
    WEFT_TRY_VOID(run.apply(fact, context, time_->now(), batch));
    return after_fact(run, batch);
}

Result<void> Core::after_fact(LiveRun& run, store::Batch& batch) {
    WEFT_TRY_VOID(note_settled(run, run.take_settled()));
    WEFT_TRY_VOID(settle_keys(run, run.take_keyed(), batch));
    if (!run.machine().lock()) WEFT_TRY_VOID(locks_->release(run.id(), batch));
    return begin_subs(run, batch);
}

Result<void> Core::fire_timers(store::Batch& batch) {
    std::int64_t now = time_->now();
    while (!timers_.empty() && timers_.begin()->first <= now) {
        auto [due, id] = *timers_.begin();
        LiveRun* run = live(id);
        if (run == nullptr) {
            timers_.erase(timers_.begin());
            continue;
        }
        const auto first = run->machine().next_timer(ahead_ms());
        if (!first || first->due_ms > now) {  // the wall clock was set back
            refresh(*run);
            continue;
        }
        WEFT_TRY_VOID(feed_run(*run, vm::TimerFiredFact{first->timer}, {}, batch));
        touched_.insert(id);
        refresh(*run);
    }
    return {};
}

// An attempt past its timeout is told to stop; its outcome is written when it has.
void Core::stop_late_attempts() {
    while (const auto attempt = deadlines_.take_late(time_->monotonic())) {
        LiveRun* run = live(attempt->run);
        InFlight* flight = run == nullptr ? nullptr : run->flight(attempt->call);
        if (flight == nullptr || flight->attempt != attempt) continue;
        flight->timed_out = true;
        attempt->cancelled = true;
    }
}

bool Core::may_start() const {
    return pool_->in_flight() + to_send_.size() + shared_.size() < pool_->size() &&
           store_->space() == store::Space::Plenty;
}

std::string Core::notice() const {
    if (const auto leap = time_->leap_ms()) {
        return fmt::format(
            "the clock has leapt ahead by {} days, and what waits for a named time rests: set it "
            "right, or say that it is right with `weft audit accept-clock --reason …`",
            *leap / kLeapMs);
    }
    if (starved_.empty() || store_->space() == store::Space::Plenty) return {};
    return fmt::format("the disk of {} is nearly full: no step begins before 64 MiB are free",
                       store_->path());
}

Result<void> Core::launch(store::Batch& batch) {
    if (!starved_.empty() && may_start()) touched_.merge(starved_);
    for (const auto& id : pacer_.ready(time_->monotonic())) touched_.insert(id);
    // By arrival, not by id: who asks first for a lock or a place gets it.
    std::map<std::uint64_t, store::RunId> touched;
    for (const auto& id : std::exchange(touched_, {})) {
        if (const LiveRun* run = live(id)) touched.emplace(run->arrival, id);
    }
    for (const auto& [arrival, id] : touched) {
        LiveRun* run = live(id);
        if (run == nullptr) continue;
        WEFT_TRY_VOID(settle_lock(*run, batch));
        WEFT_TRY_VOID(launch_run(*run, batch));
        run->snapshot_if_due(batch);
        refresh(*run);
        tell_change(*run);
        if (run->ended()) WEFT_TRY_VOID(tell_parent(*run, batch));
        if (run->ended() && on_end_) on_end_(*run);
        if (run->ended() && run->in_flight.empty()) {
            drop_live(id);
            look_at_queues_ = !served_.empty();
        } else {
            note_rest(*run);
        }
    }
    WEFT_TRY_VOID(log_clock(batch));
    return log_breakers(batch);
}

Result<void> Core::log_clock(store::Batch& batch) {
    const std::int64_t now = time_->now();
    const auto step = time_->take_step();
    if (!step) return {};
    for (const auto& [id, run] : runs_) touched_.insert(id);  // named times may rest now
    return system_->clock_step(*step, now, batch);
}

// Gives a lock that is free; what the run does with it may end it, and free the lock for the next.
Result<void> Core::settle_lock(LiveRun& run, store::Batch& batch) {
    while (true) {
        const auto lock = run.machine().lock();
        const auto is_live = [this](const store::RunId& other) { return live(other) != nullptr; };
        std::int64_t now = time_->now();
        WEFT_TRY(given, locks_->settle(run.id(), lock, now, is_live, batch));
        if (!given) break;
        WEFT_TRY_VOID(feed_run(run, vm::LockGotFact{lock->id}, {}, batch));
    }
    for (const auto& woken : locks_->take_woken()) {
        if (live(woken) != nullptr) touched_.insert(woken);
    }
    return {};
}

// Starts what the run wants started, as far as threads and space are free; the rest starves until
// they are.
Result<void> Core::launch_run(LiveRun& run, store::Batch& batch) {
    const auto wants = run.ended() ? std::vector<vm::Want>{} : run.machine().wants();
    forget_paced(run, wants);
    for (const auto& want : wants) {
        if (want.kind == vm::WantKind::Cancel) {
            auto flight = run.in_flight.find(want.call);
            if (flight != run.in_flight.end()) {
                flight->second.cancelled = true;
                flight->second.attempt->cancelled = true;
            }
        }
        if (want.kind == vm::WantKind::CancelSub) WEFT_TRY_VOID(cancel_sub(run, want, batch));
        if (want.kind != vm::WantKind::Attempt) continue;
        if (!may_start()) {
            starved_.insert(run.id());
            break;
        }
        if (want.forgotten_ms && time_->now() >= *want.forgotten_ms) {
            return leave_in_doubt(run, want, batch);
        }
        WEFT_TRY(passes, pass_keys(run, want, batch));
        // A hit was fed: the rest of what it wants may have changed.
        if (!passes && touched_.contains(run.id())) return {};
        if (!passes || !may_leave(run, want)) continue;
        const auto& worker = run.image().workers[want.worker];
        std::int64_t now = time_->now();
        WEFT_TRY(key, take_key(run, want, batch));
        auto attempt = make_attempt(run, want, key, now);
        InFlight flight{attempt, want.step, want.worker, want.direction, 0, false, false};
        FactContext context;
        context.binding = config_.binding_digest(worker.name);
        WEFT_TRY_VOID(feed_run(run, vm::StartFact{want.call, want.attempt}, context, batch));
        run.in_flight[want.call] = std::move(flight);
        to_send_.push_back(std::move(attempt));
    }
    return {};
}

// The runs have gone on in memory, and only the log can say from where they go on.
void Core::give_up(const Error& why) {
    if (failure_) return;
    failure_ = {why.kind, "the engine gave up when it could not write: " + why.message,
                "end it and start it again; it goes on from what is written"};
    to_send_.clear();
    settled_.clear();
    parking_.leaving.clear();
}

// A commit that fails is the last one.
Result<void> Core::commit(store::Batch& batch) {
    if (failure_) return std::unexpected(*failure_);
    if (!batch.empty()) {
        auto done = store_->commit(batch);
        if (!done) {
            give_up(done.error());
            return std::unexpected(done.error());
        }
        batch = {};
    }
    parked();
    ledger_->committed();
    locks_->committed();
    std::vector<std::shared_ptr<Attempt>> leaving;
    leaving.reserve(to_send_.size());
    for (auto& attempt : std::exchange(to_send_, {})) {
        // What came with the run itself is in the store only now.
        auto secrets = secrets_->reveal(attempt->run, attempt->arguments);
        if (!secrets) {  // it can't leave, and its start is written: as if the engine had died
            give_up(secrets.error());
            return std::unexpected(secrets.error());
        }
        attempt->secrets = std::move(*secrets);
        (attempt->transaction ? shared_ : leaving).push_back(std::move(attempt));
    }
    // How long its start took to be durable is not of an attempt's own time.
    for (const auto& attempt : leaving) {
        LiveRun* run = live(attempt->run);
        const auto end_ms = run == nullptr ? 0 : run->count_time(*attempt, time_->monotonic());
        if (end_ms > 0) deadlines_.add(end_ms, attempt);
    }
    forget_settled();  // before an attempt leaves that would find what the last one noted
    if (!leaving.empty()) pool_->submit(std::move(leaving));
    return {};
}

Result<void> Core::close() {
    // Attempts in flight get 30 s to finish, then are told to stop; what does not come back is in
    // doubt for the next owner.
    std::int64_t cancel_at = time_->monotonic() + 30'000;
    std::int64_t give_up_at = cancel_at + 10'000;
    bool told = false;
    while (pool_->in_flight() > 0 && time_->monotonic() < give_up_at) {
        if (!told && time_->monotonic() >= cancel_at) {
            pool_->cancel_all();
            told = true;
        }
        pollfd entry{wake_fd_, POLLIN, 0};
        ::poll(&entry, 1, 100);
        std::uint64_t count = 0;
        [[maybe_unused]] auto got = ::read(wake_fd_, &count, sizeof count);
        Gathered batch(*this);
        WEFT_TRY_VOID(take_completions(batch));
        WEFT_TRY_VOID(commit(batch));
    }
    Gathered batch(*this);
    park_resting(batch, true);
    if (!options_.brief) WEFT_TRY_VOID(system_->closed(time_->now(), batch));
    WEFT_TRY_VOID(commit(batch));
    if (!options_.brief) {
        WEFT_TRY_VOID(sweep_waiting());
        WEFT_TRY_VOID(sweep_retention());
    }
    if (!config_.witness.empty() && store_->log_size() > size_at_open_) {
        WEFT_TRY_VOID(store_->sign_checkpoint());
        WEFT_TRY_VOID(keep_witness());
    }
    return store_->close();
}

}  // namespace weft::engine
