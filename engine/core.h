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
#include "engine/inbox.h"
#include "engine/key_ledger.h"
#include "engine/live_run.h"
#include "engine/locks.h"
#include "engine/pacer.h"
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

    // Durable when it returns. A workflow with a `key` gives the run that has it already, if that
    // did not fail.
    struct Started {
        store::RunId run{};
        bool existed = false;
    };
    Result<Started> start(StartRequest request);
    // The same for one of many: durable when the next turn returns, in one commit with the others.
    Result<Started> start_soon(StartRequest request);
    // Takes up a run that is not ended: replays it, settles what was under way. Nothing happens
    // when it is live already. A run whose replay diverges is not taken up.
    Result<void> take_up(const store::RunId& run);
    // The same for every run that is not ended; the number taken up.
    Result<std::size_t> take_up_all();
    // What came from outside (core_inbox.cpp); durable when it returns. Refused when the machine
    // does not accept it, unless it is a repeat of a request that was taken.
    Result<Taken> take(const store::RunId& run, const Incoming& incoming);
    // Written down for whoever drives the run next; durable when it returns.
    Result<Taken> leave(const RunHeader& header, Incoming incoming);
    // The same request, if it came before.
    Result<std::optional<Taken>> taken_before(InboxKind kind, const store::Tag& tag);
    // Of the client's id of a request, the same when it is sent again; without one a tag of its
    // own.
    store::Tag request_tag(const std::string& request);

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
    [[nodiscard]] const Pacer& pacer() const { return pacer_; }
    LockTable& locks() { return *locks_; }
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
    bool may_leave(LiveRun& run, const vm::Want& want);
    void forget_paced(LiveRun& run, const std::vector<vm::Want>& wants);
    void finish_paced(const Attempt& attempt, Health health);
    Result<void> log_breakers(store::Batch& batch);
    // A fact for a run, and what it means beyond the run's own records.
    Result<void> feed_run(LiveRun& run, const vm::Fact& fact, const FactContext& context,
                          store::Batch& batch);
    Result<void> after_fact(LiveRun& run, store::Batch& batch);
    // Sub-runs (core_subs.cpp).
    Result<void> begin_subs(LiveRun& parent, store::Batch& batch);
    Result<void> begin_sub(LiveRun& parent, const AskedSub& asked, store::Batch& batch);
    Result<void> tell_parent(LiveRun& child, store::Batch& batch);
    Result<void> sub_ended(LiveRun& parent, std::uint64_t call, const vm::Machine& child,
                           const Hash& leaf, const RunFiles& files, store::Batch& batch);
    Result<void> cancel_sub(LiveRun& parent, const vm::Want& want, store::Batch& batch);
    Result<void> kill_subs(LiveRun& parent, const vm::KillFact& kill, const FactContext& context,
                           store::Batch& batch);
    Result<void> take_up_subs(const store::RunId& parent);

    struct KeyAnswer {
        bool waits = false;
        vm::HitFact hit;
    };
    [[nodiscard]] std::vector<store::Tag> key_tags(const LiveRun& run, const vm::Want& want) const;
    Result<std::optional<KeyAnswer>> ask_key(LiveRun& run, const vm::Want& want);
    Result<std::optional<KeyAnswer>> ask_cache(LiveRun& run, const vm::Want& want);
    Result<bool> pass_keys(LiveRun& run, const vm::Want& want, store::Batch& batch);
    Result<Bytes16> take_key(LiveRun& run, const vm::Want& want, store::Batch& batch);
    Result<void> settle_keys(LiveRun& run, const std::vector<vm::KeyedCall>& calls,
                             store::Batch& batch);
    Result<std::optional<store::RunId>> run_of_key(const Image& image, const WorkflowRow& workflow,
                                                   const Value& input, store::RunRow& row,
                                                   store::Batch& batch);
    static Result<std::vector<std::string>> subjects_of(const Image& image,
                                                        const WorkflowRow& workflow,
                                                        const Value& input);
    void put_subjects(const store::RunId& run, const std::vector<std::string>& subjects,
                      store::Batch& batch);
    Result<void> commit(store::Batch& batch);
    Result<void> adopt(LiveRun& run, store::Batch& batch);
    Result<void> hold_if_rebound(LiveRun& run, store::Batch& batch);  // core_bindings.cpp
    Result<void> take_inbox(LiveRun& run, store::Batch& batch);
    Result<Started> begin_run(StartRequest request, store::Batch& batch);
    std::shared_ptr<Attempt> make_attempt(LiveRun& run, const vm::Want& want, const Bytes16& key,
                                          std::int64_t now_ms);
    vm::OutcomeFact outcome_of(LiveRun& run, const InFlight& flight, const Completion& completion);
    [[nodiscard]] std::chrono::milliseconds until_next_timer(std::chrono::milliseconds most);
    void refresh(LiveRun& run);
    std::int64_t ahead_ms();
    Result<void> check_room() const;
    Result<void> settle_lock(LiveRun& run, store::Batch& batch);

    CoreOptions options_;
    Config config_;
    store::OwnerLock lock_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<EngineTime> time_;
    std::unique_ptr<SystemChain> system_;
    std::unique_ptr<LockTable> locks_;
    std::map<std::string, WorkerFunction> workers_;
    std::map<store::RunId, std::unique_ptr<LiveRun>> runs_;
    std::set<store::RunId> touched_;                          // since the last launch
    std::set<store::RunId> starved_;                          // want to start what may not yet
    std::set<std::pair<std::int64_t, store::RunId>> timers_;  // earliest due of each run
    std::map<store::RunId, std::int64_t> due_;
    Pacer pacer_;
    std::unique_ptr<KeyLedger> ledger_;
    std::map<store::Tag, std::set<store::RunId>> key_waiters_;  // behind another use of a key
    store::Batch begun_;                                        // by start_soon, for the next turn
    std::vector<std::shared_ptr<Attempt>> to_send_;             // after the commit
    std::function<void(std::chrono::milliseconds)> waiter_;
    int wake_fd_ = -1;
    std::unique_ptr<WorkerPool> pool_;  // last: its threads end first
};

}  // namespace weft::engine
