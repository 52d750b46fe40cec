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

struct Machine::State {
    State(std::shared_ptr<const Image> image_of_run, Begin begin_of_run);

    // --- machine.cpp: the run as a whole
    void start();
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
    void on(const ReleasedFact& fact);
    void on(const ResumedFact& fact);
    [[nodiscard]] bool fits(const StartFact& fact) const;
    [[nodiscard]] bool fits(const OutcomeFact& fact) const;
    [[nodiscard]] bool fits(const SettledFact& fact) const;
    [[nodiscard]] bool fits(const TimerFiredFact& fact) const;
    [[nodiscard]] bool fits(const DecisionFact& fact) const;
    [[nodiscard]] bool fits(const CancelFact& fact) const;
    [[nodiscard]] bool fits(const KillFact& fact) const;
    [[nodiscard]] bool fits(const ReleasedFact& fact) const;
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
    bool end(Branch& branch);

    // --- reviews.cpp
    bool review(Branch& branch);
    void decide(std::uint64_t task, Decision decision, std::vector<Value> values, std::string by,
                std::string reason);
    void close_task(std::uint64_t task);

    // --- forks.cpp
    bool fork_each(Branch& branch);
    void start_branches(Branch& parent);
    enum class Ended : std::uint8_t { Done, Failed, Stopped };
    void finish(Branch& branch, Ended how, Value value = {});
    void join_if_done(Branch& parent);
    void join(Branch& parent);

    // --- calls.cpp
    bool call_step(Branch& branch);
    [[nodiscard]] bool fits_budget(std::int64_t more_micros) const;
    Value refuse_budget(Call& call, std::int64_t more_micros);
    Call& open_call(Call call);
    void succeed(Call& call, const Value& value);
    // Surely without effect.
    void fail_attempt(Call& call, std::string name, std::string message,
                      std::optional<std::int64_t> retry_after_ms);
    void back_off(Call& call, std::uint16_t number, std::optional<std::int64_t> retry_after_ms);
    void give_up(Call& call, const Value& error);
    void drop_call(std::uint64_t seq);
    [[nodiscard]] Value call_error(const Call& call) const;
    [[nodiscard]] bool is_stopped(const Call& call) const;
    void backoff_over(Call& call);
    void next_attempt(Call& call);
    void step_deadline(Call& call);
    void time_out(Call& call);

    // --- doubt.cpp
    void doubt(Call& call);
    void settle_again(Call& call);
    void ask_probe(Call& call);
    void probe_answered(Call& probe, Value answer);
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

    // --- failure.cpp
    void raise(Branch& branch, Value error);
    void take_handler(Branch& branch, Value error);
    [[nodiscard]] bool must_hold(const Branch& branch) const;
    void hold(Branch& branch, const Value& error, HoldReason reason, std::uint64_t call);
    void release(Branch& branch);
    void stop(Branch& branch);
    void stop_call(Branch& branch);
    void fail_run(Value error);
    void run_deadline();
    void count_irreversible(Branch& branch, bool done);

    // --- emit.cpp: records, timers, draws
    std::uint64_t set_timer(const Timer& timer, std::uint32_t site);
    void drop_timer(std::uint64_t& timer);
    std::uint64_t draw(std::uint64_t bound);
    [[nodiscard]] std::int64_t after(std::int64_t duration_ms) const;
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
    void settle_branch(Branch& branch);
    void forget(Branch& branch);
    [[nodiscard]] Bytes16 recomputed_check() const;
    [[nodiscard]] Term branch_term(const Branch& branch) const;
    [[nodiscard]] Term counters_term() const;
    [[nodiscard]] Term undo_term(const Branch& branch, std::size_t index) const;

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
    Term counters;

    // The run as a whole.
    std::optional<RunStatus> ended;
    Value result;
    Value run_error;             // why it fails or was cancelled
    bool is_failing = false;     // no handler can take it any more
    bool is_cancelled = false;   // … and it is so by request
    bool is_timed_out = false;   // … or since its deadline passed
    bool is_held = false;        // the deadline passed after the point of no return
    std::uint64_t undone = 0;    // entries undone since the run began to fail
    bool checks_itself = false;  // compares the check with a recomputed one at each record
    Progress progress;
};

}  // namespace weft::vm
