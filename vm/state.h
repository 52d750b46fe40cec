// The inside of vm::Machine: the state of one run and the rules that change it. Each file of the
// folder holds one idea; this header is the index. Facts come in at machine.cpp; every rule ends in
// branches that rest, are ready, or are gone, and in commands on `progress`.
#pragma once

#include <set>

#include "bytecode/record.h"
#include "vm/branch.h"
#include "vm/evaluate.h"
#include "vm/machine.h"

namespace weft::vm {

// How a run ends, while its last hooks run.
struct Ending {
    RunStatus how = RunStatus::Completed;
    Value value;
    bool is_failure_told = false;
    bool is_finally_done = false;

    static void fields(auto& self, auto&& io) {
        io(self.how, self.value, self.is_failure_told, self.is_finally_done);
    }
};

struct Machine::State {
    State(std::shared_ptr<const Image> image_of_run, Begin begin_of_run);

    // --- machine.cpp: the run as a whole
    void start_at(std::int64_t now_ms);
    void start_until();
    void run_ready();
    [[nodiscard]] bool is_ended() const { return ended.has_value(); }
    [[nodiscard]] RunStatus status() const;
    void end_run(RunStatus how, Value value);

    // --- facts.cpp: what each fact does, and whether it fits
    void on(const StartFact& fact);
    void on(const OutcomeFact& fact);
    void on(const SettledFact& fact);
    void on(const TimerFiredFact& fact);
    void on(const DecisionFact& fact);
    void on(const CancelFact& fact);
    void on(const KillFact& fact);
    void on(const HeldByOperatorFact& fact);
    void on(const ReleasedFact& fact);
    void on(const OperatorFact& fact);
    void on(const SignalFact& fact);
    void on(const LockGotFact& fact);
    void on(const ResumedFact& fact);
    void on(const HitFact& fact);
    void on(const SubEndedFact& fact);
    [[nodiscard]] bool fits(const SubEndedFact& fact) const;
    [[nodiscard]] bool fits(const HitFact& fact) const;
    [[nodiscard]] bool fits(const StartFact& fact) const;
    [[nodiscard]] bool fits(const OutcomeFact& fact) const;
    [[nodiscard]] bool fits(const SettledFact& fact) const;
    [[nodiscard]] bool fits(const TimerFiredFact& fact) const;
    [[nodiscard]] bool fits(const DecisionFact& fact) const;
    [[nodiscard]] bool fits(const CancelFact& fact) const;
    [[nodiscard]] bool fits(const KillFact& fact) const;
    [[nodiscard]] bool fits(const HeldByOperatorFact& fact) const;
    [[nodiscard]] bool fits(const ReleasedFact& fact) const;
    [[nodiscard]] bool fits(const OperatorFact& fact) const;
    [[nodiscard]] bool fits(const SignalFact& fact) const;
    [[nodiscard]] bool fits(const LockGotFact& fact) const;
    [[nodiscard]] bool fits(const ResumedFact& fact) const;

    // --- run.cpp: one branch, instruction by instruction. False: it rests or is gone.
    bool advance(Branch& branch);
    bool flow(Branch& branch);
    bool site(Branch& branch);
    bool may_pass_site(Branch& branch);
    void give_back(Branch& branch, Value value);
    void make_ready(Branch& branch);
    // Writes the destination register of the site instruction at which the branch rests; moves on.
    void resume_with(Branch& branch, Value value);
    CodePlace place(const Branch& branch) const;
    void push_frame(Branch& branch, std::uint32_t function, std::vector<Value> arguments,
                    std::optional<UndoEntry> undoes = {});

    // --- sites.cpp
    bool gate(Branch& branch);
    bool accept(Branch& branch);
    bool emit_event(Branch& branch);
    bool sleep(Branch& branch);
    bool sleep_until(Branch& branch);
    bool end(Branch& branch);

    // --- signals.cpp
    bool wait(Branch& branch);
    [[nodiscard]] std::optional<Value> take_letter(Branch& branch);
    void wait_over(Branch& branch);
    void stop_waiting(Branch& branch);
    [[nodiscard]] Term letter_term(std::uint64_t seq, const Letter& letter) const;

    // --- locks.cpp
    bool ask_lock(Branch& branch);
    void lock_over(Branch& branch);
    void free_lock();
    [[nodiscard]] Term lock_term() const;

    // --- reviews.cpp
    bool review(Branch& branch);
    bool ask(Branch& branch);
    bool open_task(Branch& branch, Task task);
    void open_line(std::uint64_t id, Task& task);
    void log_task(std::uint64_t id, Task& task);
    void overdue(std::uint64_t task);
    [[nodiscard]] Term task_term(std::uint64_t id, const Task& task) const;
    void decide(std::uint64_t task, Decision decision, std::vector<Value> values, std::string by,
                std::string reason);
    void close_task(std::uint64_t task);

    // --- forks.cpp
    bool fork_each(Branch& branch);
    bool fork_all(Branch& branch);
    bool start_fork(Branch& branch, Fork fork);
    void start_branches(Branch& parent);
    enum class Ended : std::uint8_t { Done, Failed, Stopped };
    void finish(Branch& branch, Ended how, Value value = {});
    void leave(Branch& branch);
    void stop_all(Fork& fork);
    void join_if_done(Branch& parent);
    void join(Branch& parent);

    // --- joins.cpp: what the end of a branch means for its fork
    [[nodiscard]] std::optional<std::uint32_t> next_item(Fork& fork) const;
    [[nodiscard]] std::vector<Value> branch_arguments(const Fork& fork, std::uint32_t item) const;
    void done(Branch& parent, std::uint32_t item, Value value);
    // False: the failure fails the fork.
    bool tolerate(Branch& parent, std::uint32_t item, const Value& error);
    [[nodiscard]] std::vector<std::uint32_t> failing_with(const Fork& fork,
                                                          std::uint32_t item) const;
    [[nodiscard]] bool tolerates(const Fork& fork, std::size_t failures) const;
    [[nodiscard]] Value fork_error(const Fork& fork, const Value& error) const;
    void set_result(Branch& parent, std::uint32_t item, Value value);
    [[nodiscard]] bool is_complete(const Fork& fork) const;
    [[nodiscard]] Value joined(Fork& fork) const;

    // --- blocks.cpp: which scope takes an error, and the time that a block has
    bool block(Branch& branch);
    enum class Taking : std::uint8_t { No, Again, Handle, Hold };
    [[nodiscard]] Taking takes(const Scope& scope, std::string_view error) const;
    [[nodiscard]] bool handles(const Scope& scope, std::string_view error) const;
    [[nodiscard]] Value block_timeout(const Scope& scope) const;
    // The innermost scope below `limit` that does something about the error.
    [[nodiscard]] std::optional<std::size_t> taker(const Frame& frame, std::string_view error,
                                                   std::size_t limit) const;
    void close_scopes(Branch& branch, Frame& frame, std::size_t keep);
    void run_again(Branch& branch, std::size_t scope);
    void next_pass(Branch& branch);
    void pass_begins(Branch& branch);
    void block_deadline(Branch& branch, std::size_t scope);
    [[nodiscard]] bool deadline_must_hold(const Branch& branch, std::size_t scope) const;
    void unwind(Branch& branch);

    // --- calls.cpp
    bool call_step(Branch& branch);
    [[nodiscard]] bool fits_budget(std::int64_t more_micros) const;
    Value refuse_budget(Call& call, std::int64_t more_micros);
    Call& open_call(Call call);
    void succeed(Call& call, const Value& value);
    // Surely without effect.
    void fail_attempt(Call& call, std::string name, std::string message,
                      std::optional<std::int64_t> retry_after_ms, Value detail = {});
    std::int64_t jitter(const Policy& policy, std::uint16_t number);
    void back_off(Call& call, std::uint16_t number, std::optional<std::int64_t> retry_after_ms);
    void give_up(Call& call, const Value& error);
    void drop_call(std::uint64_t seq);
    [[nodiscard]] Value call_error(const Call& call) const;
    [[nodiscard]] bool is_stopped(const Call& call) const;
    void backoff_over(Call& call);
    void next_attempt(Call& call);
    void cancel_lost(Branch& branch);
    void step_deadline(Call& call);
    void time_out(Call& call);

    // --- hooks.cpp
    [[nodiscard]] bool hooks_see(const Branch& branch) const;
    bool before_step(Branch& branch);
    void deliver(Branch& branch, const CallName& call, const Value& value);
    void tell_failure(Branch& branch, const CallName& call, const Value& error, bool holds);
    void give_up_now(Branch& branch, const Value& error, bool holds, std::uint64_t call);
    void try_again(Call& call, std::optional<std::int64_t> retry_after_ms);
    void push_hook(Branch& branch, std::uint32_t function, Hooked hook, std::vector<Value> own,
                   const std::vector<std::uint16_t>& slots = {});
    void hook_ended(Branch& branch);
    void start_ending(RunStatus how, Value value);
    void go_on_ending();

    // --- subs.cpp
    bool run_sub(Branch& branch);
    void sub_succeeded(Branch& branch, const Sub& sub, const SubEndedFact& fact);

    // --- keys.cpp
    void note_keyed(const Call& call, KeyedCall::What what);
    void note_undone(const UndoEntry& entry);

    // --- doubt.cpp
    void doubt(Call& call);
    void settle_again(Call& call);
    void ask_probe(Call& call);
    void probe_answered(Call& probe, const Value& answer);
    void need_person(Call& call);
    void surely_not_done(Call& call);
    void clear_doubt(Call& call);
    bool undo_in_doubt(Call& call);

    // --- undo.cpp
    bool undo_push(Branch& branch);
    bool undo_cut(Branch& branch);
    bool undo_to(Branch& branch);
    void push_undo(Branch& branch, UndoEntry entry);
    UndoEntry pop_undo(Branch& branch);
    void begin_undo(Branch& branch, UndoRun undoing);
    void go_on_undoing(Branch& branch);
    void undo_ended(Branch& branch, const std::optional<Value>& error);
    void release_stuck(Branch& branch);
    [[nodiscard]] std::optional<BranchId> stuck_with(std::uint64_t call) const;
    void settle_stuck(Branch& branch, std::uint64_t call, bool is_undone);

    // --- failure.cpp
    void raise(Branch& branch, Value error);
    void take_error(Branch& branch, std::size_t scope, Value error);
    [[nodiscard]] bool must_hold(const Branch& branch, std::string_view error,
                                 std::size_t limit = SIZE_MAX) const;
    void hold_run(std::uint32_t site, BranchId branch, const Value& error);
    void hold(Branch& branch, const Value& error, HoldReason reason, std::uint64_t call);
    void release(Branch& branch);
    void stop(Branch& branch);
    void interrupt(Branch& branch);
    void stop_call(Branch& branch);
    void stopped(Branch& branch);
    void fail_run(Value error);
    void run_deadline();
    void count_irreversible(Branch& branch, bool done);

    // --- emit.cpp: records, timers, draws
    std::uint64_t set_timer(const Timer& timer, std::uint32_t site);
    void drop_timer(std::uint64_t& timer);
    std::uint64_t draw(std::uint64_t bound);
    [[nodiscard]] std::int64_t after(std::int64_t duration_ms) const;
    // Of a Duration from now or a Time; nothing for any other value.
    [[nodiscard]] std::optional<Due> due_of(const Value& deadline) const;
    [[nodiscard]] std::optional<Due> time_due(const Value& time) const;
    // Appends a command; gives its seq.
    template <typename Body>
    std::uint64_t emit(RecordKind kind, std::uint32_t site, BranchId branch, const Body& body,
                       const Value* payload = nullptr) {
        return append(kind, site, branch, encode_body(body), payload);
    }
    std::uint64_t append(RecordKind kind, std::uint32_t site, BranchId branch, std::string body,
                         const Value* payload);

    // --- settle.cpp: the state check
    void touch(const Branch& branch) { touched.insert(branch.id); }
    void settle();
    std::uint64_t bytes_held();
    void settle_branch(Branch& branch);
    void settle_values(Branch& branch);
    void forget(Branch& branch);
    [[nodiscard]] Bytes16 recomputed_check() const;
    [[nodiscard]] Term branch_term(const Branch& branch) const;
    [[nodiscard]] Term counters_term() const;
    [[nodiscard]] Term undo_term(const Branch& branch, std::size_t index) const;

    // --- snapshot.cpp
    void count_all();
    [[nodiscard]] bool is_sound() const;
    [[nodiscard]] bool has_sound_parts(const Branch& branch) const;
    // What a snapshot holds of a run that has not ended. A field that is added to the state and
    // changes what the run does belongs here too: the tests' harness goes on from a snapshot after
    // every fact.
    static void fields(auto& self, auto&& io) {
        io(self.meter.fuel, self.meter.fuel_at_record, self.time_ms, self.next_seq,
           self.next_branch, self.next_timer, self.next_lock, self.completions, self.draws,
           self.spent_micros, self.reserved_micros, self.persons, self.branches, self.held,
           self.stuck, self.parked, self.calls, self.timers, self.tasks, self.subs, self.mailbox,
           self.signal_tags, self.waiting, self.lock, self.ending, self.run_error, self.is_failing,
           self.is_cancelled, self.is_timed_out, self.is_held, self.why_held, self.undone);
    }

    // --- wants.cpp
    [[nodiscard]] std::vector<Want> wants() const;

    // Fixed for the run.
    std::shared_ptr<const Image> image;
    Begin begin;
    const WorkflowRow* workflow;
    std::vector<bool> may_be_irreversible;  // by function: a call in it or in branches it starts

    // Counters.
    Meter meter;
    std::int64_t time_ms;
    std::uint64_t next_seq = 1;  // begin has 0
    BranchId next_branch = 1;
    std::uint64_t next_timer = 1;
    std::uint64_t next_lock = 1;
    std::uint64_t completions = 0;
    std::uint64_t draws = 0;
    std::int64_t spent_micros = 0;
    std::int64_t reserved_micros = 0;
    std::uint64_t persons = 0;  // calls in phase Person

    // Tables and their indexes; what a fact names is found without a walk.
    Evaluator evaluator;
    StateCheck check;
    std::map<BranchId, Branch> branches;
    std::set<BranchId> ready;
    std::set<BranchId> held;   // Rest::Held and Rest::Stuck
    std::set<BranchId> stuck;  // Rest::Stuck
    std::set<BranchId> parked;
    std::set<BranchId> touched;       // changed since the state check was last settled
    std::optional<BranchId> running;  // so is the branch that runs just now
    std::map<std::uint64_t, Call> calls;
    std::map<std::uint64_t, Timer> timers;
    std::map<std::uint64_t, Task> tasks;
    std::map<std::uint64_t, Sub> subs;
    std::map<std::uint64_t, Letter> mailbox;
    std::set<Bytes16> signal_tags;  // of all signals that came
    std::set<BranchId> waiting;     // Rest::Wait
    std::optional<LockState> lock;
    Term counters;

    // The run as a whole.
    std::optional<Ending> ending;  // only hooks are left
    std::optional<RunStatus> ended;
    Value result;
    Value run_error;             // why it fails or was cancelled
    bool is_failing = false;     // no handler can take it any more
    bool is_cancelled = false;   // … and it is so by request
    bool is_timed_out = false;   // … or since its deadline passed
    bool is_held = false;        // the deadline passed after the point of no return, or by request
    std::string why_held;        // … and why
    std::uint64_t undone = 0;    // entries undone since the run began to fail
    Visits* visits = nullptr;    // not part of the state: nothing reads it here
    bool checks_itself = false;  // compares the check with a recomputed one at each record
    Progress progress;
};

}  // namespace weft::vm
