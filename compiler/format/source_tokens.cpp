#include "compiler/format/source_tokens.h"

#include <algorithm>
#include <utility>

#include "compiler/format/shape.h"
#include "grammar/scan.h"

namespace weft::format_detail {

SourceTokens::SourceTokens(const Tree& t) : tree(t), text(t.text()) {
    collect(tree.root());
    attach_comments();
}

std::vector<Part> SourceTokens::parts(NodeId id) const {
    std::vector<Part> out;
    const Node& node = tree[id];
    std::uint32_t at = node.begin;
    auto tokens_until = [&](std::uint32_t end) {
        while (true) {
            at = scan::skip_trivia(text, at);
            if (at >= end) return;
            std::uint32_t stop = std::min(end, scan::token(text, at));
            out.push_back({NodeId{}, {text.substr(at, stop - at), node.kind, at}});
            at = stop;
        }
    };
    if (is_leaf_text(node.kind) || node.subtree == 1) {
        // Without children: the node is one token, or only words of its own.
        if (is_leaf_text(node.kind) || category(node.kind) == NodeCategory::Expr ||
            node.kind == NodeKind::Name || node.kind == NodeKind::Word) {
            bool made_of_tokens = node.kind == NodeKind::List || node.kind == NodeKind::Map;
            if (!made_of_tokens) {
                if (node.end > node.begin) {
                    out.push_back({NodeId{}, {tree.text(id), node.kind, node.begin}});
                }
                return out;
            }
        }
    }
    for (NodeId child : tree.children(id)) {
        tokens_until(tree[child].begin);
        out.push_back({child, {}});
        at = std::max(at, tree[child].end);
    }
    tokens_until(node.end);
    return out;
}

void SourceTokens::collect(NodeId id) {
    for (const Part& part : parts(id)) {
        if (part.child.has_value()) {
            collect(part.child);
        } else {
            begins_.push_back(part.token.begin);
        }
    }
}

void SourceTokens::attach_comments() {
    for (const Comment& comment : find_comments(tree)) {
        auto next = std::ranges::lower_bound(begins_, comment.begin);
        if (!comment.own_line && next != begins_.begin()) {
            trailing.emplace(*std::prev(next), comment);
        } else if (next == begins_.end()) {
            last.push_back(comment);
        } else {
            leading[*next].push_back(comment);
        }
    }
}

std::uint32_t SourceTokens::first_token(NodeId id) const {
    auto found = std::ranges::lower_bound(begins_, tree[id].begin);
    return found == begins_.end() ? tree[id].begin : *found;
}

std::string SourceTokens::comment_text(const Comment& comment) const {
    auto out = text.substr(comment.begin, comment.end - comment.begin);
    return std::string(out.substr(0, out.find_last_not_of(" \t\r") + 1));
}

bool SourceTokens::blank_before(std::uint32_t offset) const {
    std::uint32_t begin = scan::line_begin(text, offset);
    if (begin == 0) return false;
    std::uint32_t above = scan::line_begin(text, begin - 1);
    return above < begin && scan::skip_blanks(text, above) + 1 >= begin;
}

}  // namespace weft::format_detail
