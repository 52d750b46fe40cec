// The typed IR: what the checker makes of the syntax trees of a package, names resolved, types
// known, defaults filled in, policies computed. Typed ids into vectors of plain structs inside one
// Module; nothing owns by pointer, so printing, hashing and comparing are loops. It knows nothing
// of bytecode except the type table and the built-ins' numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/source.h"
#include "bytecode/image.h"
#include "compiler/ir/expr.h"
#include "compiler/ir/waits.h"
#include "value/type.h"

namespace weft::ir {

// A name that holds a value: parameter, let, step result, gate verdict, tune, loop item, or a name
// the checker made up (for a requirement's worker call).
struct Local {
    std::string name;
    TypeId type;
    Span span;
    std::string was = {};  // the name that the program's hash knows, where it was another
};

struct Lambda {
    std::vector<LocalId> parameters;  // item (Fold: accumulator, item)
    ExprId body;
};

struct Fn {
    std::string name;  // qualified
    std::vector<LocalId> parameters;
    TypeId result;
    ExprId body;
};

// A refinement predicate that is no simple bound or pattern: a function of `it`. Its position in
// Module::predicates is the number in Constraint::function (lowering maps it to an image function).
struct Predicate {
    LocalId it;
    ExprId body;
};

struct Prompt {
    std::string name;
    std::vector<LocalId> parameters;
    TypeId type;                  // TypeKind::Prompt
    ExprId system;                // Text
    ExprId user;                  // Text
    std::string template_source;  // text of the declaration; its SHA-256 is the template hash
};

struct Handler {                      // on A, B (e) { … }
    std::vector<std::string> errors;  // empty: Error, any
    LocalId error;                    // record (name, message, step, attempts, detail)
    BlockId body;
};

struct Undo {
    enum class Kind : std::uint8_t { Missing, None, Run };
    Kind kind = Kind::Missing;
    std::string reason;  // None
    bool even_in_doubt = false;
    BlockId body;  // Run: a block of steps, also for `compensate worker(args)`
    Span span;
};

inline constexpr std::uint32_t kNoWorkflow = 0xFFFF'FFFF;

// One effect, a composite step (then `body` is set), or a run of another workflow (then `workflow`
// is); worker is set for an effect alone.
struct Step {
    std::string path;  // "document_qa.answers.evidence"
    LocalId result;
    WorkerId worker;
    std::uint32_t workflow = kNoWorkflow;  // row of Module::workflows
    bool detached = false;
    [[nodiscard]] bool is_run() const { return workflow != kNoWorkflow; }
    std::vector<ExprId> args;  // one a parameter, in declared order, defaults filled in
    std::vector<TypeId> argument_types;
    TypeId result_type;
    BlockId body;
    ExprId when;   // the result is T? then
    ExprId until;  // `until t`, in the place of the policy's time within; none mostly
    ExprId key;
    ExprId cache;  // the value by which it is cached
    std::int64_t cache_ms = 0;
    Policy policy;
    std::vector<Handler> handlers;
    Undo undo;
    Span span;
    Span name_span;
};

struct Each {
    std::string path;
    LocalId result;  // List of the body's type
    LocalId item;
    ExprId list;
    std::uint32_t limit = 1;
    std::uint64_t items_max = kUnbounded;
    bool collects = false;         // its items give outcomes …
    std::uint32_t errors_max = 0;  // … and at most so many may fail
    BlockId body;
    Undo undo;  // of the step that stands before it, if any
    Span span;
};

// One line of a parallel. Branches that read the `value` of another run after it.
struct ParallelBranch {
    std::string path;
    BlockId body;
    LocalId value;   // as it comes; none when nothing can name it
    LocalId result;  // what the block around reads: the value, or its outcome; may be none
};

struct Parallel {
    std::string path;
    JoinRule join = JoinRule::All;
    std::uint32_t needed = 0;  // Ok: branches that must be done
    bool gives_one = false;    // Ok: the value itself, not the list of values
    std::vector<ParallelBranch> branches;
    LocalId result;  // Ok
    Span span;
};

struct Repeat {
    std::string path;
    LocalId item;
    ExprId initial;
    std::uint32_t times = 1;
    BlockId body;  // every path ends in Next or Done, or leaves the workflow
    BlockId else_block;
    LocalId result;
    Span span;
};

struct Requirement {
    std::string text;           // as written
    std::vector<StmtId> steps;  // worker calls of this requirement (Stmt::Kind::Step), at most two
    ExprId condition;           // Bool
    ExprId score;               // the left side of a comparison; none for a plain Bool
    ExprId threshold;           // the right side
    std::string op;             // ">=" …; "" for a plain Bool
};

struct Rung {
    enum class Kind : std::uint8_t { Retry, Review, Fail, Return, Accept, Block };
    Kind kind = Kind::Fail;
    std::string text;                              // as written
    StmtId from;                                   // Retry: a statement earlier in the same block
    std::vector<std::pair<LocalId, ExprId>> with;  // Retry: tune := value
    std::uint32_t times = 1;                       // Retry
    std::vector<LocalId> values;                   // Review: what is shown and may be revised
    ReviewTerms terms;                             // Review
    ExprId value;  // Fail: error record; Return; Accept: reason Text
    BlockId body;  // Block: ends in fail or return
    Span span;
};

struct Gate {
    std::string path;
    std::string name;
    LocalId verdict;  // record (accepted Bool, rung Int, scores List<Decimal?>, reasons List<Text>)
    std::vector<Requirement> requirements;
    std::vector<Rung> rungs;
    Span span;
};

struct If {
    ExprId condition;
    BlockId then_block;
    BlockId else_block;  // may be none
    LocalId result;      // none when the value is not used
    Span span;
};

struct Stmt {
    enum class Kind : std::uint8_t {
        Let,
        Step,
        Each,
        If,
        Gate,
        Return,
        Fail,
        Emit,
        Sleep,
        Parallel,
        Repeat,
        Next,
        Done,
        SleepUntil,
        Wait,
        Review,
        Lock,
    };
    Kind kind = Kind::Let;
    std::uint32_t row = 0;  // in the vector of its kind (steps, eaches, …); Next, Done: in repeats
    LocalId local;          // Let
    ExprId expr;            // Let, Return, Fail (an error record), Emit, Sleep(Until), Next, Done
    std::string name;       // Emit
    Span span;
};

struct Block {
    std::vector<StmtId> stmts;
    ExprId value;  // of the last line; none when it has none or leaves
    TypeId type;
    bool leaves = false;  // ends in fail, return, next or done on every path
};

struct WorkflowParameter {
    LocalId local;
    std::optional<Value> default_value;
};

// Pure statements, `emit` and steps that leave nothing to undo; of the workflow it sees parameters
// and tunes, at the end of the run also the steps, each as T?.
struct Hook {
    std::vector<LocalId> own;                        // the names that it is given
    std::vector<std::pair<LocalId, LocalId>> steps;  // its name for a step's value, that value
    BlockId body;                                    // none: there is no such hook
};

struct Workflow {
    std::string name;
    std::string doc;
    std::vector<WorkflowParameter> parameters;
    std::vector<WorkflowParameter> tunes;
    TypeId result;
    std::int64_t within_ms = 0;
    bool has_budget = false;
    std::int64_t budget_micros = 0;
    std::string budget_currency;
    std::int64_t retain_ms = 0;
    ExprId key;      // of the parameters alone
    ExprId until;    // likewise; the Time at which its time is over, in the place of within_ms
    ExprId subject;  // likewise; Text or a list of them
    bool strict_order = false;
    std::vector<Signal> signals;
    BlockId body;
    Hook before_step;
    Hook after_step;
    Hook on_retry;
    Hook on_failure;
    Hook finally;
    bool may_be_irreversible = false;  // found from its steps
    Span span;
    Span within_span;
    Span budget_span;
};

struct Worker {
    WorkerRow row;  // everything but `probe`, which lowering resolves
    WorkerId probe;
    Policy policy;                        // the declaration's defaults
    std::vector<TypeId> parameter_types;  // with type parameters as written, for `weft dump --ir`
    Span span;
};

struct Schedule {
    ScheduleRow row;
    Span span;
};

// What runs that come from another program take over.
struct Migrate {
    struct Mapping {
        std::string path;  // of the step that takes the value
        ExprId value;
        std::vector<LocalId> reads;      // what it is made of …
        std::vector<std::string> paths;  // … by the paths that steps had there
    };
    std::uint32_t workflow = 0;
    std::string from;  // first hex digits of the other program's hash
    std::vector<Mapping> mappings;
    Span span;
};

struct Module {
    SourceSet sources;
    TypeTable types;
    IdVector<LocalId, Local> locals;
    IdVector<ExprId, Expr> exprs;
    IdVector<StmtId, Stmt> stmts;
    IdVector<BlockId, Block> blocks;
    IdVector<LambdaId, Lambda> lambdas;
    IdVector<FnId, Fn> fns;
    std::vector<Predicate> predicates;
    IdVector<PromptId, Prompt> prompts;
    IdVector<WorkerId, Worker> workers;
    std::vector<Step> steps;
    std::vector<Each> eaches;
    std::vector<If> ifs;
    std::vector<Gate> gates;
    std::vector<Parallel> parallels;
    std::vector<Repeat> repeats;
    std::vector<Wait> waits;
    std::vector<Review> reviews;
    std::vector<Lock> locks;
    std::vector<Workflow> workflows;
    std::vector<Schedule> schedules;
    std::vector<ErrorRow> errors;  // that are declared
    std::vector<Migrate> migrates;
};

// For people (`weft dump --ir`) and for goldens.
std::string print(const Module& module);
// The canonical bytes of the IR: what the store keeps with each program, to be hashed, not parsed.
std::string canonical_form(const Module& module);
// SHA-256 of canonical_form: names the program. Spans, comments and formatting do not count; local
// names do (they are what the log and the reviews show).
Hash program_hash(const Module& module);

}  // namespace weft::ir
