#include "grammar/habits.h"

#include <algorithm>
#include <array>

#include "grammar/keywords.h"

namespace weft::grammar {

namespace {

struct Statement {
    std::string_view word;
    std::string_view before;  // what may follow; see habits.def
    std::string_view why;
    std::string_view help;
};
constexpr std::array kStatements = {
#define HABIT_STATEMENT(word, before, why, help) Statement{word, before, why, help},
#define HINT(what, found, help)
#include "grammar/habits.def"
#undef HABIT_STATEMENT
#undef HINT
};

struct Hint {
    std::string_view what;
    std::string_view found;
    std::string_view help;
};
constexpr std::array kHints = {
#define HABIT_STATEMENT(word, before, why, help)
#define HINT(what, found, help) Hint{what, found, help},
#include "grammar/habits.def"
#undef HABIT_STATEMENT
#undef HINT
};

// A word with which an operand begins, though it is no name.
bool begins_operand(std::string_view text, Offset at) {
    auto word = scan::word(text, at);
    if (word == "not") {
        return scan::word(text, scan::skip_blanks(text, at + 3)) != "in";
    }
    return word == "true" || word == "false" || word == "none";
}

bool is_operator_word(std::string_view word) {
    return word_class(word) == WordClass::Operator || word == "div" || word == "is";
}

bool ends_line(std::string_view text, Offset at) {
    return at >= text.size() || text[at] == '\n' || scan::starts(text, at, "//");
}

// Whether what stands at the offset is one of the kinds of `before`.
bool follows(const Context& c, Offset at, std::string_view before) {
    auto text = c.text();
    char next = scan::at(text, at);
    auto has = [&](char kind) { return before.find(kind) != std::string_view::npos; };
    const bool opens_block = c.brace_at_line_end(at) != kNoMatch;
    if (auto word = scan::word(text, at); !word.empty()) {
        if (begins_operand(text, at)) return has('w') || (has('c') && opens_block);
        return has('w') && !is_operator_word(word);
    }
    if (scan::is_digit(next) && has('0')) return true;
    if (next == '(') return has('(') && opens_block;
    if ((next == '{' || next == '"') && has(next)) return true;
    const bool condition = scan::is_digit(next) || next == '"' || next == '[' || next == '-' ||
                           (next == '!' && scan::at(text, at + 1) != '=');
    return condition && has('c') && opens_block;
}

// What goes on with a statement behind its braces: `} catch (e) {`.
bool goes_on(std::string_view first, std::string_view word) {
    if (first == "try") return word == "catch" || word == "except" || word == "finally";
    if (first == "do") return word == "while" || word == "until";
    if (first == "elif" || first == "elsif") return word == first || word == "else";
    return (first == "unless" || first == "while") && word == "else";
}

// Past the lines behind a `:` that stand deeper than its own.
Offset deeper_lines_end(const Context& c, Offset at) {
    auto text = c.text();
    const auto indent = scan::indent(text, at);
    Offset end = at;
    while (true) {
        Offset next = scan::skip_trivia(text, end);
        if (next >= text.size() || scan::indent(text, next) <= indent) return end;
        end = scan::line_end(text, next);
    }
}

// The end of a statement that begins with `first` at the offset, with its blocks.
Offset end_of(const Context& c, Offset at, std::string_view first) {
    auto text = c.text();
    Offset last = at;
    for (Offset here = at; !ends_line(text, here) && text[here] != '}';) {
        if (text[here] == '{') {
            Offset close = closing_brace(text, here);
            if (close == kNoMatch) return scan::line_end(text, here);
            Offset next = scan::skip_trivia(text, close);
            if (!goes_on(first, scan::word(text, next))) return close;
            here = next;
        }
        last = scan::token(text, here);
        here = scan::skip_blanks(text, last);
        if (text[last - 1] == ':' && ends_line(text, here)) return deeper_lines_end(c, last);
    }
    return last;
}

void help(Diagnostic* d, std::string_view text) {
    if (d != nullptr) d->help = text;
}

// `fn f(…) = …` or `use std.llm` between statements: what it declares stands outside.
Offset inner_declaration(Context& c, Offset at) {
    auto text = c.text();
    if (!c.declares_on_few_lines(at)) return kNoMatch;
    auto word = scan::word(text, at);
    auto* d = c.report(
        DiagnosticCode::SyntaxError, at, at, scan::word_end(text, at),
        "`" + std::string(word) + "` begins a declaration, and those stand outside of the blocks");
    help(d, "put it before the workflow, or behind it");
    return end_of(c, at, word);
}

// `total += 1`, `n++`
Offset assignment(Context& c, Offset at) {
    auto text = c.text();
    Offset end = scan::word_end(text, at);
    while (end > at && scan::at(text, end) == '.') end = scan::word_end(text, end + 1);
    if (end == at) return kNoMatch;
    Offset sign = scan::skip_blanks(text, end);
    constexpr std::array<std::string_view, 6> kSigns = {"+=", "-=", "*=", "/=", "++", "--"};
    for (auto written : kSigns) {
        if (!scan::starts(text, sign, written)) continue;
        const bool counts = written[1] != '=';
        if (counts && !ends_line(text, scan::skip_blanks(text, sign + 2))) return kNoMatch;
        help(c.report_foreign(sign, sign + 2, "values don't change"),
             "`let more = total + 1` makes another value; a repeat hands one on: `next n + 1`");
        return end_of(c, sign, {});
    }
    return kNoMatch;
}

}  // namespace

std::string_view hint(std::string_view what, std::string_view found) {
    if (found.starts_with('"')) found = "\"";
    for (const Hint& row : kHints) {
        if (row.what == what && (row.found.empty() || row.found == found)) return row.help;
    }
    return {};
}

Offset closing_brace(std::string_view text, Offset open) {
    int depth = 0;
    for (Offset here = open; here < text.size();) {
        if (scan::starts(text, here, "//")) {
            here = scan::line_end(text, here);
            continue;
        }
        if (text[here] == '{') ++depth;
        if (text[here] == '}' && --depth == 0) return here + 1;
        here = std::max(here + 1, scan::token(text, here));
    }
    return kNoMatch;
}

Offset foreign_comment(Context& c, Offset at) {
    auto text = c.text();
    Offset here = c.skip(at);
    const bool hash = scan::at(text, here) == '#' && !scan::starts(text, here, "#\"");
    const bool dashes = scan::starts(text, here, "-- ");
    if (scan::starts(text, here, "/*")) {
        auto close = text.find("*/", here);
        Offset end = close == std::string_view::npos ? scan::line_end(text, here)
                                                     : static_cast<Offset>(close + 2);
        help(c.report_foreign(here, here + 2, "a comment begins with `//` and ends with its line"),
             "write `//` on each of its lines");
        return end;
    }
    if (!hash && !dashes) return kNoMatch;
    Offset sign = here;
    while (scan::at(text, sign) == (hash ? '#' : '-')) ++sign;
    c.report_habit(here, sign, "//", "a comment begins with `//`");
    return scan::line_end(text, here);
}

Offset foreign_statement(Context& c, Offset at) {
    auto text = c.text();
    Offset here = c.skip(at);
    if (Offset end = foreign_comment(c, at); end != kNoMatch) return end;
    auto word = scan::word(text, here);
    if (word.empty()) return kNoMatch;
    Offset next = scan::skip_blanks(text, scan::word_end(text, here));
    for (const Statement& row : kStatements) {
        if (row.word != word || !follows(c, next, row.before)) continue;
        // `await paid within 1d` is read as a wait.
        if (word == "await" && c.is_wait(next)) return kNoMatch;
        const bool known = is_reserved(word);
        Offset end = known ? scan::token(text, next) : here + static_cast<Offset>(word.size());
        help(c.report_foreign(here, end, row.why), row.help);
        return end_of(c, here, word);
    }
    auto second = scan::word(text, next);
    if (word == "parallel" && (second == "for" || second == "each" || second == "foreach")) {
        help(c.report_foreign(here, scan::word_end(text, next), "`each` runs side by side itself"),
             "`each item in items, 4 at once { … }`");
        return end_of(c, here, word);
    }
    if (Offset end = inner_declaration(c, here); end != kNoMatch) return end;
    return assignment(c, here);
}

Offset foreign_declaration(Context& c, Offset at) {
    auto text = c.text();
    Offset here = c.skip(at);
    if (Offset end = foreign_comment(c, at); end != kNoMatch) return end;
    auto word = scan::word(text, here);
    Offset end = scan::word_end(text, here);
    Offset next = scan::skip_blanks(text, end);
    for (std::string_view before : {"async", "export", "public", "pub", "private"}) {
        if (word != before || !c.is_declaration_start(next)) continue;
        c.report_idle(here, next,
                      word == "async" ? "a workflow waits by itself"
                                      : "what a module declares others may use");
        return next;
    }
    if (word != "from" || scan::word(text, next).empty()) return kNoMatch;
    Offset line = scan::line_end(text, here);
    if (text.substr(next, line - next).find(" import ") == std::string_view::npos) return kNoMatch;
    help(c.report_foreign(here, end, "a module is imported as a whole"),
         "`use std.notify`, and then `notify.email(…)`");
    return line;
}

Offset foreign_count(Context& c, Offset at) {
    Offset here = scan::skip_blanks(c.text(), at);
    auto word = scan::word(c.text(), here);
    constexpr std::array<std::string_view, 3> kWords = {"once", "twice", "thrice"};
    const auto found = std::ranges::find(kWords, word);
    if (found == kWords.end()) return kNoMatch;
    Offset end = here + static_cast<Offset>(word.size());
    const auto count = std::to_string(found - kWords.begin() + 1);
    c.report_habit(here, end, count + " times", "how often is a number");
    return end;
}

Offset foreign_times(Context& c, Offset at) {
    auto text = c.text();
    Offset here = scan::skip_blanks(text, at);
    auto word = scan::word(text, here);
    Offset end = here + static_cast<Offset>(word.size());
    Offset next = scan::skip_blanks(text, end);
    if (word == "every") {
        constexpr std::array kUnits = {std::pair("second", "1s"), std::pair("minute", "1m"),
                                       std::pair("hour", "1h"), std::pair("week", "7d"),
                                       std::pair("day", "1d")};
        auto unit = scan::word(text, next);
        const auto found =
            std::ranges::find(kUnits, unit, &std::pair<const char*, const char*>::first);
        if (found == kUnits.end()) return kNoMatch;
        end = next + static_cast<Offset>(unit.size());
        next = scan::skip_blanks(text, end);
        if (unit != "day" || scan::word(text, next) != "at") {
            c.report_habit(here, end, std::string("every ") + found->second,
                           "the time between is a duration");
            return end;
        }
        word = "daily";
    }
    if ((word == "daily" || word == "nightly") && scan::word(text, next) == "at") {
        c.report_idle(here, next, "a time of day comes each day");
        return next;
    }
    if (word == "hourly") {
        c.report_habit(here, end, "every 1h", "the time between is a duration");
        return end;
    }
    constexpr std::array<std::string_view, 6> kWords = {"daily",   "nightly", "weekly",
                                                        "monthly", "cron",    "weekdays"};
    if (std::ranges::find(kWords, word) == kWords.end()) return kNoMatch;
    help(c.report_foreign(here, end, "a schedule names times of day, or the time between two"),
         "`at \"06:00\"` is each day, `every 7d` counts; on which day it is the workflow asks "
         "`calendar.local`");
    return scan::at(text, next) == '"' ? scan::token(text, next) : end;
}

Offset foreign_braces(Context& c, Offset name, Offset brace) {
    auto text = c.text();
    Offset open = scan::skip_blanks(text, brace);
    if (scan::at(text, open) != '{') return kNoMatch;
    Offset first = scan::skip_trivia(text, open + 1);
    Offset end = scan::word_end(text, first);
    auto key = scan::word(text, first);
    const bool arm = key == "case" || key == "default" || (end > first && scan::is_upper(key[0]));
    if (end == first || arm || scan::at(text, scan::skip_blanks(text, end)) != ':') return kNoMatch;
    Offset close = closing_brace(text, open);
    if (close == kNoMatch) return kNoMatch;
    const std::string called(text.substr(name, brace - name));
    auto* d = c.report_foreign(open, open + 1, "values stand in parentheses");
    if (d == nullptr) return close;
    const auto begin = name + static_cast<Offset>(called.find_last_not_of(" \t") + 1);
    const bool on_one_line = text.substr(open, close - open).find('\n') == std::string_view::npos;
    const auto right = "`" + std::string(text.substr(name, begin - name)) + "(" +
                       std::string(text.substr(first, end - first)) + ": …)`";
    d->message = "values stand in parentheses, not in braces";
    d->help = on_one_line ? "" : right;
    if (!on_one_line) return close;
    d->fix = Fix{"write " + right,
                 {Edit{c.span(begin, first), "("}, Edit{c.span(close - 1, close), ")"}},
                 Applicability::Safe};
    return close;
}

std::string snake_case(std::string_view name) {
    std::string out;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const bool upper = scan::is_upper(name[i]);
        const bool begins =
            upper && i > 0 && !out.ends_with('_') &&
            (!scan::is_upper(name[i - 1]) || (i + 1 < name.size() && scan::is_lower(name[i + 1])));
        if (begins) out += '_';
        out += upper ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
    }
    return out;
}

}  // namespace weft::grammar
