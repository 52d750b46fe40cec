#include "grammar/context.h"

#include <algorithm>

#include "grammar/characters.h"
#include "grammar/habits.h"
#include "grammar/keywords.h"
#include "grammar/parse.h"

namespace weft::grammar {

Context::Context(FileId file, std::string_view text)
    : file_(file), text_(text), balance_(scan::balance(text)) {}

Context::Mark Context::mark(Offset at) const {
    return {nodes_.size(), diagnostics_.size(), skip(at), last_error_, last_syntax_error_};
}

void Context::rewind(const Mark& mark) {
    nodes_.resize(mark.nodes);
    // What stopped the reading stays said.
    if (!stopped) diagnostics_.resize(mark.diagnostics);
    last_error_ = mark.last_error;
    last_syntax_error_ = mark.last_syntax_error;
}

void Context::finish(NodeKind kind, const Mark& mark, Offset end, Operator op) {
    auto subtree = static_cast<std::uint32_t>(nodes_.size() - mark.nodes + 1);
    nodes_.push_back(
        {kind, static_cast<std::uint16_t>(op), subtree, std::min(mark.begin, end), end});
}

void Context::leaf(NodeKind kind, Offset begin, Offset end) {
    nodes_.push_back({kind, 0, 1, begin, end});
}

void Context::forget(const Mark& mark, Offset end) {
    nodes_.resize(mark.nodes);
    leaf(NodeKind::Missing, std::min(mark.begin, end), end);
}

void Context::success(NodeKind kind, Offset at) {
    finish(kind, marks_.back(), at);
    marks_.pop_back();
}

void Context::failure() {
    rewind(marks_.back());
    marks_.pop_back();
}

// In post-order the last child stands straight before its parent, so going backwards every parent
// is placed before its children are.
std::vector<Node> Context::take_preorder(Offset end) {
    finish(NodeKind::Module, Mark{0, 0, 0, 0, 0}, end);
    std::vector<Node> out(nodes_.size());
    std::vector<std::uint32_t> place(nodes_.size());
    place.back() = 0;
    for (std::size_t i = nodes_.size(); i-- > 0;) {
        out[place[i]] = nodes_[i];
        std::uint32_t after = place[i] + nodes_[i].subtree;
        std::uint32_t left = nodes_[i].subtree - 1;
        for (std::size_t child = i; left > 0; child -= nodes_[child - 1].subtree) {
            const Node& node = nodes_[child - 1];
            after -= node.subtree;
            left -= node.subtree;
            place[child - 1] = after;
        }
    }
    return out;
}

void Context::stop_too_deep(Offset at) {
    if (stopped) return;
    Offset here = scan::skip_trivia(text_, at);
    last_error_ = kNoMatch;
    quiet = 0;
    report(DiagnosticCode::NestedTooDeep, at, here, scan::token(text_, here),
           "more than " + std::to_string(kMaxNesting) + " levels of nesting");
    stopped = true;
}

Nested::Nested(Context& context, Offset at) : context_(context) {
    if (++context_.nesting > kMaxNesting) context_.stop_too_deep(at);
}

// --- diagnostics

Diagnostic* Context::report(DiagnosticCode code, Offset at, Offset begin, Offset end,
                            std::string message) {
    // One mistake gives one message: nothing was read since the last one.
    Offset here = scan::skip_trivia(text_, at);
    if (stopped || quiet > 0 || here == last_error_) return nullptr;
    last_error_ = here;
    if (code == DiagnosticCode::SyntaxError || code == DiagnosticCode::MissingCloser) {
        bool echo = follows_syntax_error(here);
        last_syntax_error_ = here;
        if (echo) return nullptr;
    }
    // A word of the language where a name was forgotten: what it stands for is missed right behind.
    if (code == DiagnosticCode::ReservedName) last_syntax_error_ = here;
    Diagnostic diagnostic;
    diagnostic.code = code;
    diagnostic.span = span(begin, end);
    diagnostic.message = std::move(message);
    const bool unread =
        code == DiagnosticCode::SyntaxError || code == DiagnosticCode::MissingCloser;
    const bool foreign = unread && describe_foreign(scan::skip_blanks(text_, at), diagnostic);
    diagnostics_.push_back(std::move(diagnostic));
    return foreign ? nullptr : &diagnostics_.back();
}

bool Context::describe_foreign(Offset here, Diagnostic& diagnostic) const {
    if (here >= text_.size()) return false;
    const auto word = scan::word(text_, here);
    if (word.empty() ? scan::is_ascii(text_[here]) : scan::is_ascii(word)) return false;
    Offset at = here;
    while (scan::is_ascii(text_[at])) ++at;
    const auto sign = scan::character(text_, at);
    const std::string shown(text_.substr(at, sign.length));
    const auto number = scan::code_point(sign.code);
    diagnostic.code = DiagnosticCode::SyntaxError;
    diagnostic.help.clear();
    if (word.empty()) {
        diagnostic.span = span(at, at + sign.length);
        diagnostic.message =
            "`" + shown + "` (" + number + ") " +
            (scan::is_curly_quote(sign.code) ? "is a curly quote: texts stand in `\"…\"`"
                                             : "means nothing outside of texts and comments");
        return true;
    }
    const Offset end = here + static_cast<Offset>(word.size());
    diagnostic.span = span(here, end);
    diagnostic.message = "`" + std::string(word) + "` has the letter " +
                         (shown == word ? number : "`" + shown + "` (" + number + ")") +
                         ": names are made of ASCII letters, digits and `_`";
    diagnostic.origins.push_back("letters " + std::string(word));
    if (const auto plain = scan::in_ascii(word); !plain.empty()) {
        diagnostic.fix =
            Fix{"write `" + plain + "`", {Edit{diagnostic.span, plain}}, Applicability::MaybeWrong};
    }
    return true;
}

std::string Context::found(Offset at) const {
    Offset here = scan::skip_blanks(text_, at);
    if (here >= text_.size()) return "the end of the file";
    if (text_[here] == '\n' || scan::starts(text_, here, "//")) return "the end of the line";
    constexpr std::size_t kShown = 24;
    auto token = text_.substr(here, scan::token(text_, here) - here);
    auto line = token.substr(0, std::min(token.find('\n'), kShown));
    if (line.size() == token.size()) return "`" + std::string(token) + "`";
    while (!line.empty() && (static_cast<unsigned char>(token[line.size()]) & 0xC0) == 0x80) {
        line.remove_suffix(1);
    }
    return "`" + std::string(line) + "…`";
}

// The echo of a mistake: on its line, with too little read between the two to be sure of a second.
// What a comma divides is sure.
bool Context::follows_syntax_error(Offset here) const {
    constexpr int kSureAfter = 3;
    if (last_syntax_error_ > here) return false;
    Offset at = last_syntax_error_;
    for (int i = 0; i < kSureAfter && at < here; ++i) {
        char c = scan::at(text_, at);
        if (c == '\n' || (c == ',' && i > 0)) return false;
        at = scan::skip_blanks(text_, scan::token(text_, at));
    }
    return at >= here;
}

bool Context::has_error_on_line(Offset open) const {
    return last_syntax_error_ != kNoMatch &&
           scan::line_begin(text_, last_syntax_error_) == scan::line_begin(text_, open);
}

bool Context::has_error_behind(Offset open) const {
    return last_syntax_error_ != kNoMatch && last_syntax_error_ > open;
}

void Context::report_expected(Offset at, std::string_view what) {
    Offset here = skip(at);
    bool at_line_end =
        here >= text_.size() || text_[here] == '\n' || scan::starts(text_, here, "//");
    Offset begin = at_line_end ? at : here;
    Offset end = at_line_end ? at : scan::token(text_, here);
    auto word = scan::word(text_, here);
    if (what.starts_with("a name") && !word.empty() && is_reserved(word)) {
        report(DiagnosticCode::ReservedName, at, begin, end,
               "`" + std::string(word) + "` is a reserved word, so it can't be a name");
        return;
    }
    // A word of the grammar; what is described has more than one.
    const bool is_word = std::all_of(what.begin(), what.end(), scan::is_lower);
    const std::string quote = is_word ? "`" : "";
    auto* d = report(DiagnosticCode::SyntaxError, at, begin, end,
                     "expected " + quote + std::string(what) + quote + ", found " + found(here));
    if (d != nullptr) {
        d->help =
            hint(what, at_line_end ? "\n" : text_.substr(here, scan::token(text_, here) - here));
    }
}

void Context::report_missing_comma(Offset at, Applicability applicability) {
    Offset here = skip(at);
    auto* d = report(DiagnosticCode::SyntaxError, at, here, scan::token(text_, here),
                     "a `,` is missing before " + found(here));
    if (d == nullptr) return;
    while (at > 0 && (text_[at - 1] == ' ' || text_[at - 1] == '\n')) --at;
    d->fix = Fix{"put a `,` before it", {Edit{span(at, at), ","}}, applicability};
}

void Context::report_undivided(Offset at, std::string_view close) {
    Offset here = skip(at);
    auto word = scan::word(text_, here);
    const bool is_named =
        !word.empty() && match_punct(here + static_cast<Offset>(word.size()), ":") != kNoMatch;
    if (is_named) return report_missing_comma(at, Applicability::Safe);
    char first = scan::at(text_, here);
    // Behind a word it may as well be the `:` that is missing.
    Offset before = at;
    while (before > 0 && (text_[before - 1] == ' ' || text_[before - 1] == '\n')) --before;
    const bool follows_word = before > 0 && scan::is_word_char(text_[before - 1]);
    if (first == '"' || (scan::is_digit(first) && !follows_word)) {
        if (!follows_word) return report_missing_comma(at, Applicability::MaybeWrong);
        return report_expected(at, "`,`, `:` or `" + std::string(close) + "`");
    }
    report_expected(at, "`,` or `" + std::string(close) + "`");
}

Diagnostic* Context::report_foreign(Offset begin, Offset end, std::string_view why) {
    std::string written(text_.substr(begin, end - begin));
    const bool known = written.find(' ') != std::string::npos;
    return report(DiagnosticCode::ForeignHabit, begin, begin, end,
                  "`" + written + (known ? "` is not written so: " : "` is not a word of Weft: ") +
                      std::string(why));
}

void Context::report_idle(Offset begin, Offset next, std::string_view why) {
    Offset end = scan::token(text_, begin);
    std::string written(text_.substr(begin, end - begin));
    auto* d = report(DiagnosticCode::ForeignHabit, begin, begin, end,
                     "`" + written + "` is left out here: " + std::string(why));
    if (d == nullptr) return;
    d->fix = Fix{"remove `" + written + "`", {Edit{span(begin, next), ""}}, Applicability::Safe};
}

// A name is told once, where it stands first: where it is declared, most likely.
void Context::report_style(Offset begin, Offset end, NameRole role) {
    const std::string name(text_.substr(begin, end - begin));
    const bool told = std::ranges::any_of(diagnostics_, [&](const Diagnostic& d) {
        return d.code == DiagnosticCode::NameStyle &&
               text_.substr(d.span.begin, d.span.end - d.span.begin) == name;
    });
    if (told) return;
    const bool type = role == NameRole::Type;
    auto* d = report(DiagnosticCode::NameStyle, begin, begin, end,
                     "`" + name +
                         (type ? "` names a type, and types are UpperCamel"
                               : "` names a value, and values are snake_case"));
    if (d != nullptr && !type) d->help = "write `" + snake_case(name) + "`";
}

void Context::report_habit(Offset begin, Offset end, std::string_view weft, std::string_view why) {
    std::string written(text_.substr(begin, end - begin));
    auto* diagnostic = report(DiagnosticCode::ForeignHabit, begin, begin, end,
                              "`" + written + "` is not a word of Weft: " + std::string(why));
    if (!diagnostic) return;
    diagnostic->fix =
        Fix{weft.empty() ? "remove `" + written + "`" : "write `" + std::string(weft) + "`",
            {Edit{span(begin, end), std::string(weft)}},
            Applicability::Safe};
}

}  // namespace weft::grammar
