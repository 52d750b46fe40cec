// Habits inside expressions: quotes, numbers with their units, and the signs behind an operand.
#include <algorithm>
#include <array>
#include <optional>

#include "grammar/characters.h"
#include "grammar/habits.h"
#include "grammar/keywords.h"
#include "grammar/literals.h"

namespace weft::grammar {

namespace {

struct Unit {
    std::string_view written;
    std::string_view unit;
};
constexpr std::array kUnits = {
    Unit{"ms", "ms"},     Unit{"msec", "ms"}, Unit{"millis", "ms"}, Unit{"s", "s"},
    Unit{"sec", "s"},     Unit{"secs", "s"},  Unit{"second", "s"},  Unit{"seconds", "s"},
    Unit{"m", "m"},       Unit{"min", "m"},   Unit{"mins", "m"},    Unit{"minute", "m"},
    Unit{"minutes", "m"}, Unit{"h", "h"},     Unit{"hr", "h"},      Unit{"hrs", "h"},
    Unit{"hour", "h"},    Unit{"hours", "h"}, Unit{"d", "d"},       Unit{"day", "d"},
    Unit{"days", "d"},    Unit{"w", "w"},     Unit{"week", "w"},    Unit{"weeks", "w"},
};
constexpr std::array kCurrencies = {
    Unit{"usd", "USD"},   Unit{"dollars", "USD"}, Unit{"dollar", "USD"}, Unit{"eur", "EUR"},
    Unit{"euros", "EUR"}, Unit{"euro", "EUR"},    Unit{"gbp", "GBP"},    Unit{"pounds", "GBP"},
    Unit{"chf", "CHF"},   Unit{"francs", "CHF"},  Unit{"jpy", "JPY"},    Unit{"yen", "JPY"},
    Unit{"cad", "CAD"},   Unit{"aud", "AUD"},     Unit{"cny", "CNY"},    Unit{"inr", "INR"},
    Unit{"$", "USD"},     Unit{"€", "EUR"},       Unit{"£", "GBP"},      Unit{"¥", "JPY"},
};

template <std::size_t N>
std::string_view find(const std::array<Unit, N>& rows, std::string_view written) {
    auto row = std::ranges::find(rows, written, &Unit::written);
    return row == rows.end() ? std::string_view() : row->unit;
}

// A sign of a currency at the offset.
std::string_view sign_at(std::string_view text, Offset at) {
    for (std::string_view sign : {"$", "€", "£", "¥"}) {
        if (scan::starts(text, at, sign)) return sign;
    }
    return {};
}

Offset bad_literal(Context& c, Offset begin, Offset end, std::string_view what,
                   std::string_view right, Applicability applicability = Applicability::Safe) {
    c.leaf(NodeKind::Int, begin, end);
    auto* d = c.report(
        DiagnosticCode::BadLiteral, begin, begin, end,
        "`" + std::string(c.text().substr(begin, end - begin)) + "` is " + std::string(what));
    if (d == nullptr || right.empty()) return end;
    d->fix = Fix{"write `" + std::string(right) + "`",
                 {Edit{c.span(begin, end), std::string(right)}},
                 applicability};
    return end;
}

std::string_view digits_at(std::string_view text, Offset at) {
    Offset end = at;
    while (scan::is_digit(scan::at(text, end)) || scan::at(text, end) == '_') ++end;
    return text.substr(at, end - at);
}

// `2h30m`: the parts together in the last unit.
std::string in_one_unit(std::string_view written) {
    std::int64_t sum_ms = 0;
    std::string unit;
    for (std::size_t at = 0; at < written.size();) {
        auto count = digits_at(written, static_cast<Offset>(at));
        std::size_t end = at + count.size();
        unit.clear();
        while (end < written.size() && scan::is_lower(written[end])) unit += written[end++];
        auto ms = duration_ms(std::string(count) + unit);
        if (count.empty() || !ms || sum_ms > INT64_MAX - *ms) return {};
        sum_ms += *ms;
        at = end;
    }
    auto one = duration_ms("1" + unit);
    return one && sum_ms % *one == 0 ? std::to_string(sum_ms / *one) + unit : "";
}

// `01/31/2026`, `31.01.2026`, `2026/01/31`
Offset slashed_date(Context& c, Offset at) {
    auto text = c.text();
    std::array<std::string_view, 3> parts;
    Offset here = at;
    char sign = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        parts[i] = digits_at(text, here);
        here += static_cast<Offset>(parts[i].size());
        if (i == 2) break;
        char next = scan::at(text, here);
        if ((next != '/' && next != '.') || (i > 0 && next != sign)) return kNoMatch;
        sign = next;
        ++here;
    }
    const bool year_first = parts[0].size() == 4 && parts[2].size() == 2;
    const bool year_last = parts[0].size() <= 2 && parts[2].size() == 4;
    if (parts[1].size() > 2 || parts[1].empty() || parts[0].empty()) return kNoMatch;
    if (!(year_first && parts[1].size() == 2) && !year_last) return kNoMatch;
    if (scan::is_word_char(scan::at(text, here))) return kNoMatch;
    std::string right;
    if (year_first) {
        right = std::string(parts[0]) + "-" + std::string(parts[1]) + "-" + std::string(parts[2]);
    }
    bad_literal(c, at, here, "no date: a date is written as `2026-01-31`", right);
    return here;
}

// Past `+02:00` behind a time.
Offset zone_offset(std::string_view text, Offset at) {
    const char sign = scan::at(text, at);
    if (sign != '+' && sign != '-') return at;
    const auto hours = digits_at(text, at + 1);
    if (hours.size() != 2 || scan::at(text, at + 3) != ':') return at;
    return digits_at(text, at + 4).size() == 2 ? at + 6 : at;
}

// What stands behind a whole number, after blanks or not: a unit or a currency in other words.
Offset with_unit(Context& c, Offset at, const scan::Literal& literal) {
    auto text = c.text();
    Offset after = scan::skip_blanks(text, literal.end);
    const std::string number(text.substr(at, literal.end - at));
    auto sign = sign_at(text, after);
    auto word = sign.empty() ? scan::word(text, after) : sign;
    if (word.empty()) return kNoMatch;
    Offset end = after + static_cast<Offset>(word.size());
    if (auto currency = find(kCurrencies, word); !currency.empty()) {
        if (word == "$" && scan::at(text, end) == '{') return kNoMatch;
        return bad_literal(c, at, end, "no amount: a currency is three capital letters",
                           number + " " + std::string(currency),
                           sign.empty() ? Applicability::Safe : Applicability::MaybeWrong);
    }
    auto unit = find(kUnits, word);
    if (unit.empty() || after == literal.end || literal.kind != NodeKind::Int) return kNoMatch;
    return bad_literal(c, at, end, "no duration: the unit stands behind the number, as in `5m`",
                       number + std::string(unit));
}

}  // namespace

Offset foreign_number(Context& c, Offset at) {
    auto text = c.text();
    if (!scan::is_digit(scan::at(text, at))) return kNoMatch;
    if (Offset end = slashed_date(c, at); end != kNoMatch) return end;
    auto literal = scan::number(text, at);
    if (!literal) return kNoMatch;
    const auto written = text.substr(at, literal->end - at);
    if (!literal->valid) {
        if (literal->kind == NodeKind::Time) {
            const Offset offset = zone_offset(text, literal->end);
            if (offset > literal->end) {
                return bad_literal(c, at, offset,
                                   "no time: write the same moment in UTC, with a "
                                   "`Z` in place of the offset",
                                   "");
            }
            const bool zoneless = written.size() == 19;
            return bad_literal(c, at, literal->end, "no time: a Time is of UTC and ends in `Z`",
                               zoneless ? std::string(written) + "Z" : "",
                               Applicability::MaybeWrong);
        }
        if (auto right = in_one_unit(written); !right.empty()) {
            return bad_literal(c, at, literal->end, "no duration: it has one number and one unit",
                               right);
        }
        const auto digits = digits_at(text, at);
        auto unit = find(kUnits, written.substr(digits.size()));
        if (unit.empty()) return kNoMatch;
        if (auto* d = c.report(
                DiagnosticCode::BadLiteral, at, at, literal->end,
                "`" + std::string(written) + "` is not a number, a duration, a date or a time")) {
            const auto right = std::string(digits) + std::string(unit);
            d->help = "units are `ms`, `s`, `m`, `h`, `d` and `w`";
            d->fix = Fix{"write `" + right + "`",
                         {Edit{c.span(at, literal->end), right}},
                         Applicability::Safe};
        }
        c.leaf(NodeKind::Int, at, literal->end);
        return literal->end;
    }
    if (literal->kind != NodeKind::Int && literal->kind != NodeKind::Decimal) return kNoMatch;
    // `1,000`: inside of brackets these are two.
    Offset comma = literal->end;
    Offset group = comma + 1;
    if (literal->kind == NodeKind::Int && !c.mode.lines_free && scan::at(text, comma) == ',' &&
        digits_at(text, group).size() == 3) {
        auto right = std::string(written) + "_" + std::string(digits_at(text, group));
        return bad_literal(c, at, group + 3, "no number: `_` divides its digits", right);
    }
    return with_unit(c, at, *literal);
}

namespace {

bool is_curly(std::string_view text, Offset at) {
    return at < text.size() && scan::is_curly_quote(scan::character(text, at).code);
}

// A curly quote is closed by any other.
bool closes(std::string_view text, Offset open, Offset at) {
    const auto quote = scan::character(text, at).code;
    if (scan::is_ascii(text[open])) return text[at] == text[open];
    return scan::is_curly_quote(quote) || quote == U'"';
}

// `'text'` and `` `text` ``, to the quote that closes it on the line.
ForeignOperand quoted(Context& c, Offset at) {
    auto text = c.text();
    const Offset begin = at + scan::character(text, at).length;
    const Offset line = scan::line_end(text, at);
    Offset close = begin;
    while (close < line && !closes(text, at, close)) close += scan::character(text, close).length;
    const bool closed = close < line;
    const Offset end = closed ? close + scan::character(text, close).length : line;
    auto* d = c.report_foreign(at, begin, "a text stands in double quotes");
    if (d == nullptr) return {end, false};
    auto inside = text.substr(begin, close - begin);
    if (closed && inside.find_first_of("\"\\") == std::string_view::npos) {
        const auto right = "\"" + std::string(inside) + "\"";
        d->span = c.span(at, end);
        d->fix = Fix{"write `" + right + "`", {Edit{c.span(at, end), right}}, Applicability::Safe};
    }
    return {end, false};
}

// `$5.00`, `€5`
ForeignOperand priced(Context& c, Offset at, std::string_view sign) {
    auto text = c.text();
    Offset here = at + static_cast<Offset>(sign.size());
    auto number = scan::number(text, here);
    if (!number || !number->valid) {
        if (sign != "$") return {};
        Offset end = here;
        while (scan::is_word_char(scan::at(text, end)) || scan::at(text, end) == '.') ++end;
        if (end == here) return {};
        if (auto* d = c.report_foreign(at, here, "a name stands for its value")) {
            d->help = "write the name alone; in a text `${name}`";
        }
        return {end, false};
    }
    const auto right = std::string(text.substr(here, number->end - here)) + " " +
                       std::string(find(kCurrencies, sign));
    auto* d = c.report(DiagnosticCode::BadLiteral, at, at, number->end,
                       "`" + std::string(text.substr(at, number->end - at)) +
                           "` is no amount: a currency is three capital letters");
    if (d != nullptr) {
        d->fix = Fix{"write `" + right + "`",
                     {Edit{c.span(at, number->end), right}},
                     Applicability::MaybeWrong};
    }
    return {number->end, false};
}

// `|x| …`, `lambda x: …`
ForeignOperand foreign_lambda(Context& c, Offset at, Offset end) {
    if (auto* d = c.report_foreign(at, end, "a function of a list function has an arrow")) {
        d->help = "`x => …`, or `(a, b) => …`";
    }
    return {end, true};
}

}  // namespace

Offset foreign_text(Context& c, Offset at) {
    Offset here = c.skip(at);
    char first = scan::at(c.text(), here);
    if (first != '\'' && first != '`' && !is_curly(c.text(), here)) return kNoMatch;
    return quoted(c, here).end;
}

ForeignOperand foreign_operand(Context& c, Offset at) {
    auto text = c.text();
    Offset here = c.skip(at);
    char first = scan::at(text, here);
    if (first == '\'' || first == '`' || is_curly(text, here)) return quoted(c, here);
    if (auto sign = sign_at(text, here); !sign.empty()) return priced(c, here, sign);
    if (first == '|' && scan::is_word_char(scan::at(text, here + 1))) {
        Offset close = scan::word_end(text, here + 1);
        return scan::at(text, close) == '|' ? foreign_lambda(c, here, close + 1) : ForeignOperand{};
    }
    auto word = scan::word(text, here);
    if (word.empty()) return {};
    Offset end = here + static_cast<Offset>(word.size());
    Offset next = scan::skip_blanks(text, end);
    if (scan::at(text, end) == '"' && (word == "f" || word == "r")) {
        c.report_idle(here, end, "every text may have holes, `${…}`");
        return {end, true};
    }
    auto following = scan::word(text, next);
    if (following.empty()) {
        const bool amount = word.size() == 3 && std::ranges::all_of(word, scan::is_upper) &&
                            next > end && scan::is_digit(scan::at(text, next));
        if (!amount) return {};
        auto number = scan::number(text, next);
        const auto digits = text.substr(next, number->end - next);
        const auto right = std::string(digits) + " " + std::string(word);
        if (auto* d = c.report(DiagnosticCode::BadLiteral, here, here, number->end,
                               "the currency stands behind the number")) {
            d->fix = Fix{"write `" + right + "`",
                         {Edit{c.span(here, number->end), right}},
                         Applicability::Safe};
        }
        return {number->end, false};
    }
    if (word == "run" && !is_reserved(following)) {
        auto* d = c.report(DiagnosticCode::SyntaxError, here, here, end,
                           "`run` begins a line or stands behind `step name =`, and gives no value "
                           "elsewhere");
        if (d != nullptr) {
            d->help = "in a test what came of it is read on the next lines: `expect output == …`";
        }
        return {end, true};
    }
    if (is_reserved(following)) return {};
    if (word == "await" && !c.is_wait(next)) {
        if (auto* d = c.report_foreign(here, end, "a step waits for its worker by itself")) {
            d->help = "`step name = worker(…)`";
        }
        return {end, true};
    }
    if (word == "new" && scan::is_upper(following[0])) {
        c.report_idle(here, next, "a record is built like a call");
        return {next, true};
    }
    if (word == "lambda") {
        Offset colon = scan::skip_blanks(text, scan::word_end(text, next));
        if (scan::at(text, colon) == ':') return foreign_lambda(c, here, colon + 1);
    }
    return {};
}

Offset foreign_suffix(Context& c, Offset at) {
    auto text = c.text();
    char first = scan::at(text, at);
    char second = scan::at(text, at + 1);
    if (first == '?' && second == '.') {
        if (auto* d = c.report_foreign(at, at + 2, "what may be none is taken apart")) {
            d->help = "`if let x = value { … }`, or a value in its place: `value ?? other`";
        }
        return at + 1;
    }
    if (first == '!' && second != '=') {
        if (auto* d = c.report_foreign(at, at + 1, "what may be none is taken apart")) {
            d->help = "`if let x = value { … }`, or a value in its place: `value ?? other`";
        }
        return at + 1;
    }
    Offset here = c.skip(at);
    if (scan::at(text, here) != '?' || scan::at(text, here + 1) == '?') return kNoMatch;
    Offset line = scan::line_end(text, here);
    if (text.substr(here, line - here).find(':') == std::string_view::npos) return kNoMatch;
    if (auto* d = c.report_foreign(here, here + 1, "an `if` gives a value where one stands")) {
        d->help = "`if c { a } else { b }`";
    }
    return here + 1;
}

Offset foreign_range(Context& c, Offset at) {
    auto text = c.text();
    Offset here = scan::skip_blanks(text, at);
    constexpr std::string_view kWord = "between";
    if (scan::word(text, here) != kWord) return kNoMatch;
    Offset end = here + static_cast<Offset>(kWord.size());
    Offset line = scan::line_end(text, here);
    constexpr std::string_view kAnd = " and ";
    auto rest = text.substr(end, line - end);
    auto found = rest.find(kAnd);
    if (found == std::string_view::npos) return kNoMatch;
    auto* d = c.report_foreign(here, end, "a range stands behind `in`, with both of its ends");
    if (d == nullptr) return end;
    Offset both = end + static_cast<Offset>(found);
    d->fix = Fix{"write `in a..b`",
                 {Edit{c.span(here, end), "in"},
                  Edit{c.span(both, both + static_cast<Offset>(kAnd.size())), ".."}},
                 Applicability::Safe};
    return end;
}

}  // namespace weft::grammar
