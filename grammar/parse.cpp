#include "grammar/parse.h"

#include <algorithm>
#include <iterator>

#include "grammar/habits.h"
#include "grammar/hidden.h"
#include "grammar/rules_decl.h"

namespace weft {

namespace grammar {

namespace {

struct junk_block : peg::sor<block, expression> {};

bool is_line_start(const Context& c, Offset at) {
    return at == scan::line_begin(c.text(), at) + scan::indent(c.text(), at);
}

// What stands where a declaration should, up to the next one.
void read_junk(Input& in, Context& c) {
    Offset begin = position(in, c);
    if (scan::at(c.text(), begin) == '}') {
        c.report(DiagnosticCode::SyntaxError, begin, begin, begin + 1, "`}` closes nothing here");
    } else {
        c.report_expected(begin, "a declaration, such as `workflow` or `record`");
    }
    auto mark = c.mark(begin);
    ++c.quiet;
    while (true) {
        Offset at = scan::skip_trivia(c.text(), position(in, c));
        if (c.stopped || at >= c.text().size()) break;
        if (at > begin && is_line_start(c, at) && c.is_declaration_start(at)) break;
        advance(in, c, at);
        if (parse_rule<junk_block>(in, c) && position(in, c) > at) continue;
        advance(in, c, std::max(position(in, c), scan::token(c.text(), at)));
    }
    --c.quiet;
    c.finish(NodeKind::Error, mark, position(in, c));
}

// End of the brackets that open at the offset, or the offset.
Offset skip_brackets(std::string_view text, Offset at) {
    int depth = 0;
    Offset here = at;
    while (here < text.size()) {
        char next = text[here];
        if (next == '(' || next == '<') ++depth;
        if ((next == ')' || next == '>') && --depth == 0) return here + 1;
        if (next == '{') break;
        here = scan::is_blank(next) || next == '\n' ? here + 1 : scan::token(text, here);
    }
    return at;
}

template <typename Rule>
bool guess(Input& in, Context& c, std::string_view word) {
    Offset at = position(in, c);
    c.report(DiagnosticCode::SyntaxError, at, at, scan::token(c.text(), at),
             "expected `" + std::string(word) + "` or another declaration, found " + c.found(at));
    return parse_rule<Rule>(in, c) && parse_rule<line_end>(in, c);
}

bool is_prompt_section(std::string_view word) {
    return word == "system" || word == "user" || word == "assistant";
}

}  // namespace

bool result_habit::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    if (scan::at(c.text(), at) != ':') return false;
    if (!scan::is_upper(scan::at(c.text(), scan::skip_blanks(c.text(), at + 1)))) return false;
    c.report_habit(at, at + 1, "->", "the type of the result stands behind `->`");
    return advance(in, c, at + 1);
}

bool comma_habit::read(Input& in, Context& c) {
    Offset end = c.match_punct(position(in, c), ",");
    if (end == kNoMatch) return false;
    c.report_habit(end - 1, end, "", "each field and case stands on a line of its own");
    advance(in, c, end);
    // What follows on the line was meant as the next one; that was said.
    Offset next = scan::skip_blanks(c.text(), end);
    bool goes_on = scan::is_word_char(scan::at(c.text(), next));
    return goes_on || parse_rule<line_end>(in, c);
}

// `a?: Int`
bool optional_habit::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    if (scan::at(c.text(), at) != '?' ||
        scan::at(c.text(), scan::skip_blanks(c.text(), at + 1)) != ':') {
        return false;
    }
    auto* d = c.report_foreign(at, at + 1, "it stands behind the type");
    if (d != nullptr) {
        d->message = "`?` stands behind the type, not behind the name";
        d->help = "`name: Text?`";
    }
    return advance(in, c, at + 1);
}

// `Text a`
bool type_first::read(Input& in, Context& c) {
    auto text = c.text();
    Offset at = c.skip(position(in, c));
    if (!scan::is_upper(scan::at(text, at))) return false;
    Offset end = scan::word_end(text, at);
    if (scan::at(text, end) == '<') end = skip_brackets(text, end);
    if (scan::at(text, end) == '?') ++end;
    Offset name = scan::skip_blanks(text, end);
    Offset last = scan::word_end(text, name);
    char next = scan::at(text, scan::skip_blanks(text, last));
    const bool closes = next == '\n' || next == ',' || next == ')' || next == '}';
    if (name == end || !scan::is_lower(scan::at(text, name)) || !closes) return false;
    auto word = std::string(text.substr(name, last - name));
    if (auto* d = c.report_foreign(at, last, "the type stands behind the name")) {
        const auto right = word + ": " + std::string(text.substr(at, end - at));
        d->message = "the type stands behind the name";
        d->fix = Fix{"write `" + right + "`", {Edit{c.span(at, last), right}}, Applicability::Safe};
    }
    c.leaf(NodeKind::Error, at, last);
    return advance(in, c, last);
}

// A body in braces, or behind a colon on deeper lines.
bool fn_block::read(Input& in, Context& c) {
    auto text = c.text();
    Offset at = c.skip(position(in, c));
    const bool colon =
        scan::at(text, at) == ':' && scan::at(text, scan::skip_blanks(text, at + 1)) == '\n';
    Offset end = scan::at(text, at) == '{' ? closing_brace(text, at) : kNoMatch;
    if (colon) {
        end = at + 1;
        while (c.deeper_line_follows(end) &&
               scan::indent(text, scan::skip_trivia(text, end)) > scan::indent(text, at)) {
            end = scan::line_end(text, scan::skip_trivia(text, end));
            if (scan::indent(text, scan::skip_trivia(text, end)) <= scan::indent(text, at)) break;
        }
    }
    if (end == kNoMatch) return false;
    // `def f(…):` was reported by its first word.
    const bool told =
        !c.diagnostics().empty() && c.diagnostics().back().code == DiagnosticCode::ForeignHabit &&
        scan::line_begin(text, c.diagnostics().back().span.begin) == scan::line_begin(text, at);
    auto* d = told ? nullptr : c.report_foreign(at, at + 1, "a function is one expression");
    if (told) c.diagnostics().back().help = "`fn twice(n: Int) -> Int = n * 2`, without a block";
    if (d != nullptr) {
        d->message = "a function is one expression behind `=`, and has no block";
        d->help = "`fn twice(n: Int) -> Int = n * 2`; what has an effect is a workflow";
    }
    advance(in, c, end);
    c.leaf(NodeKind::Missing, at, end);
    return true;
}

// `A | B | C` in the place of a type or of the cases of an enum.
bool union_habit::read(Input& in, Context& c) {
    auto text = c.text();
    Offset at = c.skip(position(in, c));
    if (scan::at(text, at) == '=') at = scan::skip_blanks(text, at + 1);
    Offset first = scan::word_end(text, at);
    if (!scan::is_upper(scan::at(text, at))) return false;
    Offset bar = scan::skip_blanks(text, first);
    if (scan::at(text, bar) != '|' && scan::at(text, bar) != '\n') return false;
    if (scan::at(text, bar) == '\n' && scan::at(text, scan::skip_trivia(text, bar)) != '|')
        return false;
    Offset end = first;
    for (Offset next = scan::skip_trivia(text, end); scan::at(text, next) == '|';
         next = scan::skip_trivia(text, end)) {
        end = scan::word_end(text, scan::skip_blanks(text, next + 1));
        if (scan::at(text, end) == '(') end = skip_brackets(text, end);
        if (end <= next + 1) return false;
    }
    if (auto* d = c.report_foreign(at, end, "one of several is an `enum`")) {
        d->message = "a type that is one of several is an `enum`, with a case on each line";
        d->help = "`enum Name { … }`";
    }
    c.leaf(NodeKind::Error, at, end);
    return advance(in, c, end);
}

// The lines of a worker stand without braces.
bool worker_brace::read(Input& in, Context& c) {
    auto text = c.text();
    Offset open = scan::skip_trivia(text, position(in, c));
    if (scan::at(text, open) != '{') return false;
    Offset close = closing_brace(text, open);
    if (close == kNoMatch) return false;
    if (auto* d = c.report_foreign(open, open + 1, "")) {
        d->message = "the lines of a worker stand below it, without braces";
        d->fix = Fix{"remove the braces",
                     {Edit{c.span(open, open + 1), ""}, Edit{c.span(close - 1, close), ""}},
                     Applicability::Safe};
    }
    advance(in, c, open + 1);
    parse_rule<worker_lines>(in, c);
    Offset end = scan::skip_trivia(text, position(in, c));
    return scan::at(text, end) != '}' || advance(in, c, end + 1);
}

// `effect: read`, where the clauses of a worker stand.
bool clause_colon::read(Input& in, Context& c) {
    auto text = c.text();
    Offset at = scan::skip_trivia(text, position(in, c));
    Offset end = scan::word_end(text, at);
    Offset sign = scan::skip_blanks(text, end);
    const bool colon = scan::at(text, sign) == ':' || c.match_punct(sign, "=") != kNoMatch;
    if (end == at || !colon) return false;
    auto word = scan::word(text, at);
    for (std::string_view clause :
         {"effect", "probe", "fails", "timeout", "retry", "breaker", "limit", "costs"}) {
        if (word != clause) continue;
        Offset value = scan::skip_blanks(text, sign + 1);
        c.report_idle(sign, value, "a clause is its word and its value");
        Offset line = scan::line_end(text, at);
        c.leaf(NodeKind::Error, at, line);
        return advance(in, c, line);
    }
    return false;
}

// An error without fields, and one with its fields in parentheses.
bool where_habit::read(Input& in, Context& c) {
    const Offset at = scan::skip_blanks(c.text(), position(in, c));
    if (scan::word(c.text(), at) != "where") return false;
    const Offset end = scan::line_end(c.text(), at);
    auto* d = c.report(DiagnosticCode::SyntaxError, at, at, scan::word_end(c.text(), at),
                       "a record has no `where` of its own");
    if (d != nullptr) d->help = "name what is asked of it: `type Valid = Window where from < to`";
    return advance(in, c, end);
}

bool error_fields::read(Input& in, Context& c) {
    Offset at = position(in, c);
    Offset here = c.skip(at);
    char next = scan::at(c.text(), here);
    const bool bare = next == '\n' || here >= c.text().size();
    if (!bare && next != '(') return false;
    Offset end = bare ? at : skip_brackets(c.text(), here);
    if (!bare && end == here) return false;
    auto* d = c.report(DiagnosticCode::SyntaxError, at, bare ? at : here, bare ? at : end,
                       bare ? "expected `{`, found " + c.found(here)
                            : std::string("the fields of an error stand in braces, one to a line"));
    if (d != nullptr && bare) {
        d->fix = Fix{"write `{}`", {Edit{c.span(at, at), " {}"}}, Applicability::Safe};
    }
    return advance(in, c, end);
}

bool wordless::read(Input& in, Context& c) {
    auto text = c.text();
    Offset at = position(in, c);
    if (scan::at(text, at) == '"') return guess<bare_test>(in, c, "test");
    Offset end = scan::word_end(text, at);
    if (end == at) return false;
    bool dotted = scan::at(text, end) == '.';
    while (scan::at(text, end) == '.') end = scan::word_end(text, end + 1);
    Offset next = scan::skip_blanks(text, end);
    char first = scan::at(text, next);
    if (scan::is_upper(text[at])) {
        if (first == '{') return guess<bare_record>(in, c, "record");
        return first == '=' && guess<bare_type>(in, c, "type");
    }
    if (first == '\n' && dotted) return guess<bare_use>(in, c, "use");
    if (first == '<') next = skip_brackets(text, next);
    if (scan::at(text, next) != '(') return false;
    if (dotted) return guess<bare_worker>(in, c, "worker");
    Offset after = skip_brackets(text, next);
    if (after == next) return false;
    Offset line = scan::line_end(text, after);
    auto rest = text.substr(after, line - after);
    if (rest.ends_with('=')) return guess<bare_fn>(in, c, "fn");
    Offset inside = scan::skip_trivia(text, line);
    if (rest.ends_with('{') && is_prompt_section(scan::word(text, inside))) {
        return guess<bare_prompt>(in, c, "prompt");
    }
    return guess<bare_workflow>(in, c, "workflow");
}

bool module_rule::read(Input& in, Context& c) {
    while (true) {
        parse_rule<lines>(in, c);
        Offset at = position(in, c);
        if (c.stopped || at >= c.text().size()) return true;
        if (Offset end = foreign_declaration(c, at); end != kNoMatch) {
            c.leaf(NodeKind::Error, c.skip(at), end);
            advance(in, c, end);
            if (scan::at(c.text(), scan::skip_blanks(c.text(), end)) == '\n') continue;
        }
        if (parse_rule<declaration_rule>(in, c)) {
            parse_rule<line_end>(in, c);
        } else if (!parse_rule<wordless>(in, c)) {
            read_junk(in, c);
        }
        if (position(in, c) == at) advance(in, c, scan::token(c.text(), at));
    }
}

bool schedule_habit::read(Input& in, Context& c) {
    return advance(in, c, foreign_times(c, position(in, c)));
}

}  // namespace grammar

namespace {

// The first byte that is not part of a code point.
std::size_t valid_utf8(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        auto lead = static_cast<unsigned char>(text[i]);
        std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
        if (length == 0 || i + length > text.size()) return i;
        for (std::size_t k = 1; k < length; ++k) {
            if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return i;
        }
        i += length;
    }
    return i;
}

}  // namespace

ParsedFile parse(FileId file, const SourceFile& source, Diagnostics& diagnostics) {
    std::string text(source.text());
    grammar::Context context(file, text);
    if (auto bad = static_cast<grammar::Offset>(valid_utf8(text)); bad < text.size()) {
        context.report(DiagnosticCode::InvalidUtf8, bad, bad, bad + 1, "a byte that is not UTF-8");
    }
    grammar::Input input(text.data(), text.data() + text.size(), "");
    parse_rule<grammar::module_rule>(input, context);
    auto end = static_cast<std::uint32_t>(text.size());
    auto found = std::move(context.diagnostics());
    Tree tree(file, std::move(text), context.take_preorder(end));
    std::ranges::move(find_hidden(tree), std::back_inserter(found));
    const bool has_errors = !found.empty();
    for (Diagnostic& item : found) {
        diagnostics.report(item.code, item.span, {}) = std::move(item);
    }
    return {std::move(tree), has_errors};
}

}  // namespace weft
