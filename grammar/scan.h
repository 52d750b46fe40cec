// Reading single tokens out of a text: pure functions from an offset to an offset, with no grammar
// in them. The rules, the recovery and the finder of comments share them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "grammar/tree.h"

namespace weft::scan {

inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
inline bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
inline bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
inline bool is_word_char(char c) {
    return is_lower(c) || is_upper(c) || is_digit(c) || c == '_';
}
inline bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

// '\0' past the end.
inline char at(std::string_view text, std::uint32_t offset) {
    return offset < text.size() ? text[offset] : '\0';
}
bool starts(std::string_view text, std::uint32_t offset, std::string_view what);

// Hidden characters are blanks, too (hidden.h reports them).
std::uint32_t skip_blanks(std::string_view text, std::uint32_t offset);
// Past the comment at the offset, if there is one; never past the line end.
std::uint32_t skip_comment(std::string_view text, std::uint32_t offset);
// Past blanks, line ends and comments.
std::uint32_t skip_trivia(std::string_view text, std::uint32_t offset);
// End of the word that begins at the offset; the offset itself when none does. A word has the
// letters of all alphabets, so that one with a letter that no name may have is told as a whole.
std::uint32_t word_end(std::string_view text, std::uint32_t offset);
std::string_view word(std::string_view text, std::uint32_t offset);
std::uint32_t line_begin(std::string_view text, std::uint32_t offset);
std::uint32_t line_end(std::string_view text, std::uint32_t offset);
// Blanks before the first character of the line that the offset is on.
std::uint32_t indent(std::string_view text, std::uint32_t offset);

struct Literal {
    NodeKind kind;
    std::uint32_t end;
    bool valid = true;  // a number with a unit or shape that no literal has: `12abc`
};
// Int, Decimal, Money, Duration, Date or Time.
std::optional<Literal> number(std::string_view text, std::uint32_t offset);

// End of the `/regex/` at the offset, on one line; none when it is not closed.
std::optional<std::uint32_t> regex(std::string_view text, std::uint32_t offset);

struct OperatorToken {
    Operator op = Operator::Unknown;
    int precedence = 0;  // loose to tight, from 1
    std::uint32_t end = 0;
    std::string_view habit{};  // what was written, where Weft writes it otherwise
    bool is_none = false;      // Weft has no such operator; then why, and what it has instead
    std::string_view why{};
    std::string_view instead{};
};
OperatorToken binary_operator(std::string_view text, std::uint32_t offset);
inline constexpr int kNotPrecedence = 3;
inline constexpr int kComparisonPrecedence = 4;
inline constexpr int kRangePrecedence = 6;
inline constexpr int kNegatePrecedence = 9;

// End of one token of any kind, for recovery: a word, a number, a whole text, a run of one
// punctuation mark. At least one character unless at the end.
std::uint32_t token(std::string_view text, std::uint32_t offset);

// Whether braces close as often as they open, whether each `"""` is closed, and whether lines
// inside braces stand deeper than the line of the brace, for the most part; texts and comments are
// skipped.
struct Balance {
    bool braces = true;
    bool fences = true;
    bool laid_out = false;
};
Balance balance(std::string_view text);

}  // namespace weft::scan
