// Views of the clauses of a step (a worker and a workflow share some).
#pragma once

#include "grammar/ast_expr.h"

namespace weft::ast {

using When = ExprOf<NodeKind::When>;
using Key = ExprOf<NodeKind::Key>;
using Timeout = ExprOf<NodeKind::Timeout>;

struct RetryOn : Of<NodeKind::RetryOn> {
    using Of::Of;
    [[nodiscard]] std::vector<Path> errors() const { return children<Path>(); }
};

struct Backoff : Of<NodeKind::Backoff> {
    using Of::Of;
    [[nodiscard]] Expr from() const { return child<Expr>(); }
    [[nodiscard]] Expr to() const { return child<Expr>(1); }
};

struct Retry : Of<NodeKind::Retry> {
    using Of::Of;
    [[nodiscard]] Expr times() const { return child<Expr>(); }
    [[nodiscard]] RetryOn on() const { return child<RetryOn>(); }
    [[nodiscard]] Backoff backoff() const { return child<Backoff>(); }
    [[nodiscard]] bool then_hold() const { return bool(child<Of<NodeKind::ThenHold>>()); }
};

struct Cache : ExprOf<NodeKind::Cache> {
    using ExprOf::ExprOf;
    [[nodiscard]] By by() const { return child<By>(); }
};

// `on A, B (e) { … }`
struct On : Of<NodeKind::On> {
    using Of::Of;
    [[nodiscard]] std::vector<Path> errors() const { return children<Path>(); }
    [[nodiscard]] Name binder() const { return child<Name>(); }
    [[nodiscard]] Block block() const { return child<Block>(); }
};

struct CompensateNone : Of<NodeKind::CompensateNone> {
    using Of::Of;
    [[nodiscard]] Text reason() const { return child<Text>(); }
};

// One of none(), block() and call().
struct Compensate : Of<NodeKind::Compensate> {
    using Of::Of;
    [[nodiscard]] bool even_in_doubt() const { return bool(child<Of<NodeKind::InDoubt>>()); }
    [[nodiscard]] CompensateNone none() const { return child<CompensateNone>(); }
    [[nodiscard]] Block block() const { return child<Block>(); }
    [[nodiscard]] Expr call() const { return child<Expr>(); }
};

}  // namespace weft::ast
