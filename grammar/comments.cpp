#include "grammar/comments.h"

#include <algorithm>

#include "grammar/scan.h"

namespace weft {

namespace {

bool is_text(NodeKind kind) {
    return kind == NodeKind::Text || kind == NodeKind::TextBlock || kind == NodeKind::Regex;
}

// The body of a `///` or `//!` line, without one blank after the slashes.
std::string_view body(const Tree& tree, const Comment& comment) {
    auto out = tree.text().substr(comment.begin, comment.end - comment.begin).substr(3);
    if (out.starts_with(' ')) out.remove_prefix(1);
    return out;
}

CommentKind kind_of(std::string_view text, std::uint32_t at) {
    if (scan::starts(text, at, "//!")) return CommentKind::ModuleDoc;
    bool doc = scan::starts(text, at, "///") && !scan::starts(text, at, "////");
    return doc ? CommentKind::Doc : CommentKind::Line;
}

}  // namespace

std::vector<Comment> find_comments(const Tree& tree) {
    std::vector<Comment> out;
    auto text = tree.text();
    std::uint32_t at = 0;
    std::uint32_t index = 0;
    while (at < text.size()) {
        // Texts stand in the order of their begin; the outermost one is skipped whole.
        while (index < tree.size() &&
               (!is_text(tree.nodes()[index].kind) || tree.nodes()[index].end <= at)) {
            ++index;
        }
        std::uint32_t stop = static_cast<std::uint32_t>(text.size());
        if (index < tree.size()) stop = std::max(at, tree.nodes()[index].begin);
        auto found = text.substr(0, stop).find("//", at);
        if (found == std::string_view::npos) {
            at = index < tree.size() ? tree.nodes()[index].end : stop;
            continue;
        }
        auto begin = static_cast<std::uint32_t>(found);
        auto end = scan::line_end(text, begin);
        bool own_line = begin == scan::line_begin(text, begin) + scan::indent(text, begin);
        out.push_back({kind_of(text, begin), begin, end, own_line});
        at = end;
    }
    return out;
}

std::string doc_comment(const Tree& tree, NodeId node) {
    auto text = tree.text();
    std::vector<std::string_view> lines;
    std::uint32_t line = scan::line_begin(text, tree[node].begin);
    while (line > 0) {
        line = scan::line_begin(text, line - 1);
        std::uint32_t at = scan::skip_blanks(text, line);
        if (!scan::starts(text, at, "///")) break;
        lines.push_back(body(tree, {CommentKind::Doc, at, scan::line_end(text, at), true}));
    }
    std::string out;
    for (auto it = lines.rbegin(); it != lines.rend(); ++it) {
        if (it != lines.rbegin()) out += '\n';
        out += *it;
    }
    return out;
}

std::string module_doc(const Tree& tree) {
    std::string out;
    bool first = true;
    for (const Comment& comment : find_comments(tree)) {
        if (comment.kind != CommentKind::ModuleDoc) continue;
        if (!first) out += '\n';
        first = false;
        out += body(tree, comment);
    }
    return out;
}

}  // namespace weft
