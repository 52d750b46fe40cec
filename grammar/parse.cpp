#include "grammar/parse.h"

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
        if (parse_rule<declaration_rule>(in, c)) {
            parse_rule<line_end>(in, c);
        } else if (!parse_rule<wordless>(in, c)) {
            read_junk(in, c);
        }
        if (position(in, c) == at) advance(in, c, scan::token(c.text(), at));
    }
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
    auto nodes = context.take_preorder(end);
    bool has_errors = !context.diagnostics().empty();
    for (Diagnostic& item : context.diagnostics()) {
        diagnostics.report(item.code, item.span, {}) = std::move(item);
    }
    return {Tree(file, std::move(text), std::move(nodes)), has_errors};
}

}  // namespace weft
