// The tokens of a text as the tree divides them, and the comments that go with each. It makes no
// layout.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/format/spacing.h"
#include "grammar/comments.h"

namespace weft::format_detail {

struct Part {
    NodeId child;  // or a token of the node's own
    Token token;
};

struct SourceTokens {
    explicit SourceTokens(const Tree& tree);

    // Children and own tokens of a node, in the order of the source.
    [[nodiscard]] std::vector<Part> parts(NodeId id) const;
    [[nodiscard]] std::uint32_t first_token(NodeId id) const;
    [[nodiscard]] std::string comment_text(const Comment& comment) const;
    // Whether an empty line stands above the line of the offset.
    [[nodiscard]] bool blank_before(std::uint32_t offset) const;

    const Tree& tree;
    std::string_view text;
    // A comment at a line's end goes with the token before it, one on its own line with the next.
    std::map<std::uint32_t, std::vector<Comment>> leading;
    std::map<std::uint32_t, Comment> trailing;
    std::vector<Comment> last;

  private:
    void collect(NodeId id);
    void attach_comments();

    std::vector<std::uint32_t> begins_;
};

}  // namespace weft::format_detail
