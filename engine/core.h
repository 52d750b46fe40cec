// The engine's core: one thread that turns completions, requests and timers into facts, feeds the
// machines, commits everything of a turn at once, and only then starts effects and answers clients
// (layout.md §9). It owns the store, the live runs and the worker pool.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/clock.h"
#include "engine/config.h"
#include "engine/live_run.h"
#include "engine/system_chain.h"
#include "engine/uploads.h"
#include "engine/worker_pool.h"
#include "store/lock.h"
#include "store/store.h"

namespace weft::engine {

struct CoreOptions {
    std::string store;
    std::string config;
    bool create = true;
    bool brief = false;
    bool accept_damage = false;
    unsigned threads = 8;
    Clock* clock = nullptr;  // null: the system's
};

// A program ready to run, as the compiler gave it.
struct RunnableProgram {
    std::shared_ptr<const Image> image;
    std::string encoded;  // of the image
    std::string ir;       // canonical form; its hash is Image::program
    std::string source;   // JSON object: path -> text
};

struct StartRequest {
    RunnableProgram program;
    std::string workflow;
    std::string input;  // JSON object; a file is {"upload": id} of `uploads`
    Uploads uploads;
    std::string actor;
};

class Core {
  public:
    static Result<std::unique_ptr<Core>> open(const CoreOptions& options);
    ~Core();

    void add_worker(std::string name, WorkerFunction function);

    // Durable when it returns.
    Result<store::RunId> start(StartRequest request);
    // Takes up a run that is not ended: replays it, settles what was under way. Nothing happens
    // when it is live already. A run whose replay diverges is not taken up.
    Result<void> take_up(const store::RunId& run);
    // The same for every run that is not ended; the number taken up.
    Result<std::size_t> take_up_all();
    // A fact from outside (decision, cancel, kill, released); durable when it returns. Refused when
    // the machine does not accept it.
    Result<void> feed(const store::RunId& run, const vm::Fact& fact, FactContext context,
                      const std::string& actor);

    Result<void> turn(std::chrono::milliseconds wait_at_most);
    // Called between turns while waiting for work, with the time that may be waited; it returns
    // early when there is something to do (the socket server hooks in here).
    void set_waiter(std::function<void(std::chrono::milliseconds)> waiter) {
        waiter_ = std::move(waiter);
    }
    // Ends a wait; may be called from any thread.
    void wake();
    [[nodiscard]] int wake_fd() const { return wake_fd_; }

    [[nodiscard]] LiveRun* live(const store::RunId& run);
    [[nodiscard]] bool brief() const { return options_.brief; }
    [[nodiscard]] bool busy() const;  // an attempt is under way or could leave
    // Why nothing new begins, when it is the disk; else empty.
    [[nodiscard]] std::string notice() const;
    [[nodiscard]] store::Store& store() { return *store_; }
    [[nodiscard]] const Config& config() const { return config_; }
    store::OwnerLock& lock() { return lock_; }
    SystemChain& system() { return *system_; }
    std::int64_t now_ms() { return time_->now(); }
    std::int64_t monotonic_ms() { return time_->monotonic(); }

    Result<void> close();

  private:
    Core(CoreOptions options, Config config, store::OwnerLock lock);
    Result<void> take_completions(store::Batch& batch);
    Result<void> finish_attempt(const Completion& completion, store::Batch& batch);
    Result<void> fire_timers(store::Batch& batch);
    Result<void> stop_late_attempts(store::Batch& batch);
    Result<void> launch(store::Batch& batch);
    [[nodiscard]] bool may_start() const;  // an attempt: a thread is free, and space on the disk
    Result<void> launch_run(LiveRun& run, store::Batch& batch);
    Result<void> commit(store::Batch& batch);
    Result<void> adopt(LiveRun& run, store::Batch& batch);
    std::shared_ptr<Attempt> make_attempt(LiveRun& run, const vm::Want& want, std::int64_t now_ms);
    vm::OutcomeFact outcome_of(LiveRun& run, const InFlight& flight, const Completion& completion);
    [[nodiscard]] std::chrono::milliseconds until_next_timer(std::chrono::milliseconds most);
    void refresh(LiveRun& run);

    CoreOptions options_;
    Config config_;
    store::OwnerLock lock_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<EngineTime> time_;
    std::unique_ptr<SystemChain> system_;
    std::map<std::string, WorkerFunction> workers_;
    std::map<store::RunId, std::unique_ptr<LiveRun>> runs_;
    std::set<store::RunId> touched_;                          // since the last launch
    std::set<store::RunId> starved_;                          // want to start what may not yet
    std::set<std::pair<std::int64_t, store::RunId>> timers_;  // earliest due of each run
    std::map<store::RunId, std::int64_t> due_;
    std::vector<std::shared_ptr<Attempt>> to_send_;  // after the commit
    std::function<void(std::chrono::milliseconds)> waiter_;
    int wake_fd_ = -1;
    std::unique_ptr<WorkerPool> pool_;  // last: its threads end first
};

}  // namespace weft::engine
