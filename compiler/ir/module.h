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
#include "value/type.h"

namespace weft::ir {

using ExprId = Id<struct ExprTag>;
using StmtId = Id<struct StmtTag>;
using BlockId = Id<struct BlockTag>;
using LocalId = Id<struct LocalTag>;  // in Module::locals
using FnId = Id<struct FnTag>;
using LambdaId = Id<struct LambdaTag>;
using PromptId = Id<struct PromptTag>;
using WorkerId = Id<struct WorkerTag>;
using StepId = Id<struct StepTag>;

// A name that holds a value: parameter, let, step result, gate verdict, tune, loop item, or a name
// the checker made up (for a requirement's worker call).
struct Local {
    std::string name;
    TypeId type;
    Span span;
};

enum class ExprKind : std::uint8_t {
    Literal,  // value
    Local,    // local
    Field,    // a.field number `index`
    Index,    // a[b]: T?
    Not,
    Negate,
    Add,
    Subtract,
    Multiply,
    Divide,
    WholeDivide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,       // a in list b
    InRange,  // a in args[0] .. args[1]
    And,
    Or,         // b only if needed
    Coalesce,   // a ?? b
    ToDecimal,  // Int a where a Decimal is expected (a literal, or a division's operand)
    Record,     // args: all fields in order
    Case,       // case number `index` with args
    List,
    Map,        // args; a Map's are key, value, key, value
    CallFn,     // fn `index` (FnId) of args
    Builtin,    // built-in number `index` of args
    ListFn,     // `list_op` over list a with lambda `index`; Fold's start in b
    Text,       // concatenation of args, each of type Text (holes are ToText)
    ToText,     // a as it stands in a hole
    Prompt,     // prompt `index` (PromptId) of args
    Refine,     // T.from(a): T?; type of the node is T?, `index` the TypeId of T
    If,         // a ? b : args[0]
    CaseIs,     // case a has number `index`: Bool
    CaseField,  // field number `index` of the case a (which is known to have case number `extra`)
    IsNone,     // a is none: Bool
    Unwrap,     // a: T? known not to be none, as T
    ErrorIs,    // error a has the name in `text`
    ThisRun,    // record (id, starter, started_at)
    Let,        // local := a, then b (from match arms and if let)
};

enum class ListOp : std::uint8_t { Map, Filter, Any, All, Share, SortBy, GroupBy, FlatMap, Fold };

struct Expr {
    ExprKind kind = ExprKind::Literal;
    TypeId type;
    Span span;
    ExprId a;
    ExprId b;
    std::vector<ExprId> args;
    LocalId local;
    std::uint32_t index = 0;
    std::uint32_t extra = 0;
    ListOp list_op = ListOp::Map;
    Value value;
    std::string text;
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

// One effect, or a composite step (then `body` is set and worker is not).
struct Step {
    std::string path;  // "document_qa.answers.evidence"
    LocalId result;
    WorkerId worker;
    std::vector<ExprId> args;  // one a parameter, in declared order, defaults filled in
    std::vector<TypeId> argument_types;
    TypeId result_type;
    BlockId body;
    ExprId when;  // the result is T? then
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
    BlockId body;
    Undo undo;  // of the step that stands before it, if any
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
    std::vector<std::string> roles;
    std::uint16_t approvals_needed = 1;
    std::int64_t within_ms = 0;
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
    enum class Kind : std::uint8_t { Let, Step, Each, If, Gate, Return, Fail, Emit, Sleep };
    Kind kind = Kind::Let;
    std::uint32_t row = 0;  // in the vector of its kind (steps, eaches, ifs, gates)
    LocalId local;          // Let
    ExprId expr;            // Let, Return, Fail (an error record), Emit, Sleep
    std::string name;       // Emit
    Span span;
};

struct Block {
    std::vector<StmtId> stmts;
    ExprId value;  // of the last line; none when it has none or leaves
    TypeId type;
    bool leaves = false;  // ends in fail or return on every path
};

struct WorkflowParameter {
    LocalId local;
    std::optional<Value> default_value;
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
    BlockId body;
    Span span;
};

struct Worker {
    WorkerRow row;  // everything but `probe`, which lowering resolves
    WorkerId probe;
    Policy policy;                        // the declaration's defaults
    std::vector<TypeId> parameter_types;  // with type parameters as written, for `weft dump --ir`
    // What decides only when an attempt leaves; 0: none declared.
    std::uint32_t limit_at_once = 0;
    std::uint32_t limit_count = 0;
    std::int64_t limit_period_ms = 0;
    std::uint32_t breaker_failures = 0;
    std::int64_t breaker_window_ms = 0;
    std::int64_t breaker_open_ms = 0;
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
    std::vector<Workflow> workflows;
};

// For people (`weft dump --ir`) and for goldens.
std::string print(const Module& module);
// The canonical bytes of the IR: what the store keeps with each program, to be hashed, not parsed.
std::string canonical_form(const Module& module);
// SHA-256 of canonical_form: names the program. Spans, comments and formatting do not count; local
// names do (they are what the log and the reviews show).
Hash program_hash(const Module& module);

}  // namespace weft::ir
