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
// The same for `if`, `if let` and `match` (branches.cpp). `path` is the step before them, if any.
StatementResult check_branches(Body& body, ast::View node, bool wants_value, TypeId hint);

ir::StmtId add_stmt(Body& body, ir::Stmt::Kind kind, std::size_t row, Span span);
ir::StmtId add_let(Body& body, ir::LocalId local, ir::ExprId value, Span span);
// A path that no step of the workflow has yet, "document_qa.answers.evidence".
std::string new_path(Body& body, std::string_view name);

void check_step(Body& body, ast::Step step, StatementResult& result);  // steps.cpp
void check_each(Body& body, ast::Each each, std::string_view name, Span name_span, bool is_named,
                StatementResult& result);                              // steps.cpp
void check_gate(Body& body, ast::Gate gate, StatementResult& result);  // gates.cpp
// The error record of `fail "text"`, `fail Name(…)` or `fail e`.
ir::ExprId check_fail(Body& body, ast::Expr expr, Span span);
ir::ExprId check_return(Body& body, ast::Expr expr, Span span);

}  // namespace weft::check
