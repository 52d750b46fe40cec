// Blocks and statements: what has effects, and in which order.
#pragma once

#include <vector>

#include "compiler/check/expressions.h"

namespace weft::check {

// What a block gives to the place around it.
struct BlockWish {
    bool wants_value = false;
    TypeId hint;
    std::vector<ir::StmtId> prelude;  // lets for names that the place around makes
};

ir::BlockId check_block(Body& body, ast::Block block, BlockWish wish = {});
ir::BlockId check_lines(Body& body, const std::vector<ast::Statement>& lines, BlockWish wish);

// One statement in the open block. `value` where it gives one, `leaves` where nothing after it
// runs.
struct StatementResult {
    ir::ExprId value;
    bool leaves = false;
};
StatementResult check_statement(Body& body, ast::Statement node, bool wants_value);
// The same for `if`, `if let` and `match` (branches.cpp), `parallel` (parallel.cpp) and `repeat`
// (repeat.cpp), whose path is the body's.
StatementResult check_branches(Body& body, ast::View node, bool wants_value, TypeId hint);
StatementResult check_parallel(Body& body, ast::Parallel node);
StatementResult check_repeat(Body& body, ast::Repeat node, bool wants_value, TypeId hint);
StatementResult check_next(Body& body, ast::Next node);
StatementResult check_done(Body& body, ast::Done node, TypeId hint);

// What a block gives is read, also where it is a step's result and nothing names it.
void use_value(Context& context, ir::ExprId value);
ir::StmtId add_stmt(Body& body, ir::Stmt::Kind kind, std::size_t row, Span span);
ir::StmtId add_let(Body& body, ir::LocalId local, ir::ExprId value, Span span);
// A path that no step of the workflow has yet, "document_qa.answers.evidence".
std::string new_path(Body& body, std::string_view name);
// Likewise, of a wait or review: that of the step around it, if it stands there for its clauses.
std::string own_path(Body& body, std::string_view name);

// The name of a step: as written, or that of what it does.
struct StepName {
    std::string text;
    Span span;
    bool is_given = false;
};
StepName name_of(ast::Step step);
void check_step(Body& body, ast::Step step, StatementResult& result);  // steps.cpp
// Parts of a step that every kind of it shares (steps.cpp): `when`; then handlers, compensation and
// the step's name.
void check_when(Body& body, ast::When when, ir::Step& step);
void finish_step(Body& body, ast::Step node, const StepName& name, ir::Step step,
                 StatementResult& result);
// `run other(args)`, as a step or alone (runs.cpp).
void check_run_step(Body& body, ast::Step node, ast::Run run, const StepName& name,
                    StatementResult& result);
void check_run(Body& body, ast::Run run, std::string_view name, Span name_span,
               StatementResult& result);
// Whose name an `each` has: its own, none, or that of the step around it that bears its clauses.
enum class EachNaming : std::uint8_t { Named, Nameless, OfItsStep };
void check_each(Body& body, ast::Each each, std::string_view name, Span name_span,
                EachNaming naming, StatementResult& result);           // each.cpp
void check_gate(Body& body, ast::Gate gate, StatementResult& result);  // gates.cpp
// What rests until somebody outside does something (waits.cpp, reviews.cpp). `name` is the step
// before it, or what it is called without one.
StatementResult check_wait(Body& body, ast::Wait wait, std::string_view name, bool wants_value,
                           TypeId hint);
StatementResult check_review(Body& body, ast::Review review, std::string_view name);
void check_lock(Body& body, ast::Lock lock);
void check_sleep(Body& body, ast::Sleep sleep);
// A Duration or a Time: of `within D` or `until t` among the children of a node; none without.
ir::ExprId check_deadline(Body& body, const ast::View& node, std::string_view what);
// Who decides, until when and what then.
ir::ReviewTerms check_review_terms(Body& body, ast::Review review, std::string_view what);
void check_signals_awaited(Context& context, const WorkflowFrame& frame);
// `until t`, which stands in the place of `within`.
void check_until(Body& body, ast::Step node, ir::Step& step);
// The error record of `fail "text"`, `fail Name(…)` or `fail e`.
ir::ExprId check_fail(Body& body, ast::Expr expr, Span span);
ir::ExprId check_return(Body& body, ast::Expr expr, Span span);

}  // namespace weft::check
