// The tokens as the rules see them: scan.h, and what may stand before a token in the current mode.
#include <algorithm>
#include <array>

#include "grammar/characters.h"
#include "grammar/context.h"
#include "grammar/habits.h"
#include "grammar/keywords.h"

namespace weft::grammar {

namespace {

// What others write, and how Weft has it. Each counts only where a word or text follows, since two
// names never stand side by side in a right program.
struct Alias {
    std::string_view habit;
    std::string_view word;
};
constexpr std::array kAliases = {
    Alias{"for", "each"},      Alias{"foreach", "each"},    Alias{"function", "fn"},
    Alias{"func", "fn"},       Alias{"def", "fn"},          Alias{"var", "let"},
    Alias{"val", "let"},       Alias{"switch", "match"},    Alias{"import", "use"},
    Alias{"struct", "record"}, Alias{"class", "record"},    Alias{"interface", "record"},
    Alias{"throw", "fail"},    Alias{"raise", "fail"},      Alias{"await", "wait"},
    Alias{"task", "step"},     Alias{"call", "step"},       Alias{"invoke", "step"},
    Alias{"const", "let"},     Alias{"let", "const"},       Alias{"type", "record"},
    Alias{"model", "record"},  Alias{"activity", "worker"}, Alias{"exception", "error"},
};

bool is_quote_or_word(std::string_view text, Offset at) {
    char c = scan::at(text, at);
    return c == '"' || (scan::is_word_char(c) && !scan::is_digit(c));
}

}  // namespace

Offset Context::skip(Offset at) const {
    if (stopped) return static_cast<Offset>(text_.size());
    at = scan::skip_blanks(text_, at);
    return mode.lines_free ? skip_soft(at) : at;
}

Offset Context::skip_soft(Offset at) const {
    Offset here = at;
    while (true) {
        here = scan::skip_blanks(text_, here);
        Offset after = scan::skip_comment(text_, here);
        if (scan::at(text_, after) != '\n') return here == after ? here : at;
        Offset next = scan::skip_blanks(text_, after + 1);
        if (is_stop(next)) return at;
        here = after + 1;
        if (scan::at(text_, next) != '\n' && !scan::starts(text_, next, "//")) return next;
    }
}

Offset Context::match_word(Offset at, std::string_view word) {
    Offset here = skip(at);
    auto found = scan::word(text_, here);
    Offset end = here + static_cast<Offset>(found.size());
    if (found == word) return end;
    if (found.empty() || end == here) return kNoMatch;
    for (const Alias& alias : kAliases) {
        if (found != alias.habit || word != alias.word) continue;
        Offset next = scan::skip_blanks(text_, end);
        if (next == end || !is_quote_or_word(text_, next)) return kNoMatch;
        if (found == "await" && !is_wait(next)) return kNoMatch;
        // `type Line {`; with a `=` it is a type of another name.
        Offset after = scan::skip_blanks(text_, scan::word_end(text_, next));
        if (found == "type" && scan::at(text_, after) != '{') return kNoMatch;
        if (found == "let" && scan::indent(text_, here) > 0) return kNoMatch;
        report_habit(here, end, alias.word, "the word for it is `" + std::string(word) + "`");
        return end;
    }
    return kNoMatch;
}

bool Context::is_wait(Offset at) const {
    auto next = scan::word(text_, scan::skip_blanks(text_, scan::word_end(text_, at)));
    return next == "within" || next == "until";
}

// `setp found = …`: a word that is no word of Weft, before another one, where a statement begins.
Offset Context::match_slip(Offset at, std::string_view word) {
    Offset here = skip(at);
    auto found = scan::word(text_, here);
    constexpr std::size_t kShort = 3;
    const bool foreign = found == "await";  // it has a message of its own
    if (found.size() < kShort || !is_slip(found, word) || word_class(found) || foreign) {
        return kNoMatch;
    }
    Offset end = here + static_cast<Offset>(found.size());
    Offset next = scan::skip_blanks(text_, end);
    if (next == end || !scan::is_word_char(scan::at(text_, next))) return kNoMatch;
    auto* d = report(DiagnosticCode::SyntaxError, here, here, end,
                     "`" + std::string(found) + "` begins no statement or clause");
    if (d != nullptr) {
        d->help = "did you mean `" + std::string(word) + "`?";
        d->fix = Fix{"write `" + std::string(word) + "`",
                     {Edit{span(here, end), std::string(word)}},
                     Applicability::MaybeWrong};
    }
    return end;
}

// The first word of a statement or declaration: not before `:`, and once if it is written twice.
Offset Context::match_lead(Offset at, std::string_view word) {
    Offset end = match_word(at, word);
    if (end == kNoMatch) return match_slip(at, word);
    Offset next = scan::skip_blanks(text_, end);
    // Behind a clause's word the `:` is reported as what is too many.
    const bool clause = word_class(word) == WordClass::Clause && !mode.lines_free;
    if (scan::at(text_, next) == ':' && !clause) return kNoMatch;
    Offset twice = next + static_cast<Offset>(word.size());
    if (scan::word(text_, next) == word &&
        is_quote_or_word(text_, scan::skip_blanks(text_, twice))) {
        if (auto* d = report(DiagnosticCode::SyntaxError, next, next, twice,
                             "`" + std::string(word) + "` is written twice")) {
            d->fix = Fix{"remove one", {Edit{span(end, twice), ""}}, Applicability::Safe};
        }
        return twice;
    }
    return end;
}

Offset Context::match_punct(Offset at, std::string_view punct) const {
    Offset here = skip(at);
    if (!scan::starts(text_, here, punct)) return kNoMatch;
    Offset end = here + static_cast<Offset>(punct.size());
    char next = scan::at(text_, end);
    // Not the beginning of a longer one.
    if (punct == "=" && (next == '=' || next == '>')) return kNoMatch;
    if (punct == "." && next == '.') return kNoMatch;
    if (punct == "|" && next == '|') return kNoMatch;
    if (punct == "?" && next == '?') return kNoMatch;
    return end;
}

Offset Context::match_name(Offset at, NameRole role) {
    Offset here = skip(at);
    auto word = scan::word(text_, here);
    if (word.empty()) return kNoMatch;
    Offset end = here + static_cast<Offset>(word.size());
    if (role == NameRole::BeforeColon && scan::at(text_, skip(end)) != ':') {
        role = NameRole::Value;
    }
    const bool free = role == NameRole::AfterDot || role == NameRole::BeforeColon;
    if (!free && is_reserved(word)) return kNoMatch;
    if (!scan::is_ascii(word)) {
        report(DiagnosticCode::SyntaxError, here, here, end, "");
        return end;
    }
    const bool upper = scan::is_upper(word[0]);
    const bool camel = !upper && std::ranges::any_of(word, scan::is_upper);
    const bool wrong = role != NameRole::AfterDot && upper != (role == NameRole::Type);
    if (camel || wrong) report_style(here, end, free ? NameRole::Value : role);
    return end;
}

Offset Context::match_literal(Offset at) {
    Offset here = skip(at);
    if (Offset end = foreign_number(*this, here); end != kNoMatch) return end;
    if (auto literal = scan::number(text_, here)) {
        leaf(literal->kind, here, literal->end);
        if (!literal->valid) {
            report(DiagnosticCode::BadLiteral, here, here, literal->end,
                   "`" + std::string(text_.substr(here, literal->end - here)) +
                       "` is not a number, a duration, a date or a time");
        }
        return literal->end;
    }
    auto word = scan::word(text_, here);
    Offset end = here + static_cast<Offset>(word.size());
    if (word == "true" || word == "false") {
        leaf(NodeKind::Bool, here, end);
        return end;
    }
    bool habit = word == "null" || word == "nil" || word == "undefined";
    if (word == "none" || habit) {
        if (habit) report_habit(here, end, "none", "the absent value is `none`");
        leaf(NodeKind::None, here, end);
        return end;
    }
    return kNoMatch;
}

Offset Context::match_regex(Offset at) {
    Offset here = skip(at);
    auto end = scan::regex(text_, here);
    if (!end) return kNoMatch;
    leaf(NodeKind::Regex, here, *end);
    return *end;
}

// `Money<EUR>` and a point after it: only then `<` is not a comparison.
Offset Context::match_type_value_start(Offset at) const {
    Offset here = skip(at);
    if (!scan::is_upper(scan::at(text_, here))) return kNoMatch;
    Offset end = scan::word_end(text_, here);
    if (scan::at(text_, end) != '<') return kNoMatch;
    int depth = 0;
    constexpr Offset kLongestType = 200;
    for (Offset i = end; i < text_.size() && i - end < kLongestType; ++i) {
        char c = text_[i];
        if (c == '<') ++depth;
        if (c == '>' && --depth == 0) return scan::at(text_, i + 1) == '.' ? here : kNoMatch;
        if (!scan::is_word_char(c) && !scan::is_blank(c) && c != '<' && c != '>' && c != ',' &&
            c != '.') {
            break;
        }
    }
    return kNoMatch;
}

bool Context::at_lambda(Offset at) const {
    Offset here = skip(at);
    auto arrow_follows = [&](Offset after) {
        return scan::starts(text_, scan::skip_blanks(text_, after), "=>");
    };
    if (Offset end = scan::word_end(text_, here); end > here) return arrow_follows(end);
    if (scan::at(text_, here) != '(') return false;
    ++here;
    while (scan::is_word_char(scan::at(text_, here)) || scan::is_blank(scan::at(text_, here)) ||
           scan::at(text_, here) == ',') {
        ++here;
    }
    return scan::at(text_, here) == ')' && arrow_follows(here + 1);
}

scan::OperatorToken Context::peek_operator(Offset at) const {
    Offset here = skip(at);
    auto op = scan::binary_operator(text_, here);
    if (op.end == 0 && mode.condition && match_punct(here, "=") != kNoMatch) {
        return {Operator::Equal, scan::kComparisonPrecedence, here + 1, "="};
    }
    return op;
}

Offset Context::take_operator(Offset at, const scan::OperatorToken& op) {
    if (!op.habit.empty()) {
        Offset here = skip(at);
        auto right = spelling(op.op);
        if (op.is_none) {
            auto* d = report_foreign(here, op.end, op.why);
            if (d != nullptr) d->help = op.instead;
        } else {
            report_habit(here, op.end, right,
                         op.habit == "=" ? "`=` binds a name, `==` compares"
                                         : "the operator is `" + std::string(right) + "`");
        }
    }
    return skip_soft(op.end);
}

scan::OperatorToken Context::prefix_operator(Offset at) {
    Offset here = skip(at);
    if (scan::word(text_, here) == "not")
        return {Operator::Not, scan::kNotPrecedence, here + 3, ""};
    char c = scan::at(text_, here);
    char next = scan::at(text_, here + 1);
    if (auto dash = scan::binary_operator(text_, here); dash.op == Operator::Subtract && c != '-') {
        report_habit(here, dash.end, "-", "the operator is `-`");
        return {Operator::Negate, scan::kNegatePrecedence, dash.end, dash.habit};
    }
    if (c == '-' && next != '>') return {Operator::Negate, scan::kNegatePrecedence, here + 1, ""};
    if (c == '!' && next != '=' && next != '!') {
        report_habit(here, here + 1, "not ", "the operator is `not`");
        return {Operator::Not, scan::kNegatePrecedence, here + 1, "!"};
    }
    return {};
}

}  // namespace weft::grammar
