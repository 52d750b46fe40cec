// The reference interpreter: one run of a workflow, by walking its typed IR. Written for
// obviousness, after docs/language.md and docs/machine.md: every branch of the run is a coroutine
// that reads like the statement it runs, an error is an exception, and what rests is a suspended
// coroutine. It shares no code with the machine. It is slow, keeps no snapshots, and trusts that
// the program was checked.
#pragma once

#include <coroutine>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "compiler/ir/module.h"
#include "tests/reference/branch.h"
#include "tests/reference/evaluate.h"
#include "tests/reference/facts.h"
#include "tests/reference/task.h"

namespace weft::reference {

class Run final : public Executor {
  public:
    Run(const ir::Module& module, Beginning beginning);
    ~Run() override;

    Out start() override;
    [[nodiscard]] bool accepts(const Fact& fact) const override;
    Out apply(const Fact& fact, std::int64_t time_ms) override;
    [[nodiscard]] std::vector<Ask> asks() const override;
    [[nodiscard]] std::optional<EndStatus> ended() const override { return ended_; }
    [[nodiscard]] Value result() const override { return result_; }
    [[nodiscard]] std::int64_t spent_micros() const override { return spent_; }
    [[nodiscard]] bool past_no_return() const override { return root().irreversible > 0; }
    [[nodiscard]] std::vector<std::uint64_t> stuck() const override;

  private:
    // --- run.cpp: records, timers, turns
    template <typename Body>
    std::uint64_t log(RecordKind kind, const std::string& place, BranchId branch, const Body& body,
                      const Value* payload = nullptr, const std::string& worker = {}) {
        return log_bytes(kind, place, branch, encode_body(body), payload, worker);
    }
    std::uint64_t log_bytes(RecordKind kind, const std::string& place, BranchId branch,
                            std::string body, const Value* payload, const std::string& worker);
    std::uint64_t set_timer(Timer timer, TimerPurpose purpose, const std::string& place);
    void drop_timer(std::uint64_t& timer);
    std::int64_t draw(std::int64_t bound);
    std::int64_t jitter(const Policy& policy, std::uint16_t number);
    Bytes16 named(std::string_view label, std::uint64_t seq) const;
    void run_ready();
    void make_ready(Branch& branch, Event event = {});
    void resume(Branch& branch, Event event);
    [[nodiscard]] Branch& root() const { return *branches_.at(0); }
    // Suspends the branch until it is resumed.
    struct Suspension {
        Branch& branch;
        [[nodiscard]] bool await_ready() const { return false; }
        void await_suspend(std::coroutine_handle<> handle) { branch.waiting = handle; }
        Event await_resume() { return std::exchange(branch.event, {}); }
    };
    Suspension rest(Branch& branch, Rest how) {
        branch.rest = how;
        return {branch};
    }
    Task<> next_turn(Branch& branch);

    // --- facts.cpp
    void on(const Fact& fact);
    void on_timer(std::uint64_t timer);
    void on_decision(const Fact& fact);
    void on_release();
    void on_settled(const Fact& fact);
    [[nodiscard]] Branch* stuck_with(std::uint64_t call) const;
    void interrupt(Branch& branch);
    void stop(Branch& branch);
    void run_deadline();
    void cancel_lost(Branch& branch);
    void block_deadline(Branch& branch, Scope& scope);
    void note_undone(const UndoEntry& entry);

    // --- failure.cpp: errors, undos, holding
    Task<> at_site(Branch& branch);
    Task<> leave_off(Branch& branch);
    Task<> raise(Branch& branch, Value error, std::string place = {});
    Task<> hold(Branch& branch, Value error, HoldReason reason, std::uint64_t call,
                std::string place, bool of_scope = false);
    void hold_run(const std::string& place, BranchId branch, const Value& error);
    [[nodiscard]] Taking takes(const Scope& scope, const std::string& error) const;
    [[nodiscard]] bool handles(const Scope& scope, const std::string& error) const;
    [[nodiscard]] bool must_hold(const Branch& branch, std::string error,
                                 const Scope* below = nullptr) const;
    [[nodiscard]] bool deadline_must_hold(const Branch& branch, const Scope& scope) const;
    Task<> undo_down_to(Branch& branch, std::size_t floor, bool ends_run = false);
    Task<> undo_one(Branch& branch, UndoEntry entry, std::vector<UndoEntry>& set_aside,
                    Value& error, bool ends_run);
    void count_irreversible(Branch& branch, bool done);
    void register_undo(Branch& branch, const ir::Undo& undo);
    void replace_undos(Branch& branch, std::size_t above, const ir::Undo& undo);

    // --- statements.cpp
    Task<Value> value(Branch& branch, ir::ExprId expr);
    Task<std::vector<Value>> values(Branch& branch, const std::vector<ir::ExprId>& exprs);
    Task<Value> block(Branch& branch, ir::BlockId block);
    Task<> statement(Branch& branch, const ir::Stmt& stmt);
    Task<> if_statement(Branch& branch, const ir::If& node);
    Task<> repeat(Branch& branch, std::uint32_t row);
    Task<> emit_event(Branch& branch, const ir::Stmt& stmt);
    Task<> sleep(Branch& branch, const ir::Stmt& stmt);

    // --- gates.cpp. True: goes back to the statement that is named.
    Task<std::optional<ir::StmtId>> gate(Branch& branch, std::uint32_t row, std::uint32_t& taken,
                                         std::map<std::size_t, std::size_t>& marks);
    Task<Value> ask_workers(Branch& branch, const ir::Requirement& node);
    Task<Value> requirement(Branch& branch, const ir::Requirement& node, Value error);
    Task<bool> judge(Branch& branch, const ir::Gate& node, std::uint32_t row, std::uint32_t taken);
    Task<> accept(Branch& branch, const ir::Gate& node, std::uint32_t row, Value reason,
                  std::size_t number);
    Task<> go_back(Branch& branch, const ir::Rung& rung, std::size_t mark);
    Task<DecisionCode> review_rung(Branch& branch, const ir::Gate& node, const ir::Rung& rung);
    static std::size_t rung_after(const ir::Gate& node, std::uint32_t taken);

    // --- steps.cpp, calls.cpp
    Task<> step(Branch& branch, const ir::Step& step);
    Task<> guarded(Branch& branch, const ir::Step& step);
    Task<> pass(Branch& branch, const ir::Step& step, Scope& scope, std::optional<Value> until,
                bool again);
    Task<> wait_for_pass(Branch& branch, const ir::Step& step, const Scope& scope);
    [[nodiscard]] Value error_for(const ir::Handler& handler, const Value& error) const;
    Task<> handle(Branch& branch, const ir::Step& step, std::size_t undo_height, Value error);
    Task<> inside(Branch& branch, const ir::Step& step, std::size_t undo_height);
    void close(Branch& branch, Frame& frame, Scope& scope);
    friend struct OpenScope;
    Task<> call(Branch& branch, const ir::Step& step);
    Task<> run_sub(Branch& branch, const ir::Step& step);
    Task<bool> call_once(Branch& branch, const ir::Step& step, std::vector<Value> arguments,
                         std::optional<Value> key, std::optional<Value> cache,
                         std::optional<Value> until);
    Call& open_call(Call call);
    void drop_call(std::uint64_t seq);
    [[nodiscard]] Value call_error(const Call& call) const;
    [[nodiscard]] bool fits_budget(std::int64_t more) const;
    Value refuse_budget(Call& call, std::int64_t more);
    void note_keyed(const Call& call, KeyNote::What what);
    Task<CallEnd> conduct(Branch& branch, Call& call);
    Task<std::optional<CallEnd>> until_started(Branch& branch, Call& call);
    Task<Fact> until_answered(Branch& branch, Call& call);
    Task<std::optional<CallEnd>> pause(Branch& branch, Call& call, std::uint16_t number,
                                       std::optional<std::int64_t> asked_ms);
    CallEnd time_out(Call& call);
    // What an attempt in doubt turned out to be: sent again, or an end, or surely not done.
    struct Settlement {
        enum class What : std::uint8_t { SendAgain, Ended, NotDone };
        What what = What::SendAgain;
        CallEnd end;
    };
    Task<Settlement> settle(Branch& branch, Call& call);
    Task<Settlement> send_again(Branch& branch, Call& call);
    Task<Settlement> ask_person(Branch& branch, Call& call);
    Task<Settlement> ask_probe(Branch& branch, Call& call);
    std::optional<CallEnd> undone_in_doubt(Branch& branch, Call& call);
    void clear_doubt(Call& call);

    // --- forks.cpp
    Task<> each(Branch& branch, const ir::Each& node);
    Task<> parallel(Branch& branch, const ir::Parallel& node);
    Task<std::vector<Value>> fork(Branch& branch, const Fork& plan, bool may_be_irreversible);
    void start_branches(Branch& parent);
    Task<> branch_main(Branch& branch, ir::BlockId body, Env env);
    void done(Branch& parent, std::uint32_t item, Value value);
    bool tolerate(Branch& parent, std::uint32_t item, const Value& error);
    [[nodiscard]] static std::vector<std::uint32_t> failing_with(const Fork& fork,
                                                                 std::uint32_t item);
    [[nodiscard]] static bool tolerates(const Fork& fork, std::size_t failures);
    void stop_all(Fork& fork);
    void leave(Branch& branch);
    void join_if_done(Branch& parent);
    [[nodiscard]] bool may_be_irreversible(ir::BlockId block) const;
    [[nodiscard]] bool reads(ir::BlockId block, ir::LocalId local) const;

    // --- people.cpp
    Task<Value> ask(Branch& branch, const ir::ReviewTerms& terms, ReviewTask task);
    void open_line(std::uint64_t id, ReviewTask& task);
    void log_task(std::uint64_t id, const ReviewTask& task);
    void overdue(std::uint64_t id);
    void decide(std::uint64_t id, DecisionCode decision, std::vector<Value> values, std::string by,
                std::string reason);
    Task<> review(Branch& branch, const ir::Review& node);
    Task<> wait(Branch& branch, const ir::Wait& node);
    std::optional<std::pair<std::uint32_t, Value>> take_letter(const ir::Wait& node,
                                                               const Branch& branch);
    Task<> lock(Branch& branch, const ir::Lock& node);
    [[nodiscard]] std::int64_t due_of(const Value& deadline) const;
    [[nodiscard]] static bool is_named(const Value& deadline);

    // --- ending.cpp: the workflow as a whole, hooks, the end
    Task<> root_main();
    void start_time();
    Task<> end_with(EndStatus how, Value value);
    void end_run(EndStatus how, Value value, const std::string& place);
    Task<> hook(Branch& branch, Frame::Kind kind, const ir::Hook& hook, std::vector<Value> own);
    [[nodiscard]] bool hooks_see(const Branch& branch) const;

    const ir::Module& module_;
    const ir::Workflow& workflow_;
    Beginning beginning_;
    Evaluator evaluator_;
    Out out_;
    std::int64_t now_ms_ = 0;
    std::uint64_t next_seq_ = 1;
    BranchId next_branch_ = 1;
    std::uint64_t next_timer_ = 1;
    std::uint64_t next_lock_ = 1;
    std::uint64_t completions_ = 0;
    std::uint64_t draws_ = 0;
    std::int64_t spent_ = 0;
    std::int64_t reserved_ = 0;
    std::map<BranchId, std::unique_ptr<Branch>> branches_;
    std::vector<std::unique_ptr<Branch>> gone_;
    std::set<BranchId> ready_;
    std::set<BranchId> held_;  // Held and Stuck
    std::set<BranchId> parked_;
    std::map<std::uint64_t, Call> calls_;
    std::map<std::uint64_t, Timer> timers_;
    std::map<std::uint64_t, ReviewTask> tasks_;
    std::map<std::uint64_t, Sub> subs_;
    std::map<std::uint64_t, Letter> mailbox_;
    std::set<Bytes16> tags_;
    std::map<BranchId, const ir::Wait*> waiting_;
    std::optional<LockState> lock_;
    bool is_ending_ = false;
    bool is_failing_ = false;
    bool is_cancelled_ = false;
    bool is_timed_out_ = false;
    bool is_held_ = false;
    std::uint64_t undone_ = 0;
    Value run_error_;
    std::optional<EndStatus> ended_;
    Value result_;

  public:
    // What an ended run did and could still be undone, for the run that started it.
    [[nodiscard]] const std::vector<UndoEntry>& undos() const { return root().undo; }
    [[nodiscard]] const Beginning& beginning() const { return beginning_; }
};

}  // namespace weft::reference
