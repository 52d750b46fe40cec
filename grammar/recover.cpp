// Decisions of the recovery. Indentation has no meaning in Weft; it is looked at here alone, and
// for braces only when those of the whole text don't balance, so that it can't change a right
// program.
#include <algorithm>
#include <array>

#include "grammar/context.h"
#include "grammar/keywords.h"

namespace weft::grammar {

bool Context::is_declaration_start(Offset at) const {
    auto word = scan::word(text_, at);
    if (word.empty() || word_class(word) != WordClass::Declaration) return false;
    Offset end = at + static_cast<Offset>(word.size());
    Offset next = scan::skip_blanks(text_, end);
    char c = scan::at(text_, next);
    return next > end && (c == '"' || (scan::is_word_char(c) && !scan::is_digit(c)));
}

bool Context::declares_on_few_lines(Offset at) const {
    constexpr std::array<std::string_view, 6> kWords = {"use",  "fn",   "record",
                                                        "enum", "type", "error"};
    return is_declaration_start(at) &&
           std::ranges::find(kWords, scan::word(text_, at)) != kWords.end();
}

bool Context::is_stop(Offset line_start) const {
    auto word = scan::word(text_, line_start);
    if (word.empty()) return false;
    auto c = word_class(word);
    if (c == WordClass::Declaration) return is_declaration_start(line_start);
    if (c != WordClass::Statement && c != WordClass::Clause) return false;
    // These two begin operands too.
    if (word == "if" || word == "match") return false;
    Offset end = line_start + static_cast<Offset>(word.size());
    return scan::at(text_, scan::skip_blanks(text_, end)) != ':';
}

Offset Context::brace_at_line_end(Offset at) const {
    Offset end = scan::line_end(text_, at);
    Offset last = kNoMatch;
    for (Offset here = at; here < end && !scan::starts(text_, here, "//");) {
        if (!scan::is_blank(text_[here])) last = here;
        here = scan::is_blank(text_[here]) ? here + 1 : scan::token(text_, here);
    }
    return last != kNoMatch && text_[last] == '{' && last > at ? last : kNoMatch;
}

bool Context::is_stray_brace(Offset at) const {
    Offset here = skip(at);
    if (balance_.braces || scan::at(text_, here) != '{') return false;
    Offset end = scan::line_end(text_, here);
    Offset next = scan::skip_blanks(text_, here + 1);
    if (next >= end || scan::starts(text_, next, "//")) return false;
    int depth = 0;
    for (Offset i = here; i < end && !scan::starts(text_, i, "//");) {
        depth += text_[i] == '{' ? 1 : text_[i] == '}' ? -1 : 0;
        if (depth == 0) return false;
        i = scan::is_blank(text_[i]) ? i + 1 : scan::token(text_, i);
    }
    return true;
}

Offset Context::skip_one(Offset at) const {
    Offset here = skip(at);
    char c = scan::at(text_, here);
    if (is_stray_brace(here)) return here + 1;
    if (here >= text_.size() || c == '\n' || c == '{' || c == '}' || c == ')' || c == ']' ||
        scan::starts(text_, here, "//")) {
        return kNoMatch;
    }
    auto word = scan::word(text_, here);
    if (!word.empty() && here == scan::line_begin(text_, here) + scan::indent(text_, here) &&
        is_stop(here)) {
        return kNoMatch;
    }
    return scan::token(text_, here);
}

bool Context::ends_list(Offset at) const {
    Offset here = skip(at);
    char c = scan::at(text_, here);
    // A line end that skip() did not pass has a stop word behind it.
    return here >= text_.size() || c == '\n' || c == '}' || c == ')' || c == ']' ||
           (c == '{' && !is_map(here) && !is_stray_brace(here)) || scan::starts(text_, here, "//");
}

bool Context::begins_line_outside(Offset at, Offset open) const {
    Offset here = skip(at);
    Offset line = scan::line_begin(text_, here);
    std::uint32_t indent = scan::indent(text_, here);
    return line > open && here == line + indent && indent <= scan::indent(text_, open);
}

// A colon tells a map; it stands behind the first key, and no block begins with a text.
bool Context::is_map(Offset at) const {
    Offset here = scan::skip_trivia(text_, at + 1);
    if (scan::at(text_, here) == '"' || scan::at(text_, here) == '}') return true;
    int depth = 0;
    constexpr int kLongestKey = 40;
    for (int i = 0; i < kLongestKey && here < text_.size(); ++i) {
        char c = text_[here];
        if (depth == 0 && c == ':') return true;
        if (c == '\n' || c == '{' || c == '}' || (depth == 0 && c == ',')) return false;
        if (c == '(' || c == '[') ++depth;
        if ((c == ')' || c == ']') && --depth < 0) return false;
        here = scan::skip_blanks(text_, scan::token(text_, here));
    }
    return false;
}

Context::Frame Context::open_frame(Offset brace) const {
    return {brace, scan::indent(text_, brace)};
}

Context::InBlock Context::next_in_block(Offset& at, Frame& frame) {
    Offset previous_end = at;
    while (true) {
        Offset here = stopped ? static_cast<Offset>(text_.size()) : scan::skip_trivia(text_, at);
        if (here >= text_.size()) {
            at = previous_end;
            return InBlock::Missing;
        }
        std::uint32_t indent = scan::indent(text_, here);
        bool same_line = scan::line_begin(text_, here) == scan::line_begin(text_, frame.open);
        bool first = here == scan::line_begin(text_, here) + indent;
        bool guess = !balance_.braces && (frame.indented || balance_.laid_out) && !same_line;
        if (frame.braceless && first && indent <= frame.indent) {
            at = previous_end;
            return InBlock::Missing;
        }
        if (text_[here] == '}') {
            if (guess && first && indent < frame.indent) {
                at = previous_end;
                return InBlock::Missing;
            }
            if (guess && indent > frame.indent) {
                report(DiagnosticCode::SyntaxError, here, here, here + 1,
                       "`}` closes nothing here");
                leaf(NodeKind::Error, here, here + 1);
                at = previous_end = here + 1;
                continue;
            }
            at = here;
            return InBlock::Close;
        }
        // Where each brace has its other, one that stands deeper was written into the block.
        const bool inside =
            indent > frame.indent && (scan::word(text_, here) == "const" ||
                                      (balance_.braces && declares_on_few_lines(here)));
        const bool declares = is_declaration_start(here) && !inside;
        if (first && (declares || (guess && indent <= frame.indent))) {
            at = previous_end;
            return InBlock::Missing;
        }
        if (first && indent > frame.indent) frame.indented = true;
        at = here;
        return InBlock::Item;
    }
}

bool Context::deeper_line_follows(Offset at) const {
    Offset here = scan::skip_blanks(text_, at);
    Offset next = scan::skip_trivia(text_, here);
    if (next >= text_.size() || scan::line_begin(text_, next) == scan::line_begin(text_, here)) {
        return false;
    }
    return scan::indent(text_, next) > scan::indent(text_, here);
}

void Context::report_missing_brace(Offset at, const Frame& frame) {
    // The brace that is too many, or missing, was met on the line where the block opens.
    if (frame.braceless || has_error_on_line(frame.open)) return;
    if (auto* d = report(DiagnosticCode::MissingCloser, at, at, at,
                         "a block is not closed: `}` is missing here")) {
        d->secondary.push_back({span(frame.open, frame.open + 1), "the block opens here"});
        d->fix = Fix{"close the block",
                     {Edit{span(at, at), "\n" + std::string(frame.indent, ' ') + "}"}},
                     Applicability::MaybeWrong};
    }
}

Offset Context::fence_limit(Offset open) const {
    if (balance_.fences) return kNoMatch;
    std::uint32_t indent = scan::indent(text_, open);
    Offset line = scan::line_end(text_, open);
    while (line < text_.size()) {
        Offset begin = line + 1;
        Offset here = scan::skip_blanks(text_, begin);
        bool closes = scan::at(text_, here) == '}' && here - begin < indent;
        if (closes || (here == begin && is_declaration_start(here))) return line;
        line = scan::line_end(text_, begin);
        if (scan::at(text_, line) == '\r') ++line;
    }
    return kNoMatch;
}

}  // namespace weft::grammar
