#include "engine/core.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "engine/replay.h"

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
    return pool_->in_flight() > 0 || !touched_.empty() || !starved_.empty();
}

// The earliest timer of a run, after anything happened to it.
void Core::refresh(LiveRun& run) {
    std::int64_t due = INT64_MAX;
    for (const auto& want : run.machine().wants()) {
        if (want.kind == vm::WantKind::Timer) due = std::min(due, want.due_ms);
    }
    auto [slot, added] = due_.emplace(run.id(), due);
    if (!added) {
        timers_.erase({slot->second, run.id()});
        slot->second = due;
    }
    if (due != INT64_MAX) timers_.emplace(due, run.id());
}

std::chrono::milliseconds Core::until_next_timer(std::chrono::milliseconds most) {
    if (timers_.empty()) return most;
    std::int64_t left = timers_.begin()->first - time_->now();
    return std::clamp(std::chrono::milliseconds(left), std::chrono::milliseconds(0), most);
}

// One turn: facts that are there, their commands, one commit, then the effects (layout.md §9).
Result<void> Core::turn(std::chrono::milliseconds wait_at_most) {
    bool idle = touched_.empty() && to_send_.empty();
    if (idle) {
        auto wait = until_next_timer(wait_at_most);
        // A late attempt is looked for at least every 200 ms.
        // As often the disk is asked whether space came back.
        bool looks = pool_->in_flight() > 0 || !starved_.empty();
        if (looks) wait = std::min(wait, std::chrono::milliseconds(200));
        if (waiter_) {
            waiter_(wait);
        } else {
            pollfd entry{wake_fd_, POLLIN, 0};
            ::poll(&entry, 1, static_cast<int>(wait.count()));
        }
        std::uint64_t count = 0;
        [[maybe_unused]] auto got = ::read(wake_fd_, &count, sizeof count);
    }
    store::Batch batch;
    WEFT_TRY_VOID(take_completions(batch));
    WEFT_TRY_VOID(fire_timers(batch));
    WEFT_TRY_VOID(stop_late_attempts(batch));
    WEFT_TRY_VOID(launch(batch));
    WEFT_TRY_VOID(commit(batch));
    return store_->maintain(time_->monotonic(), pool_->in_flight() == 0 && touched_.empty());
}

Result<void> Core::take_completions(store::Batch& batch) {
    for (const auto& completion : pool_->take_completions()) {
        WEFT_TRY_VOID(finish_attempt(completion, batch));
    }
    return {};
}

Result<void> Core::finish_attempt(const Completion& completion, store::Batch& batch) {
    LiveRun* run = live(completion.attempt->run);
    if (run == nullptr) return {};  // killed meanwhile
    auto flight = run->in_flight.find(completion.attempt->call);
    if (flight == run->in_flight.end() || flight->second.attempt != completion.attempt) return {};
    vm::OutcomeFact fact = outcome_of(*run, flight->second, completion);
    FactContext context;
    const auto& fails = run->image().workers[flight->second.worker].fails;
    context.declared = static_cast<std::uint32_t>(
        std::find(fails.begin(), fails.end(), fact.error) - fails.begin());
    run->in_flight.erase(flight);
    for (const auto& row : run->files->take_new()) batch.changes.emplace_back(row);
    touched_.insert(run->id());
    if (run->ended()) return {};
    return run->apply(fact, context, time_->now(), batch);
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
        std::optional<vm::Want> first;
        for (auto& want : run->machine().wants()) {
            bool due_now = want.kind == vm::WantKind::Timer && want.due_ms <= now;
            if (due_now && (!first || std::pair(want.due_ms, want.timer) <
                                          std::pair(first->due_ms, first->timer))) {
                first = std::move(want);
            }
        }
        WEFT_CHECK(first.has_value());
        WEFT_TRY_VOID(run->apply(vm::TimerFiredFact{first->timer}, {}, now, batch));
        touched_.insert(id);
        refresh(*run);
    }
    return {};
}

// An attempt past its timeout, or one that the machine no longer wants, is told to stop; its
// outcome is written when it has.
Result<void> Core::stop_late_attempts(store::Batch&) {
    std::int64_t now = time_->monotonic();
    for (auto& [id, run] : runs_) {
        for (auto& [call, flight] : run->in_flight) {
            if (flight.deadline_monotonic_ms == 0 || now < flight.deadline_monotonic_ms) continue;
            if (flight.timed_out) continue;
            flight.timed_out = true;
            flight.attempt->cancelled = true;
        }
    }
    return {};
}

bool Core::may_start() const {
    return pool_->in_flight() + to_send_.size() < pool_->size() &&
           store_->space() == store::Space::Plenty;
}

std::string Core::notice() const {
    if (starved_.empty() || store_->space() == store::Space::Plenty) return {};
    return fmt::format("the disk of {} is nearly full: no step begins before 64 MiB are free",
                       store_->path());
}

Result<void> Core::launch(store::Batch& batch) {
    if (!starved_.empty() && may_start()) touched_.merge(starved_);
    auto ids = std::exchange(touched_, {});
    for (const auto& id : ids) {
        LiveRun* run = live(id);
        if (run == nullptr) continue;
        WEFT_TRY_VOID(launch_run(*run, batch));
        refresh(*run);
        if (run->ended() && run->in_flight.empty()) {
            timers_.erase({due_[id], id});
            due_.erase(id);
            runs_.erase(id);
        }
    }
    return {};
}

// Starts what the run wants started, as far as threads and space are free; the rest starves until
// they are.
Result<void> Core::launch_run(LiveRun& run, store::Batch& batch) {
    if (run.ended()) return {};
    for (const auto& want : run.machine().wants()) {
        if (want.kind == vm::WantKind::Cancel) {
            auto flight = run.in_flight.find(want.call);
            if (flight != run.in_flight.end()) {
                flight->second.cancelled = true;
                flight->second.attempt->cancelled = true;
            }
        }
        if (want.kind != vm::WantKind::Attempt) continue;
        if (!may_start()) {
            starved_.insert(run.id());
            break;
        }
        const auto& worker = run.image().workers[want.worker];
        std::int64_t now = time_->now();
        auto attempt = make_attempt(run, want, now);
        InFlight flight{attempt, want.step, want.worker, want.direction, 0, false, false};
        if (attempt->timeout_ms > 0) {
            flight.deadline_monotonic_ms = time_->monotonic() + attempt->timeout_ms;
        }
        FactContext context;
        context.binding = config_.binding_digest(worker.name);
        WEFT_TRY_VOID(run.apply(vm::StartFact{want.call, want.attempt}, context, now, batch));
        run.in_flight[want.call] = std::move(flight);
        to_send_.push_back(std::move(attempt));
    }
    return {};
}

Result<void> Core::commit(store::Batch& batch) {
    if (!batch.empty()) {
        auto done = store_->commit(batch);
        if (!done) {
            to_send_.clear();
            return std::unexpected(done.error());
        }
    }
    for (auto& attempt : std::exchange(to_send_, {})) pool_->submit(std::move(attempt));
    return {};
}

Result<void> Core::feed(const store::RunId& id, const vm::Fact& fact, FactContext context,
                        const std::string& actor) {
    LiveRun* run = live(id);
    if (run == nullptr) return fail(ErrorKind::NotFound, "the run is not live in this engine");
    if (!run->machine().accepts(fact)) {
        return fail(ErrorKind::Refused,
                    fmt::format("run {} does not take this now", to_hex(view(id)).substr(0, 8)),
                    "look at it with `weft show`");
    }
    store::Batch batch;
    std::int64_t now = time_->now();
    WEFT_TRY(actor_id, system_->actor(actor, now, batch));
    context.actor = actor_id;
    WEFT_TRY_VOID(run->apply(fact, context, now, batch));
    touched_.insert(id);
    WEFT_TRY_VOID(launch(batch));
    return commit(batch);
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
        store::Batch batch;
        WEFT_TRY_VOID(take_completions(batch));
        WEFT_TRY_VOID(commit(batch));
    }
    if (!options_.brief) {
        store::Batch batch;
        WEFT_TRY_VOID(system_->closed(time_->now(), batch));
        WEFT_TRY_VOID(commit(batch));
    }
    return store_->close();
}

}  // namespace weft::engine
