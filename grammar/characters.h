// Characters of a source that are not ASCII: letters of other alphabets, signs that word processors
// put in the place of others, and characters that nobody sees. Pure functions, with no grammar in
// them; what they call a letter is a guess that only mistaken programs depend on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weft::scan {

struct Character {
    char32_t code = 0;  // U+FFFD where the bytes are no code point
    std::uint32_t length = 0;
};
// At an offset inside the text.
Character character(std::string_view text, std::uint32_t offset);

inline bool is_ascii(char c) {
    return static_cast<unsigned char>(c) < 0x80;
}
bool is_ascii(std::string_view text);

bool is_foreign_letter(char32_t code);
// Spaces that are not the plain one, and what is shown as nothing at all.
bool is_foreign_space(char32_t code);
bool is_unseen(char32_t code);
// After it, what is shown has another order than what is read.
bool turns_direction(char32_t code);
// What no program shows where it stands: one of the three.
inline bool is_hidden(char32_t code) {
    return is_foreign_space(code) || is_unseen(code) || turns_direction(code);
}
// “ and « open a text in other places, ” and » close it.
bool is_curly_quote(char32_t code);

// The sign of Weft that a character of one code point stands for: `-` for a dash; or "".
std::string_view plain_sign(char32_t code);
// A word in ASCII letters that look or sound the same; "" when some of its letters has none.
std::string in_ascii(std::string_view word);
// "U+00A0"
std::string code_point(char32_t code);
// "a no-break space"; of one that is hidden.
std::string_view hidden_name(char32_t code);

}  // namespace weft::scan
