// The two halves of lowering: ImageTables, what all functions share, and Emitter, the code of one
// function. Only files in compiler/lower/ include this.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "compiler/ir/module.h"
#include "compiler/lower/function_builder.h"
#include "compiler/lower/prove.h"

namespace weft::lowering {

// Where a workflow goes one way or the other.
struct BranchPoint {
    std::uint32_t function = 0;
    std::uint32_t pc = 0;  // of the jump_if_not
    Span span;
};

// Where a rung of a gate begins.
struct RungPoint {
    std::uint32_t function = 0;
    std::uint32_t pc = 0;
    std::string gate;  // its path
    std::uint32_t rung = 0;
};

// Tables of the image, filled as code asks for rows; functions, workers and prompts that nothing
// uses do not get into the image, so they do not change its hash.
class ImageTables {
  public:
    explicit ImageTables(const ir::Module& module);

    std::uint32_t constant(const Value& value);
    std::uint32_t text_constant(const std::string& text) { return constant(Value::text(text)); }
    std::uint32_t worker(ir::WorkerId id);
    // The image function that makes a prompt from its parameters, likewise.
    std::uint32_t prompt_function(ir::PromptId id);
    // Number of the image function; lowered at its first use.
    std::uint32_t fn(ir::FnId id);
    std::uint32_t reserve_function();
    void put_function(std::uint32_t number, FunctionBuilder& builder);
    std::uint32_t site(SiteKind kind, std::uint32_t row, std::uint32_t function, std::uint32_t pc);
    SourcePlace place(Span span);
    // What was proved of a call or a fork, at the site that it was given.
    void certify(const ir::Step& step, std::uint32_t site);
    void certify(const ir::Each& each, std::uint32_t site);
    // Once all code is there.
    void finish_certificate();

    const ir::Module& module;
    Image image;
    bool too_large = false;
    std::vector<BranchPoint> branches;  // of `if`, `match` and `when`; for the coverage of tests
    std::vector<RungPoint> rungs;       // likewise

  private:
    Proofs proofs_;
    std::map<std::string, std::uint32_t> constants_;  // by canonical bytes
    std::map<ir::WorkerId, std::uint32_t> workers_;
    std::map<ir::PromptId, std::uint32_t> prompts_;
    std::map<ir::FnId, std::uint32_t> fns_;
};

// Predicates, then workflows, with all that they use.
void lower_program(ImageTables& tables);

// Locals that a piece of the IR reads but does not define: what a branch, an undo function or a
// lambda captures. In order of LocalId, so the same program gives the same image.
std::set<ir::LocalId> free_locals(const ir::Module& module, ir::BlockId block);
std::set<ir::LocalId> free_locals(const ir::Module& module, const ir::Lambda& lambda);

class Emitter {
  public:
    Emitter(ImageTables& tables, std::string name, FunctionKind kind);

    void parameter(ir::LocalId local);
    void store(ir::LocalId local, ir::ExprId value);
    // The block's statements; its value, if it has one and `result` is given, goes there.
    void block(ir::BlockId id, const Reg* result);
    // What ends the function when control reaches the end of its body.
    void finish_with(ir::BlockId body);
    void finish_with_expression(ir::ExprId body);
    void finish_with_prompt(ir::PromptId id, std::uint32_t row);
    [[nodiscard]] std::uint32_t number() const { return number_; }
    // The named slot of a local that has one.
    [[nodiscard]] std::uint16_t slot(ir::LocalId local) const {
        return static_cast<std::uint16_t>(builder_.of(local).index);
    }

  private:
    // --- expressions (expressions.cpp)
    Reg expression(ir::ExprId id);  // its own register when it is a local
    void into(ir::ExprId id, Reg target);
    Reg neighbours(const std::vector<ir::ExprId>& ids);
    void literal(const Value& value, Reg target);
    void none(Reg target);
    void and_or(const ir::Expr& e, Reg target);
    void choose(const ir::Expr& e, Reg target);
    void coalesce(const ir::Expr& e, Reg target);
    void in_range(const ir::Expr& e, Reg target);
    void list_function(const ir::Expr& e, Reg target);
    void is_none(const ir::Expr& e, Reg target);
    void refine(const ir::Expr& e, Reg target);
    void case_is(const ir::Expr& e, Reg target);
    std::uint32_t lambda(ir::LambdaId id, const std::set<ir::LocalId>& captures);

    // --- statements (statements.cpp)
    void statement(const ir::Stmt& stmt);
    void leave_with(ir::ExprId value, Span span);
    void if_statement(const ir::If& node);
    void emit_event(const ir::Stmt& stmt);
    std::uint32_t site_here(SiteKind kind, std::uint32_t row);
    void branch_here(Span span);  // the next instruction decides
    Reg local(ir::LocalId id);
    // Captured values as neighbours, in the order in which the function takes them.
    Reg captured(const std::set<ir::LocalId>& captures);

    // --- branches (forks.cpp)
    void each(const ir::Each& node);
    void parallel(const ir::Parallel& node);
    std::vector<BranchRow> branches(const ir::Parallel& node,
                                    const std::set<ir::LocalId>& captures);
    void element(Reg list, std::size_t index, Reg target);

    // --- loops (loops.cpp)
    struct Loop {
        std::size_t scopes;  // open around it
        Label again;
        Label end;
        Reg result;
    };
    void repeat(const ir::Repeat& node);
    void next(const ir::Stmt& stmt);
    void done(const ir::Stmt& stmt);
    void leave_scopes(const Loop& loop);
    // A jump back that is taken only while the counter is above `low` and at most `high`.
    void jump_back(Reg counter, std::int64_t low, std::int64_t high, Label target, Label stuck);
    void fail_with(ir::ExprId error);
    // --- what waits for people, signals, other runs (waits.cpp)
    void wait(const ir::Wait& node);
    void review(const ir::Review& node);
    void lock(const ir::Lock& node);
    // Asks for a decision about the values in the registers from `shown` on; the answer goes to a
    // hidden register.
    Reg ask(const ir::ReviewTerms& terms, ReviewRow row, const std::vector<Reg>& shown);
    void jump_unless_decided(Reg answer, std::int64_t decision, Label otherwise);
    void raise_error(const std::string& name, Reg message, const std::string& path,
                     const Reg* detail = nullptr);

    // --- steps (steps.cpp)
    void step(const ir::Step& node);
    void call(const ir::Step& node);
    void run_sub(const ir::Step& node);
    void composite(const ir::Step& node);
    void handlers(const ir::Step& node, Reg error);
    // Between the two, failures go to `failed`, with the error in `error`.
    void open_scope(Reg error, Label failed);
    void open_block(const ir::Step& node, Reg error, Label failed);
    void close_scope();
    void register_undo(const ir::Undo& undo, const std::string& path);
    // A span whose own compensation, if it has one, takes the place of those inside.
    Reg open_undone(const ir::Undo& undo, const std::string& path);
    void close_undone(const ir::Undo& undo, const std::string& path, Reg mark);
    std::uint32_t step_row(const ir::Step& node);

    // --- gates (gates.cpp)
    struct GateState {
        Reg taken;                            // how many rungs were taken so far
        std::map<std::size_t, Reg> marks;     // undo mark by retry rung
        std::map<std::size_t, Label> starts;  // where a retry rung goes back to
        Label stuck;                          // when no rung is left
        std::uint32_t row = 0;                // in Image::gates
    };
    void open_gates(const ir::Block& block);
    void mark_retry_start(ir::StmtId stmt);
    void gate(const ir::Gate& node, GateState& state);
    void requirement_steps(const ir::Requirement& requirement, Reg error);
    void requirement_record(const ir::Requirement& requirement, Reg error, Reg target);
    void rung_number(const ir::Gate& node, Reg taken, Reg target);
    void rung(const ir::Gate& node, GateState& state, std::size_t number, Label evaluate,
              Label next, Label done);
    void review_rung(const ir::Gate& node, GateState& state, std::size_t number, Label evaluate,
                     Label next, Label done);

    const ir::Module& module_;
    ImageTables& tables_;
    FunctionKind kind_;
    std::string name_;
    std::uint32_t number_;
    FunctionBuilder builder_;
    std::map<std::uint32_t, GateState> gates_;  // by row in Module::gates
    std::map<std::uint32_t, Loop> loops_;       // by row in Module::repeats
    std::size_t open_scopes_ = 0;
    // Retry rungs, as (row in Module::gates, rung), by the statement they go back to.
    std::multimap<ir::StmtId, std::pair<std::uint32_t, std::size_t>> retries_;
};

// Once the workflow's own function is there.
void lower_hooks(ImageTables& tables, const ir::Workflow& workflow, const Emitter& body,
                 std::size_t row_number);

}  // namespace weft::lowering
