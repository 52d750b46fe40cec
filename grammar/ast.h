// Typed views of the syntax tree: what a phase reads instead of nodes. A view is two words, (tree,
// node); it is empty where the source lacked the part, and every accessor of an empty view gives an
// empty view again, so a phase tests only what it needs. Views own nothing: the Tree must outlive
// them.
#pragma once

#include "grammar/ast_decl.h"
#include "grammar/ast_expr.h"
#include "grammar/ast_stmt.h"
#include "grammar/ast_test.h"
