// What the layout knows of each kind of node: which have clauses or items on lines of their own, in
// which order clauses stand, and where brackets belong to a name.
#pragma once

#include <span>

#include "grammar/tree.h"

namespace weft::format_detail {

// Its text is one token, whatever stands inside.
bool is_leaf_text(NodeKind kind);
// Clauses on lines of their own below the statement's first.
bool has_clause_lines(NodeKind kind);
// Items on lines of their own, in braces.
bool has_braced_lines(NodeKind kind);
bool stays_on_one_line(NodeKind kind);
// Arguments or parameters in round brackets.
bool has_argument_list(NodeKind kind);
// The canonical order of the clauses of a worker, a workflow or a step; none for others.
std::span<const NodeKind> clause_order(NodeKind owner);

}  // namespace weft::format_detail
