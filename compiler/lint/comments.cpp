// Comments: open ends, and docs that belong to nothing.
#include "grammar/comments.h"

#include <fmt/format.h>

#include <array>
#include <unordered_set>

#include "compiler/lint/lint.h"
#include "grammar/scan.h"

namespace weft::lint {

namespace {

using check::Context;

// The word with which an author marks what is still to be done, in a way that no search of this
// file finds: todo-comment.
constexpr std::array<std::string_view, 2> kMarks = {
    "TO"
    "DO",
    "FIX"
    "ME"};

bool has_mark(std::string_view text) {
    for (std::string_view mark : kMarks) {
        for (std::size_t at = text.find(mark); at != std::string_view::npos;
             at = text.find(mark, at + 1)) {
            bool begins = at == 0 || !scan::is_word_char(text[at - 1]);
            std::size_t end = at + mark.size();
            if (begins && (end == text.size() || !scan::is_word_char(text[end]))) return true;
        }
    }
    return false;
}

// The first thing after the comment, its own lines of doc passed over.
std::uint32_t next_thing(std::string_view text, const Comment& comment) {
    std::uint32_t at = scan::skip_blanks(text, comment.end);
    if (scan::at(text, at) == '\n') ++at;
    while (scan::starts(text, scan::skip_blanks(text, at), "///"))
        at = scan::line_end(text, at) + 1;
    return scan::skip_blanks(text, at);
}

// Where something begins that a comment above could describe.
std::unordered_set<std::uint32_t> begins_of(const Tree& tree) {
    std::unordered_set<std::uint32_t> out;
    for (const Node& node : tree.nodes()) {
        if (node.kind != NodeKind::Module && node.end > node.begin) out.insert(node.begin);
    }
    return out;
}

// Doc comments belong to what begins on the line below.
bool is_orphan(const Tree& tree, const std::unordered_set<std::uint32_t>& begins,
               const Comment& comment) {
    if (comment.kind != CommentKind::Doc) return false;
    return !comment.own_line || !begins.contains(next_thing(tree.text(), comment));
}

void check_module(const Context& context, const check::ModuleInfo& module) {
    const Tree& tree = module.parsed->tree;
    const Comment* reported = nullptr;
    auto comments = find_comments(tree);
    const auto begins = begins_of(tree);
    for (const auto& comment : comments) {
        std::string_view text = tree.text().substr(comment.begin, comment.end - comment.begin);
        Span span{module.file, comment.begin, comment.end};
        if (has_mark(text)) {
            context.report(DiagnosticCode::TodoComment, span, "something is left to do here");
        }
        if (module.parsed->has_errors || !is_orphan(tree, begins, comment)) continue;
        // One message for the lines of one comment.
        bool goes_on = reported != nullptr && reported + 1 == &comment;
        reported = &comment;
        if (goes_on) continue;
        auto& d = context.report(DiagnosticCode::OrphanDocComment, span,
                                 "this doc comment stands above nothing that it could describe");
        d.help = "put it straight above a declaration, field or statement, or write `//`";
    }
}

}  // namespace

void check_comments(const Context& context) {
    for (const auto& module : context.modules) {
        if (!module.is_standard && module.parsed) check_module(context, module);
    }
}

}  // namespace weft::lint
