#include "grammar/habits.h"
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
    auto* d = c.report(DiagnosticCode::MisplacedClause, at, at, end,
                       "`" + std::string(word) + "` stands here without the " +
                           (kind == WordClass::Clause ? "step" : "gate") + " that it belongs to");
    if (d != nullptr && kind == WordClass::Clause) {
        d->help = "a clause stands behind its step, those of a workflow before its `{`";
    }
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
        d->help =
            "`step` for the result of a worker, `let` for a pure expression; a name that has its "
            "value keeps it";
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
    if (Offset end = foreign_statement(c, at); end != kNoMatch) {
        c.leaf(NodeKind::Error, c.skip(at), end);
        advance(in, c, end);
        return parse_rule<line_end>(in, c);
    }
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
    if (name.empty()) return false;
    Offset next = c.skip(scan::word_end(c.text(), at));
    if (is_reserved(name)) return c.match_punct(next, "=") != kNoMatch;
    char first = scan::at(c.text(), next);
    if (first == '{' || first == ':' || c.match_punct(next, "=") != kNoMatch) return true;
    if (auto word = scan::word(c.text(), next); !word.empty()) {
        auto kind = word_class(word);
        return kind != WordClass::Clause && kind != WordClass::Operator;
    }
    if (first == '.' || first == '(' || first == '[' || first == '/' || first == '\n') return false;
    // One wrong token before the `=`.
    return c.match_punct(scan::token(c.text(), next), "=") != kNoMatch;
}

bool reserved_name::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    auto name = scan::word(c.text(), at);
    if (!is_reserved(name)) return false;
    Offset end = scan::word_end(c.text(), at);
    c.report(DiagnosticCode::ReservedName, at, at, end,
             "`" + std::string(name) + "` is a reserved word, so it can't be a name");
    c.leaf(NodeKind::Name, at, end);
    return advance(in, c, end);
}

bool error_habit::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    auto word = scan::word(c.text(), at);
    if (word.empty() || !scan::is_lower(word[0])) return false;
    if (is_reserved(word) && word != "timeout") return false;
    Offset end = scan::word_end(c.text(), at);
    char next = scan::at(c.text(), c.skip(end));
    if (next != '(' && next != '{' && next != ',' && next != '\n') return false;
    std::string right(1, static_cast<char>(word[0] - 'a' + 'A'));
    for (std::size_t i = 1; i < word.size(); ++i) {
        const bool begins = word[i - 1] == '_' && scan::is_lower(word[i]);
        if (word[i] != '_') right += begins ? static_cast<char>(word[i] - 'a' + 'A') : word[i];
    }
    auto* d = c.report(DiagnosticCode::NameStyle, at, at, end,
                       "`" + std::string(word) + "` names an error, and errors are UpperCamel");
    if (d != nullptr) {
        d->fix =
            Fix{"write `" + right + "`", {Edit{c.span(at, end), right}}, Applicability::MaybeWrong};
    }
    c.leaf(NodeKind::Error, at, end);
    return advance(in, c, end);
}

bool binder_habit::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    auto word = scan::word(c.text(), at);
    Offset end = scan::word_end(c.text(), at);
    if (word.empty() || !scan::is_lower(word[0]) || is_reserved(word)) return false;
    if (scan::at(c.text(), c.skip(end)) != '{') return false;
    auto* d = c.report_foreign(at, end, "the name of the error stands in parentheses");
    if (d != nullptr) {
        const auto right = "(" + std::string(word) + ")";
        d->message = "the name of the error stands in parentheses";
        d->fix = Fix{"write `" + right + "`", {Edit{c.span(at, end), right}}, Applicability::Safe};
    }
    return parse_rule<value_name>(in, c);
}

// `_`, and `else` of others.
bool wildcard::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    auto word = scan::word(c.text(), at);
    if (word == "_") return advance(in, c, at + 1);
    if (word != "else") return false;
    c.report_habit(at, at + 4, "_", "the arm that takes the rest is `_`");
    return advance(in, c, at + 4);
}

bool pattern_value::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    char first = scan::at(c.text(), at);
    auto word = scan::word(c.text(), at);
    const bool literal = first == '"' || scan::is_digit(first) || scan::is_upper(first) ||
                         word == "true" || word == "false" || word == "none";
    if (!literal) return false;
    Offset end = scan::token(c.text(), at);
    if (auto* d = c.report(DiagnosticCode::SyntaxError, at, at, end,
                           "the fields of a case have names in a pattern, and no values")) {
        d->help = "name the field and ask in the arm: `Sent(at) => if at == … { … } else { … }`";
    }
    c.leaf(NodeKind::Name, at, end);
    return advance(in, c, end);
}

bool arrow::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    if (Offset end = c.match_punct(at, "=>"); end != kNoMatch) return advance(in, c, end);
    const bool arrow = scan::starts(c.text(), at, "->");
    if (!arrow && scan::at(c.text(), at) != ':') return false;
    Offset end = at + (arrow ? 2 : 1);
    c.report_habit(at, end, arrow ? "=>" : " =>", "an arm has `=>` behind its pattern");
    return advance(in, c, end);
}

bool case_word::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    if (scan::word(c.text(), at) != "case") return false;
    Offset next = scan::skip_blanks(c.text(), at + 4);
    char first = scan::at(c.text(), next);
    if (next == at + 4 || !(scan::is_word_char(first) || first == '"')) return false;
    c.report_idle(at, next, "an arm begins with its pattern");
    return advance(in, c, next);
}

bool step_colon::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    if (scan::at(c.text(), at) != ':') return false;
    Offset type = c.skip(at + 1);
    Offset end = type;
    while (scan::is_word_char(scan::at(c.text(), end)) || scan::at(c.text(), end) == '<' ||
           scan::at(c.text(), end) == '>' || scan::at(c.text(), end) == '?') {
        ++end;
    }
    Offset equals = c.match_punct(end, "=");
    if (scan::is_upper(scan::at(c.text(), type)) && equals != kNoMatch) {
        c.report_habit(at, end, "", "a step has the type of what stands behind its `=`");
        return advance(in, c, equals);
    }
    c.report_habit(at, at + 1, " =", "a step's name is bound with `=`");
    return advance(in, c, at + 1);
}

bool quoted_name::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    if (scan::at(c.text(), at) != '"') return false;
    Offset end = scan::token(c.text(), at);
    if (c.match_punct(end, "=") == kNoMatch) return false;
    auto* d = c.report_foreign(at, end, "a name stands without quotes");
    if (d != nullptr) d->message = "the name of a step stands without quotes";
    return advance(in, c, end);
}

bool detached::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    Offset end = c.match_word(at, "detached");
    if (end == kNoMatch || !scan::is_lower(scan::at(c.text(), c.skip(end)))) return false;
    c.leaf(NodeKind::Word, at, end);
    return advance(in, c, end);
}

bool named_twice::read(Input& in, Context& c) {
    const auto text = c.text();
    Offset at = c.skip(position(in, c));
    auto name = scan::word(text, at);
    if (name.empty() || is_reserved(name)) return false;
    Offset deadline = scan::skip_blanks(text, scan::word_end(text, at));
    auto word = scan::word(text, deadline);
    if (word != "within" && word != "until") return false;
    const Offset end = scan::line_end(text, deadline);
    Offset last = end;
    while (last > deadline && scan::is_blank(text[last - 1])) --last;
    if (text[last - 1] != '{' || scan::word(text, scan::skip_trivia(text, end)) != "on") {
        return false;
    }
    c.report_idle(at, deadline, "the arms of a `wait` name its signals");
    return advance(in, c, deadline);
}

bool elif_habit::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    auto word = scan::word(c.text(), at);
    if (word != "elif" && word != "elsif" && word != "elseif") return false;
    Offset end = scan::word_end(c.text(), at);
    c.report_habit(at, end, "else if", "it is two words, `else if`");
    return advance(in, c, end);
}

bool mut_habit::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    if (scan::word(c.text(), at) != "mut") return false;
    Offset next = scan::skip_blanks(c.text(), at + 3);
    if (!scan::is_word_char(scan::at(c.text(), next))) return false;
    c.report_idle(at, next, "values don't change");
    return advance(in, c, next);
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
        if (Offset end = foreign_comment(c, here); end != kNoMatch) {
            advance(in, c, end);
            continue;
        }
        Offset behind = scan::skip_blanks(c.text(), here + 1);
        if (next == ',' &&
            (scan::at(c.text(), behind) == '\n' || scan::at(c.text(), behind) == '}')) {
            c.report_habit(here, here + 1, "", "a line ends without a comma");
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

bool count_habit::read(Input& in, Context& c) {
    Offset at = c.skip(position(in, c));
    if (!advance(in, c, foreign_count(c, at))) return false;
    c.leaf(NodeKind::Missing, at, position(in, c));
    return true;
}

}  // namespace weft::grammar
