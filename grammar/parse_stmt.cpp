#include "grammar/keywords.h"
#include "grammar/rules_test.h"

namespace weft::grammar {

namespace {

struct block_rule : node<NodeKind::Block, braced<statement, false, "a statement">> {};
struct operand_rule : peg::sor<if_let, if_plain, match_rule> {};
struct stray_clause : peg::sor<step_clause, require, otherwise> {};
// `name = value` without a word before it.
struct wordless_step
    : node<NodeKind::Step, named_ahead, value_name, equals, soft, step_value, step_clauses> {};
struct any_statement : peg::sor<work_statement, test_statement> {};
struct junk_part : peg::sor<block, arguments, expression> {};

bool stray(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    auto word = scan::word(c.text(), at);
    auto kind = word_class(word);
    bool may = kind == WordClass::Clause || word == "require" || word == "otherwise";
    if (!may) return false;
    Offset end = scan::word_end(c.text(), at);
    c.report(DiagnosticCode::MisplacedClause, at, at, end,
             "`" + std::string(word) + "` stands here without the " +
                 (kind == WordClass::Clause ? "step" : "gate") + " that it belongs to");
    return parse_rule<stray_clause>(in, c);
}

bool wordless_binding(Input& in, Context& c) {
    if (!parse_rule<named_ahead>(in, c)) return false;
    Offset at = c.skip(position(in, c));
    Offset end = scan::word_end(c.text(), at);
    auto name = std::string(scan::word(c.text(), at));
    if (is_reserved(name)) return false;
    if (auto* d = c.report(DiagnosticCode::SyntaxError, at, at, end,
                           "`" + name + " = …` needs `step` or `let` before it")) {
        d->help = "`step` for the result of a worker, `let` for a pure expression";
    }
    return parse_rule<wordless_step>(in, c);
}

}  // namespace

bool block::read(Input& in, Context& c) {
    return parse_rule<block_rule>(in, c);
}
bool control_operand::read(Input& in, Context& c) {
    return parse_rule<operand_rule>(in, c);
}

bool statement::read(Input& in, Context& c) {
    Offset at = position(in, c);
    bool read = parse_rule<any_statement>(in, c) || stray(in, c) || wordless_binding(in, c) ||
                parse_rule<expr_stmt>(in, c);
    if (!read || position(in, c) == at) return false;
    return parse_rule<line_end>(in, c);
}

bool named_ahead::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    Offset end = scan::word_end(c.text(), at);
    return end > at && c.match_punct(end, "=") != kNoMatch;
}

bool step_name_ahead::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    auto name = scan::word(c.text(), at);
    if (name.empty() || is_reserved(name)) return false;
    Offset next = c.skip(scan::word_end(c.text(), at));
    char first = scan::at(c.text(), next);
    if (first == '{' || c.match_punct(next, "=") != kNoMatch) return true;
    if (auto word = scan::word(c.text(), next); !word.empty()) {
        auto kind = word_class(word);
        return kind != WordClass::Clause && kind != WordClass::Operator;
    }
    if (first == '.' || first == '(' || first == '[' || first == '/' || first == '\n') return false;
    // One wrong token before the `=`.
    return c.match_punct(scan::token(c.text(), next), "=") != kNoMatch;
}

bool detached::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    Offset end = c.match_word(at, "detached");
    if (end == kNoMatch || !scan::is_lower(scan::at(c.text(), c.skip(end)))) return false;
    c.leaf(NodeKind::Word, at, end);
    return advance(in, c, end);
}

bool elif_habit::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    auto word = scan::word(c.text(), at);
    if (word != "elif" && word != "elsif" && word != "elseif") return false;
    Offset end = scan::word_end(c.text(), at);
    c.report_habit(at, end, "else if", "it is two words, `else if`");
    return advance(in, c, end);
}

// --- the ends of lines

bool line_end::read(Input& in, Context& c) {
    while (true) {
        Offset at = position(in, c);
        Offset here = scan::skip_blanks(c.text(), at);
        char next = scan::at(c.text(), here);
        if (c.stopped || here >= c.text().size() || next == '\n' || next == '}' ||
            scan::starts(c.text(), here, "//")) {
            return true;
        }
        if (next == ';') {
            c.report_habit(here, here + 1, "", "a statement ends with its line");
            advance(in, c, here + 1);
            continue;
        }
        if (auto* d = c.report(DiagnosticCode::SyntaxError, at, here, scan::token(c.text(), here),
                               "expected the end of the line, found " + c.found(here))) {
            d->help = "each statement and clause stands on a line of its own";
        }
        parse_rule<junk_line>(in, c);
        if (position(in, c) == at) return true;
    }
}

bool junk_line::read(Input& in, Context& c) {
    Offset begin = c.skip(position(in, c));
    auto mark = c.mark(begin);
    advance(in, c, begin);
    ++c.quiet;
    while (true) {
        Offset at = scan::skip_blanks(c.text(), position(in, c));
        char next = scan::at(c.text(), at);
        if (c.stopped || at >= c.text().size() || next == '\n' || next == '}' ||
            scan::starts(c.text(), at, "//")) {
            break;
        }
        if (parse_rule<junk_part>(in, c) && position(in, c) > at) continue;
        advance(in, c, std::max(position(in, c), scan::token(c.text(), at)));
    }
    --c.quiet;
    if (position(in, c) > begin) c.finish(NodeKind::Error, mark, position(in, c));
    return true;
}

}  // namespace weft::grammar
