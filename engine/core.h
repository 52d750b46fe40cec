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
#include "engine/attempt.h"
#include "engine/change_feed.h"
#include "engine/clock.h"
#include "engine/config.h"
#include "engine/core_options.h"
#include "engine/deadlines.h"
#include "engine/erasure.h"
#include "engine/fork.h"
#include "engine/inbox.h"
#include "engine/key_ledger.h"
#include "engine/live_run.h"
#include "engine/locks.h"
#include "engine/migration.h"
#include "engine/pacer.h"
#include "engine/parking.h"
#include "engine/program_change.h"
#include "engine/schedules.h"
#include "engine/schema_cache.h"
#include "engine/secret_desk.h"
#include "engine/start_request.h"
#include "engine/system_chain.h"
#include "store/lock.h"
#include "store/store.h"
#include "weft/notes.h"

namespace weft::engine {

class Core {
  public:
    static Result<std::unique_ptr<Core>> open(const CoreOptions& options);
    ~Core();

    void add_worker(std::string name, WorkerFunction function);
    void add_transaction(std::string name, TransactionFunction function);
    // One of the host program's own; durable when it returns.
    Result<void> transact(const std::function<Result<void>(Transaction&)>& work);
    // For the workers whose names begin so (core_notes.cpp).
    void keep_notes(std::string prefix, WorkerNotes notes);
    // Lets them drop what no live run needs any more. Every run that goes on must be live.
    Result<void> sweep_notes();

    // Durable when it returns. A `key` gives the run that has it already, if that did not fail.
    struct Started {
        store::RunId run{};
        bool existed = false;
        bool is_repeat = false;  // this very request was taken before
    };
    Result<Started> start(StartRequest request);
    // The same for one of many: durable when the next turn returns, in one commit with the others.
    Result<Started> start_soon(StartRequest request);
    Result<void> commit_begun();  // for who can't wait for that turn
    // Called in the turn in which a run has ended, before that is durable; perhaps more than once.
    void on_end(std::function<void(const LiveRun&)> told) { on_end_ = std::move(told); }
    // From now on the program's schedules begin runs (core_schedules.cpp). `name` is that of the
    // program among those that are served. Refused: a zone that the machine does not know.
    Result<void> serve(const std::string& name, const RunnableProgram& program);
    [[nodiscard]] std::vector<ServedSchedule> schedules() const;
    // One of those that are served, by its name, or else the one that has the workflow.
    [[nodiscard]] Result<RunnableProgram> served(const std::string& name,
                                                 const std::string& workflow) const;
    // Takes up a run that is not ended: replays it, settles what was under way. Nothing happens
    // when it is live already. A run whose replay diverges is not taken up.
    Result<void> take_up(const store::RunId& run);
    // The same for every run that is not ended; the number taken up.
    Result<std::size_t> take_up_all();
    // Only those that must be in memory: what a former owner had under way, and what somebody has
    // written to. The others stay parked in the store until their time comes or somebody asks for
    // them (core_parking.cpp).
    struct TakenUp {
        std::vector<store::RunId> runs;
        std::vector<std::pair<store::RunId, Error>> failed;
        std::uint64_t parked = 0;
    };
    Result<TakenUp> take_up_active();
    // It is in memory, or will be when its time comes.
    [[nodiscard]] bool drives(const store::RunId& run) const;
    Parking& parking() { return parking_; }
    // What came from outside (core_inbox.cpp); durable when it returns. Refused when the machine
    // does not accept it, unless it is a repeat of a request that was taken.
    Result<Taken> take(const store::RunId& run, const Incoming& incoming);
    // Another program for a run (core_programs.cpp): looks whether and how it could have it, and
    // gives it to a live one, whole and durable when it returns.
    Result<ProgramChange> look_at_change(const store::RunId& run, const RunnableProgram& program,
                                         ChangeBy by);
    Result<ProgramChange> change_program(const store::RunId& run, const RunnableProgram& program,
                                         ChangeBy by, const std::string& actor,
                                         const std::string& reason);
    // A new run out of another's past (core_fork.cpp), whole and durable when it returns.
    Result<Forked> fork(const ForkRequest& request);
    // Written down for whoever drives the run next; durable when it returns.
    Result<Taken> leave(const RunHeader& header, Incoming incoming);
    // Erasure (core_erasure.cpp); durable when they return. The runs have ended and are attested.
    Result<void> attest(const store::RunId& run);
    Result<Erased> erase(const std::vector<store::RunId>& runs, const std::string& by,
                         const std::string& reason);
    // When they have ended, by whoever owns the store then.
    Result<void> erase_when_ended(const std::vector<store::RunId>& runs, const std::string& by,
                                  const std::string& reason);
    Result<void> change_hold(const store::RunId& run, HoldChange change, const std::string& by,
                             const std::string& reason);
    // Signs the tree as it is now, for somebody outside.
    Result<store::Checkpoint> sign_now();
    Result<void> log_export(std::size_t runs, std::uint64_t tree_size, const std::string& by);
    // The person's own key, once its use stands in the log; refused when weft.toml has another one
    // or none of theirs.
    Result<void> use_approver_key(const std::string& name, const Hash& key);
    // For ever: what is signed with it from now on is of no use. `named`: an approver of weft.toml,
    // or the key.
    struct Revoked {
        Hash key{};
        bool was_before = false;
    };
    Result<Revoked> revoke_approver_key(const std::string& named, const std::string& by,
                                        const std::string& reason);
    // The same request, if it came before.
    Result<std::optional<Taken>> taken_before(InboxKind kind, const store::Tag& tag);
    // Of the client's id of a request, the same each time; without one a tag of its own.
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
    ImageCache& images() { return images_; }
    [[nodiscard]] bool brief() const { return options_.brief; }
    [[nodiscard]] bool busy() const;  // there is something to do, or under way
    [[nodiscard]] std::size_t in_flight() const { return pool_->in_flight(); }  // attempts
    // Why nothing more is written: what is in memory is ahead of the store, and must not be told.
    [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
    // Why nothing new begins, when it is the disk; else empty.
    [[nodiscard]] std::string notice() const;
    // An operator says that the wall clock, which has leapt ahead, is right.
    Result<void> accept_clock(const std::string& actor, const std::string& reason);
    Result<bool> is_clock_doubted();
    [[nodiscard]] store::Store& store() { return *store_; }
    [[nodiscard]] const Config& config() const { return config_; }
    store::OwnerLock& lock() { return lock_; }
    SystemChain& system() { return *system_; }
    [[nodiscard]] const Pacer& pacer() const { return pacer_; }
    LockTable& locks() { return *locks_; }
    SecretDesk& secrets() { return *secrets_; }
    [[nodiscard]] const ChangeFeed& feed() const { return feed_; }
    std::int64_t now_ms() { return time_->now(); }
    std::int64_t monotonic_ms() { return time_->monotonic(); }

    Result<void> close();

  private:
    class Gathered;  // core_gathered.h
    Core(CoreOptions options, Config config, store::OwnerLock lock);
    void give_up(const Error& why);
    Result<void> take_completions(store::Batch& batch);
    Result<void> finish_attempt(const Completion& completion, store::Batch& batch);
    Result<void> fire_timers(store::Batch& batch);
    void stop_late_attempts();
    Result<void> launch(store::Batch& batch);
    [[nodiscard]] bool may_start() const;  // an attempt: a thread is free, and space on the disk
    Result<void> launch_run(LiveRun& run, store::Batch& batch);
    Result<void> leave_in_doubt(LiveRun& run, const vm::Want& want, store::Batch& batch);
    Result<void> sweep();  // what is due: retention, erasures that waited for an end
    Result<void> sweep_waiting();
    Result<void> sweep_retention();
    Result<void> doubt_clock(std::int64_t last_record_ms);
    Result<void> keep_witness();
    bool may_leave(LiveRun& run, const vm::Want& want);
    void forget_paced(LiveRun& run, const std::vector<vm::Want>& wants);
    void finish_paced(const Attempt& attempt, Health health);
    Result<void> take_over_breakers();
    Result<void> log_clock(store::Batch& batch);
    Result<void> log_breakers(store::Batch& batch);
    // A fact for a run, and what it means beyond the run's own records.
    Result<void> feed_run(LiveRun& run, const vm::Fact& fact, const FactContext& context,
                          store::Batch& batch);
    Result<void> after_fact(LiveRun& run, store::Batch& batch);
    // Parking (core_parking.cpp).
    Result<LiveRun*> load(const store::RunId& run, store::Batch& batch);
    Result<void> wake_due();
    Result<void> look_for_wake();
    Result<std::vector<store::RunId>> due_runs();
    void note_rest(LiveRun& run);
    void park_resting(store::Batch& batch, bool at_once);
    bool park_family(LiveRun& run, store::Batch& batch);
    void parked();
    void drop_live(const store::RunId& run);
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

    // Schedules.
    struct Served {
        std::string name;
        RunnableProgram program;
        std::uint32_t row = 0;
        std::string input;
        ScheduleState state;
        std::int64_t next_ms = 0;
        std::int64_t not_before_ms = 0;  // after a start that has to be tried again
        [[nodiscard]] const ScheduleRow& schedule() const { return program.image->schedules[row]; }
    };
    enum class Fired { Dealt, Later };
    Result<void> fire_schedules(store::Batch& batch);
    Result<void> fire(Served& served, std::int64_t now_ms, store::Batch& batch);
    Result<Fired> begin_scheduled(Served& served, std::int64_t due_ms, store::Batch& batch);
    Result<void> log_scheduled(const Served& served, const ScheduledBody& body,
                               const std::string& reason, store::Batch& batch);
    Result<bool> goes_on(const store::RunId& run);
    [[nodiscard]] std::int64_t schedules_due_ms() const;
    void put_schedule(const Served& served, store::Batch& batch);

    void tell_change(LiveRun& run);
    Result<void> note_settled(LiveRun& run, const std::vector<vm::SettledCall>& calls);
    Result<std::optional<std::string>> sent_key(const LiveRun& run, std::uint64_t call,
                                                const Bytes16& key, bool is_author_key);
    void forget_settled();

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
                                                   const store::Batch& batch, store::Batch& own);
    static Result<std::vector<std::string>> subjects_of(const Image& image,
                                                        const WorkflowRow& workflow,
                                                        const Value& input);
    void put_subjects(const store::RunId& run, const std::vector<std::string>& subjects,
                      store::Batch& batch);
    Result<void> commit(store::Batch& batch);
    Result<void> adopt(LiveRun& run, store::Batch& batch);
    Result<void> hold_if_rebound(LiveRun& run, store::Batch& batch);  // core_bindings.cpp
    struct PlannedChange;
    Result<PlannedChange> plan_change(const RunHeader& header,
                                      const std::shared_ptr<const Image>& image,
                                      const Hash& image_hash, ChangeBy by);
    Result<std::string> why_not_now(const RunHeader& header, const vm::Machine& machine);
    Result<void> tell_again(LiveRun& run, const MigrationPlan& plan, store::Batch& batch);
    Result<std::vector<InboxLetter>> read_inbox(const RunHeader& header);
    Result<void> take_inbox(LiveRun& run, std::vector<InboxLetter> letters, store::Batch& batch);
    Result<void> begin_fork(const ForkRequest& request, const ForkPoint& point,
                            const RunnableProgram& program, const MigrationPlan& plan);
    Result<void> tell_fork(LiveRun& run, const MigrationPlan& plan, const Bytes16& actor,
                           store::Batch& batch);
    void forget_begun(const store::RunId& run);
    // Appends the begin of a new run, which is live then.
    Result<LiveRun*> place_run(const store::RunRow& row, const store::Key& key,
                               const std::shared_ptr<const Image>& image, const vm::Begin& begin,
                               const std::string& body, std::shared_ptr<RunFiles> files,
                               store::Batch& batch);
    Result<Started> begin_run(StartRequest request, store::Batch& batch);
    Result<Started> begin_new_run(const StartRequest& request, const WorkflowRow& workflow,
                                  store::Batch& batch, store::Batch& own);
    Result<std::optional<Started>> started_before(const store::Tag& tag, const store::Batch& batch);
    static void put_start(const store::RunId& run, const store::Tag& tag,
                          std::optional<std::uint64_t> seq, store::Batch& batch);
    // Transactions (core_transactions.cpp).
    struct SharedAttempt;
    Result<void> run_transactions(store::Batch& batch);
    Result<bool> run_transaction(SharedAttempt& shared);
    Result<void> finish_flight(LiveRun& run, const Attempt& attempt, const vm::OutcomeFact& fact,
                               store::Batch& batch);
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
    StorePlaces places_;
    std::unique_ptr<EngineTime> time_;
    std::unique_ptr<SystemChain> system_;
    std::unique_ptr<LockTable> locks_;
    std::unique_ptr<SecretDesk> secrets_;
    std::map<std::string, WorkerFunction> workers_;
    std::map<std::string, TransactionFunction> transactions_;
    std::map<store::RunId, std::unique_ptr<LiveRun>> runs_;
    std::uint64_t arrivals_ = 0;
    Parking parking_;
    ImageCache images_;
    SchemaCache schemas_;
    std::set<store::RunId> touched_;                          // since the last launch
    std::set<store::RunId> starved_;                          // want to start what may not yet
    std::set<std::pair<std::int64_t, store::RunId>> timers_;  // earliest due of each run
    std::map<store::RunId, std::int64_t> due_;
    Pacer pacer_;
    std::unique_ptr<KeyLedger> ledger_;
    std::map<store::Tag, std::set<store::RunId>> key_waiters_;  // behind another use of a key
    std::int64_t next_sweep_ms_ = 0;                            // monotonic
    std::int64_t sweep_offset_ms_ = 0;                          // wall - monotonic, last time
    std::uint64_t size_at_open_ = 0;                            // records of the log
    std::string witnessed_;                                     // the last note written there
    store::Batch begun_;                                        // by start_soon, for the next turn
    Deadlines deadlines_;                                       // of attempts under way
    std::vector<std::shared_ptr<Attempt>> to_send_;             // after the commit
    std::vector<std::shared_ptr<Attempt>> shared_;              // transactions, for the next turn
    std::vector<Served> served_;
    std::map<std::string, RunnableProgram> programs_;  // that are served
    std::function<void(const LiveRun&)> on_end_;
    bool look_at_queues_ = false;  // a run has ended, and times of schedules may wait for that
    ChangeFeed feed_;
    std::vector<std::pair<std::string, WorkerNotes>> notes_;
    std::vector<std::pair<const WorkerNotes*, std::string>> settled_;  // forgotten after the commit
    std::function<void(std::chrono::milliseconds)> waiter_;
    int wake_fd_ = -1;
    std::optional<Error> failure_;         // what is in memory is ahead of the store
    std::unique_ptr<AttemptRunner> pool_;  // last: its threads end first
};

}  // namespace weft::engine
