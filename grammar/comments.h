// Comments: not in the tree, found again in the text between the nodes.
#pragma once

#include <string>
#include <vector>

#include "grammar/tree.h"

namespace weft {

enum class CommentKind { Line, Doc, ModuleDoc };  // `//`, `///`, `//!`

struct Comment {
    CommentKind kind = CommentKind::Line;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;  // without the line end
    bool own_line = false;  // nothing but blanks before it
};

// In order.
std::vector<Comment> find_comments(const Tree& tree);
// The `///` lines straight above a declaration, field or statement, without their slashes, joined
// by newlines.
std::string doc_comment(const Tree& tree, NodeId node);
// The `//!` lines of the file.
std::string module_doc(const Tree& tree);

}  // namespace weft
