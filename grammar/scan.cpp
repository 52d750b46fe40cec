#include "grammar/scan.h"

#include <array>

#include "grammar/characters.h"

namespace weft::scan {

bool starts(std::string_view text, std::uint32_t offset, std::string_view what) {
    return offset <= text.size() && text.substr(offset).starts_with(what);
}

namespace {

// Past characters of ASCII that are the one, and others that are the other.
template <typename Ascii, typename Other>
std::uint32_t skip_while(std::string_view text, std::uint32_t offset, Ascii ascii, Other other) {
    while (offset < text.size()) {
        if (is_ascii(text[offset])) {
            if (!ascii(text[offset])) break;
            ++offset;
            continue;
        }
        const auto here = character(text, offset);
        if (!other(here.code)) break;
        offset += here.length;
    }
    return offset;
}

}  // namespace

std::uint32_t skip_blanks(std::string_view text, std::uint32_t offset) {
    return skip_while(text, offset, is_blank, is_hidden);
}

std::uint32_t skip_comment(std::string_view text, std::uint32_t offset) {
    return starts(text, offset, "//") ? line_end(text, offset) : offset;
}

std::uint32_t skip_trivia(std::string_view text, std::uint32_t offset) {
    while (true) {
        offset = skip_comment(text, skip_blanks(text, offset));
        if (at(text, offset) != '\n') return offset;
        ++offset;
    }
}

std::uint32_t word_end(std::string_view text, std::uint32_t offset) {
    if (is_digit(at(text, offset))) return offset;
    return skip_while(text, offset, is_word_char, is_foreign_letter);
}

std::string_view word(std::string_view text, std::uint32_t offset) {
    return text.substr(offset, word_end(text, offset) - offset);
}

std::uint32_t line_begin(std::string_view text, std::uint32_t offset) {
    while (offset > 0 && text[offset - 1] != '\n') --offset;
    return offset;
}

std::uint32_t line_end(std::string_view text, std::uint32_t offset) {
    auto found = text.find('\n', offset);
    auto end = found == std::string_view::npos ? text.size() : found;
    if (end > offset && text[end - 1] == '\r') --end;
    return static_cast<std::uint32_t>(end);
}

std::uint32_t indent(std::string_view text, std::uint32_t offset) {
    std::uint32_t begin = line_begin(text, offset);
    return skip_blanks(text, begin) - begin;
}

namespace {

std::uint32_t digits(std::string_view text, std::uint32_t offset) {
    while (is_digit(at(text, offset)) ||
           (at(text, offset) == '_' && is_digit(at(text, offset + 1)))) {
        ++offset;
    }
    return offset;
}

// `d` is a digit, everything else itself.
bool shaped(std::string_view text, std::uint32_t offset, std::string_view shape) {
    for (char c : shape) {
        char have = at(text, offset++);
        if (c == 'd' ? !is_digit(have) : have != c) return false;
    }
    return true;
}

std::optional<Literal> date_or_time(std::string_view text, std::uint32_t offset) {
    if (!shaped(text, offset, "dddd-dd-dd")) return std::nullopt;
    std::uint32_t end = offset + 10;
    if (at(text, end) != 'T') return Literal{NodeKind::Date, end, !is_word_char(at(text, end))};
    if (!shaped(text, end, "Tdd:dd:dd")) return Literal{NodeKind::Time, word_end(text, end), false};
    end += 9;
    if (at(text, end) == '.') end = digits(text, end + 1);
    if (at(text, end) == 'Z') return Literal{NodeKind::Time, end + 1, true};
    return Literal{NodeKind::Time, word_end(text, end), false};
}

bool is_duration_unit(std::string_view unit) {
    for (std::string_view u : {"ms", "s", "m", "h", "d", "w"}) {
        if (unit == u) return true;
    }
    return false;
}

}  // namespace

std::optional<Literal> number(std::string_view text, std::uint32_t offset) {
    if (!is_digit(at(text, offset))) return std::nullopt;
    if (auto found = date_or_time(text, offset)) return found;
    Literal out{NodeKind::Int, digits(text, offset)};
    if (at(text, out.end) == '.' && is_digit(at(text, out.end + 1))) {
        out = {NodeKind::Decimal, digits(text, out.end + 1)};
    }
    std::string_view unit = word(text, out.end);
    if (!unit.empty()) {
        out.valid = out.kind == NodeKind::Int && is_duration_unit(unit);
        if (out.valid) out.kind = NodeKind::Duration;
        out.end += static_cast<std::uint32_t>(unit.size());
        return out;
    }
    std::uint32_t after = skip_blanks(text, out.end);
    std::string_view currency = word(text, after);
    if (after > out.end && currency.size() == 3 && is_upper(currency[0]) && is_upper(currency[1]) &&
        is_upper(currency[2])) {
        return Literal{NodeKind::Money, after + 3};
    }
    return out;
}

std::optional<std::uint32_t> regex(std::string_view text, std::uint32_t offset) {
    if (at(text, offset) != '/' || at(text, offset + 1) == '/') return std::nullopt;
    for (std::uint32_t i = offset + 1; i < text.size() && text[i] != '\n'; ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '/') {
            return i + 1;
        }
    }
    return std::nullopt;
}

namespace {

// Operators of others: one that Weft writes otherwise, or has not at all.
OperatorToken foreign_operator(std::string_view text, std::uint32_t offset) {
    std::string_view here = word(text, offset);
    const std::uint32_t end = word_end(text, offset);
    const std::uint32_t next = skip_blanks(text, end);
    if (here == "is") {
        const bool negated = word(text, next) == "not";
        return {negated ? Operator::NotEqual : Operator::Equal, kComparisonPrecedence,
                negated ? word_end(text, next) : end, negated ? "is not" : "is"};
    }
    if (const auto sign = plain_sign(character(text, offset).code);
        offset < text.size() && !sign.empty()) {
        OperatorToken plain = binary_operator(sign, 0);
        plain.end = offset + character(text, offset).length;
        plain.habit = text.substr(offset, plain.end - offset);
        return plain;
    }
    if (here == "mod") return {Operator::Remainder, 8, end, "mod"};
    if (here == "not" && word(text, next) == "in") {
        return {Operator::In, kComparisonPrecedence,           word_end(text, next), "not in",
                true,         "`not` stands before the whole", "`not (a in b)`"};
    }
    if (starts(text, offset, "**")) {
        return {Operator::Multiply, 8, offset + 2, "**", true, "there is no power", "multiply"};
    }
    if (starts(text, offset, "++")) {
        return {Operator::Add,
                7,
                offset + 2,
                "++",
                true,
                "texts and lists are not added",
                "texts are joined by holes, `\"${a}${b}\"`, lists by `concat(a, b)`"};
    }
    return {};
}

}  // namespace

OperatorToken binary_operator(std::string_view text, std::uint32_t offset) {
    struct Row {
        std::string_view spelling;
        Operator op;
        int precedence;
        std::string_view habit;
    };
    // Longer spellings first.
    static constexpr std::array kSymbols = {
        Row{"===", Operator::Equal, kComparisonPrecedence, "==="},
        Row{"!==", Operator::NotEqual, kComparisonPrecedence, "!=="},
        Row{"==", Operator::Equal, kComparisonPrecedence, ""},
        Row{"!=", Operator::NotEqual, kComparisonPrecedence, ""},
        Row{"<>", Operator::NotEqual, kComparisonPrecedence, "<>"},
        Row{"<=", Operator::LessEqual, kComparisonPrecedence, ""},
        Row{">=", Operator::GreaterEqual, kComparisonPrecedence, ""},
        Row{"<", Operator::Less, kComparisonPrecedence, ""},
        Row{">", Operator::Greater, kComparisonPrecedence, ""},
        Row{"&&", Operator::And, 2, "&&"},
        Row{"||", Operator::Or, 1, "||"},
        Row{"??", Operator::Coalesce, 5, ""},
        Row{"..", Operator::Range, kRangePrecedence, ""},
        Row{"+", Operator::Add, 7, ""},
        Row{"-", Operator::Subtract, 7, ""},
        Row{"*", Operator::Multiply, 8, ""},
        Row{"/", Operator::Divide, 8, ""},
        Row{"%", Operator::Remainder, 8, ""},
    };
    static constexpr std::array kWords = {
        Row{"or", Operator::Or, 1, ""},
        Row{"and", Operator::And, 2, ""},
        Row{"in", Operator::In, kComparisonPrecedence, ""},
        Row{"div", Operator::WholeDivide, 8, ""},
    };
    if (starts(text, offset, "->") || starts(text, offset, "//")) return {};
    std::string_view here = word(text, offset);
    if (auto foreign = foreign_operator(text, offset); foreign.end != 0) return foreign;
    for (const Row& row : kWords) {
        if (here == row.spelling) {
            return {row.op, row.precedence, word_end(text, offset), row.habit};
        }
    }
    for (const Row& row : kSymbols) {
        if (starts(text, offset, row.spelling)) {
            auto end = offset + static_cast<std::uint32_t>(row.spelling.size());
            return {row.op, row.precedence, end, row.habit};
        }
    }
    return {};
}

namespace {

std::uint32_t quoted(std::string_view text, std::uint32_t offset) {
    std::uint32_t hole = 0;
    for (std::uint32_t i = offset + 1; i < text.size() && text[i] != '\n'; ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (starts(text, i, "${")) {
            ++hole;
        } else if (text[i] == '}' && hole > 0) {
            --hole;
        } else if (text[i] == '"' && hole == 0) {
            return i + 1;
        }
    }
    return line_end(text, offset);
}

}  // namespace

std::uint32_t token(std::string_view text, std::uint32_t offset) {
    if (offset >= text.size()) return offset;
    if (auto literal = number(text, offset)) return literal->end;
    if (std::uint32_t end = word_end(text, offset); end > offset) return end;
    if (starts(text, offset, "\"\"\"")) {
        auto close = text.find("\"\"\"", offset + 3);
        if (close != std::string_view::npos) return static_cast<std::uint32_t>(close + 3);
        return line_end(text, offset);
    }
    if (text[offset] == '"') return quoted(text, offset);
    if (OperatorToken op = binary_operator(text, offset); op.end > offset) return op.end;
    for (std::string_view two : {"=>", "->"}) {
        if (starts(text, offset, two)) return offset + 2;
    }
    ++offset;
    // The rest of a code point.
    while ((static_cast<unsigned char>(at(text, offset)) & 0xC0) == 0x80) ++offset;
    return offset;
}

Balance balance(std::string_view text) {
    std::int64_t depth = 0;
    std::int64_t deeper = 0;  // lines behind a brace that stand deeper, less those that don't
    Balance out;
    for (std::uint32_t i = 0; i < text.size();) {
        if (starts(text, i, "//")) {
            i = line_end(text, i);
        } else if (starts(text, i, "\"\"\"")) {
            auto close = text.find("\"\"\"", i + 3);
            if (close == std::string_view::npos) out.fences = false;
            i = out.fences ? static_cast<std::uint32_t>(close + 3) : i + 3;
        } else if (text[i] == '"') {
            i = quoted(text, i);
        } else {
            depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
            if (depth < 0) out.braces = false;
            std::uint32_t next = text[i] == '{' ? skip_blanks(text, i + 1) : i;
            if (next > i && at(text, next) == '\n') {
                std::uint32_t first = skip_trivia(text, next);
                if (at(text, first) != '}')
                    deeper += indent(text, first) > indent(text, i) ? 1 : -1;
            }
            ++i;
        }
    }
    if (depth != 0) out.braces = false;
    out.laid_out = deeper > 0;
    return out;
}

}  // namespace weft::scan
