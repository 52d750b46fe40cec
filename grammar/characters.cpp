#include "grammar/characters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace weft::scan {

namespace {

struct Range {
    char32_t first;
    char32_t last;
};

bool is_in(std::span<const Range> ranges, char32_t code) {
    return std::ranges::any_of(ranges, [&](Range r) { return r.first <= code && code <= r.last; });
}

// Punctuation, symbols, pictures, private and hidden characters above the Latin letters.
constexpr std::array kNoLetters = {
    Range{0x00D7, 0x00D7},   Range{0x00F7, 0x00F7},   Range{0x061C, 0x061C}, Range{0x1680, 0x1680},
    Range{0x180E, 0x180E},   Range{0x2000, 0x2BFF},   Range{0x2E00, 0x2E7F}, Range{0x3000, 0x303F},
    Range{0xE000, 0xF8FF},   Range{0xFE00, 0xFE6F},   Range{0xFEFF, 0xFF20}, Range{0xFFF0, 0xFFFF},
    Range{0x1F000, 0x1FFFF}, Range{0xE0000, 0x10FFFF}};
constexpr std::array kSpaces = {Range{0x00A0, 0x00A0}, Range{0x1680, 0x1680}, Range{0x2000, 0x200A},
                                Range{0x2028, 0x2029}, Range{0x202F, 0x202F}, Range{0x205F, 0x205F},
                                Range{0x3000, 0x3000}};
constexpr std::array kUnseen = {Range{0x00AD, 0x00AD}, Range{0x061C, 0x061C},
                                Range{0x180E, 0x180E}, Range{0x200B, 0x200F},
                                Range{0x2060, 0x2064}, Range{0xFEFF, 0xFEFF}};
constexpr std::array kTurning = {Range{0x202A, 0x202E}, Range{0x2066, 0x2069}};

struct Sign {
    char32_t code;
    std::string_view plain;
};
constexpr std::array kSigns = {Sign{0x2010, "-"},  Sign{0x2011, "-"},  Sign{0x2012, "-"},
                               Sign{0x2013, "-"},  Sign{0x2014, "-"},  Sign{0x2212, "-"},
                               Sign{0x00D7, "*"},  Sign{0x00F7, "/"},  Sign{0x2026, ".."},
                               Sign{0x2260, "!="}, Sign{0x2264, "<="}, Sign{0x2265, ">="}};

// Letters that look like one of ASCII, or are written so where there are no others.
constexpr std::array kLetters = {
    Sign{0xC4, "Ae"},  Sign{0xD6, "Oe"}, Sign{0xDC, "Ue"}, Sign{0xDF, "ss"}, Sign{0xE0, "a"},
    Sign{0xE1, "a"},   Sign{0xE2, "a"},  Sign{0xE3, "a"},  Sign{0xE4, "ae"}, Sign{0xE5, "a"},
    Sign{0xE6, "ae"},  Sign{0xE7, "c"},  Sign{0xE8, "e"},  Sign{0xE9, "e"},  Sign{0xEA, "e"},
    Sign{0xEB, "e"},   Sign{0xEC, "i"},  Sign{0xED, "i"},  Sign{0xEE, "i"},  Sign{0xEF, "i"},
    Sign{0xF1, "n"},   Sign{0xF2, "o"},  Sign{0xF3, "o"},  Sign{0xF4, "o"},  Sign{0xF5, "o"},
    Sign{0xF6, "oe"},  Sign{0xF8, "o"},  Sign{0xF9, "u"},  Sign{0xFA, "u"},  Sign{0xFB, "u"},
    Sign{0xFC, "ue"},  Sign{0xFD, "y"},  Sign{0xFF, "y"},  Sign{0x131, "i"}, Sign{0x142, "l"},
    Sign{0x153, "oe"}, Sign{0x15F, "s"}, Sign{0x161, "s"}, Sign{0x17E, "z"}, Sign{0x391, "A"},
    Sign{0x392, "B"},  Sign{0x395, "E"}, Sign{0x39F, "O"}, Sign{0x3BF, "o"}, Sign{0x405, "S"},
    Sign{0x406, "I"},  Sign{0x408, "J"}, Sign{0x410, "A"}, Sign{0x412, "B"}, Sign{0x415, "E"},
    Sign{0x41A, "K"},  Sign{0x41C, "M"}, Sign{0x41D, "H"}, Sign{0x41E, "O"}, Sign{0x420, "P"},
    Sign{0x421, "C"},  Sign{0x422, "T"}, Sign{0x425, "X"}, Sign{0x430, "a"}, Sign{0x435, "e"},
    Sign{0x43E, "o"},  Sign{0x440, "p"}, Sign{0x441, "c"}, Sign{0x443, "y"}, Sign{0x445, "x"},
    Sign{0x455, "s"},  Sign{0x456, "i"}, Sign{0x458, "j"}, Sign{0x4BB, "h"}, Sign{0x501, "d"}};

std::string_view find(std::span<const Sign> signs, char32_t code) {
    const auto* found = std::ranges::find(signs.data(), signs.data() + signs.size(), code,
                                          [](const Sign& sign) { return sign.code; });
    return found == signs.data() + signs.size() ? std::string_view() : found->plain;
}

}  // namespace

Character character(std::string_view text, std::uint32_t offset) {
    const auto byte = [&](std::uint32_t i) {
        return offset + i < text.size() ? static_cast<unsigned char>(text[offset + i]) : 0U;
    };
    const auto lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::uint32_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (length == 0 || lead >= 0xF5) return {0xFFFD, 1};
    char32_t code = lead & (0xFFU >> (length + 1));
    for (std::uint32_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return {0xFFFD, 1};
        code = (code << 6U) | (byte(i) & 0x3FU);
    }
    return {code, length};
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return is_ascii(c); });
}

bool is_foreign_letter(char32_t code) {
    return code == 0xAA || code == 0xB5 || code == 0xBA ||
           (code >= 0xC0 && code != 0xFFFD && !is_in(kNoLetters, code));
}

bool is_foreign_space(char32_t code) {
    return code >= 0xA0 && is_in(kSpaces, code);
}

bool is_unseen(char32_t code) {
    return code >= 0xA0 && is_in(kUnseen, code);
}

bool turns_direction(char32_t code) {
    return is_in(kTurning, code);
}

bool is_curly_quote(char32_t code) {
    return code == 0xAB || code == 0xBB || (code >= 0x2018 && code <= 0x201F) || code == 0x2039 ||
           code == 0x203A;
}

std::string_view plain_sign(char32_t code) {
    return find(kSigns, code);
}

std::string in_ascii(std::string_view word) {
    std::string out;
    for (std::uint32_t at = 0; at < word.size();) {
        const auto one = character(word, at);
        const auto plain = one.code < 0x80 ? word.substr(at, 1) : find(kLetters, one.code);
        if (plain.empty()) return {};
        out += plain;
        at += one.length;
    }
    return out;
}

std::string code_point(char32_t code) {
    return fmt::format("U+{:04X}", static_cast<std::uint32_t>(code));
}

std::string_view hidden_name(char32_t code) {
    switch (code) {
        case 0x00A0:
            return "a no-break space";
        case 0x202F:
            return "a narrow no-break space";
        case 0x3000:
            return "an ideographic space";
        case 0x2028:
            return "a line separator";
        case 0x2029:
            return "a paragraph separator";
        case 0x00AD:
            return "a soft hyphen";
        case 0x200B:
            return "a zero-width space";
        case 0x200C:
        case 0x200D:
            return "a zero-width joiner";
        case 0x061C:
        case 0x200E:
        case 0x200F:
            return "a mark of direction";
        case 0x2060:
            return "a word joiner";
        case 0xFEFF:
            return "a byte order mark";
        default:
            return turns_direction(code)    ? "a change of direction"
                   : is_foreign_space(code) ? "a space of another width"
                                            : "a character that is not seen";
    }
}

}  // namespace weft::scan
