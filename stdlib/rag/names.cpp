#include "stdlib/rag/names.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "stdlib/rag/words.h"

namespace weft::stdlib::rag {

namespace {

struct Letters {
    std::uint32_t first;
    std::uint32_t last;
    std::string_view plain;
};

// Letters with accents by their code points, upper and lower case alike.
constexpr std::array kAccents = {
    Letters{0xC0, 0xC5, "a"},      Letters{0xC6, 0xC6, "ae"},    Letters{0xC7, 0xC7, "c"},
    Letters{0xC8, 0xCB, "e"},      Letters{0xCC, 0xCF, "i"},     Letters{0xD0, 0xD0, "d"},
    Letters{0xD1, 0xD1, "n"},      Letters{0xD2, 0xD6, "o"},     Letters{0xD8, 0xD8, "o"},
    Letters{0xD9, 0xDC, "u"},      Letters{0xDD, 0xDD, "y"},     Letters{0xDE, 0xDE, "th"},
    Letters{0xDF, 0xDF, "ss"},     Letters{0xE0, 0xE5, "a"},     Letters{0xE6, 0xE6, "ae"},
    Letters{0xE7, 0xE7, "c"},      Letters{0xE8, 0xEB, "e"},     Letters{0xEC, 0xEF, "i"},
    Letters{0xF0, 0xF0, "d"},      Letters{0xF1, 0xF1, "n"},     Letters{0xF2, 0xF6, "o"},
    Letters{0xF8, 0xF8, "o"},      Letters{0xF9, 0xFC, "u"},     Letters{0xFD, 0xFD, "y"},
    Letters{0xFE, 0xFE, "th"},     Letters{0xFF, 0xFF, "y"},     Letters{0x100, 0x105, "a"},
    Letters{0x106, 0x10D, "c"},    Letters{0x10E, 0x111, "d"},   Letters{0x112, 0x11B, "e"},
    Letters{0x11C, 0x123, "g"},    Letters{0x124, 0x127, "h"},   Letters{0x128, 0x131, "i"},
    Letters{0x132, 0x133, "ij"},   Letters{0x134, 0x135, "j"},   Letters{0x136, 0x138, "k"},
    Letters{0x139, 0x142, "l"},    Letters{0x143, 0x14B, "n"},   Letters{0x14C, 0x151, "o"},
    Letters{0x152, 0x153, "oe"},   Letters{0x154, 0x159, "r"},   Letters{0x15A, 0x161, "s"},
    Letters{0x162, 0x167, "t"},    Letters{0x168, 0x173, "u"},   Letters{0x174, 0x175, "w"},
    Letters{0x176, 0x178, "y"},    Letters{0x179, 0x17E, "z"},   Letters{0x17F, 0x17F, "s"},
    Letters{0x218, 0x219, "s"},    Letters{0x21A, 0x21B, "t"},   Letters{0x300, 0x36F, ""},
    Letters{0x1E9E, 0x1E9E, "ss"}, Letters{0x1EA0, 0x1EB7, "a"}, Letters{0x1EB8, 0x1EC7, "e"},
    Letters{0x1EC8, 0x1ECB, "i"},  Letters{0x1ECC, 0x1EE3, "o"}, Letters{0x1EE4, 0x1EF1, "u"},
    Letters{0x1EF2, 0x1EF9, "y"}};

// The code point of two or three bytes that begins at `i`, and its size; 0 for any other byte.
std::uint32_t code_point_at(std::string_view text, std::size_t i, std::size_t& size) {
    const auto byte = [&](std::size_t at) {
        return at < text.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[at]))
                                : 0U;
    };
    const std::uint32_t lead = byte(i);
    size = 1;
    if (lead >= 0xC2 && lead < 0xE0 && (byte(i + 1) & 0xC0U) == 0x80U) {
        size = 2;
        return ((lead & 0x1FU) << 6U) | (byte(i + 1) & 0x3FU);
    }
    if (lead >= 0xE0 && lead < 0xF0 && (byte(i + 1) & 0xC0U) == 0x80U &&
        (byte(i + 2) & 0xC0U) == 0x80U) {
        size = 3;
        return ((lead & 0x0FU) << 12U) | ((byte(i + 1) & 0x3FU) << 6U) | (byte(i + 2) & 0x3FU);
    }
    return 0;
}

// What names of peoples, languages and followers add to the name itself.
constexpr std::array<std::string_view, 16> kNameEndings = {
    "s", "n", "a", "e", "o", "y", "i", "an", "ia", "ic", "er", "ian", "ean", "ese", "ish", "ing"};
constexpr std::size_t kBaseLengthMin = 4;
// Shorter names are another one with a letter changed: "Iran", "Iraq".
constexpr std::size_t kSpellingLengthMin = 5;

// The word, and what is left of it without each ending.
std::vector<std::string> bases_of(const std::string& word) {
    std::vector<std::string> bases = {word, stem_of(word)};
    for (const std::string_view ending : kNameEndings) {
        if (word.ends_with(ending) && word.size() >= ending.size() + kBaseLengthMin) {
            bases.push_back(word.substr(0, word.size() - ending.size()));
        }
    }
    return bases;
}

// At most one letter changed, left out or put in.
bool is_one_apart(std::string_view a, std::string_view b) {
    if (a.size() > b.size()) std::swap(a, b);
    if (b.size() - a.size() > 1) return false;
    const auto differ = std::ranges::mismatch(a, b);
    const std::string_view rest_a(differ.in1, a.end());
    const std::string_view rest_b(differ.in2, b.end());
    if (rest_b.empty()) return true;
    return rest_a == rest_b.substr(1) || (!rest_a.empty() && rest_a.substr(1) == rest_b.substr(1));
}

}  // namespace

std::string folded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0, size = 1; i < text.size(); i += size) {
        const std::uint32_t code = code_point_at(text, i, size);
        const auto* found = std::ranges::find_if(kAccents, [&](const Letters& letters) {
            return code >= letters.first && code <= letters.last;
        });
        if (found != kAccents.end()) {
            out += found->plain;
        } else {
            out += lower_case(text.substr(i, size));
        }
    }
    return out;
}

void Names::add(std::string_view text) {
    for (const Word& word : words_of(text)) {
        const std::string name = folded(word.lower);
        if (!words_.insert(name).second) continue;
        for (std::string& base : bases_of(name)) bases_.insert(std::move(base));
    }
}

bool Names::knows(std::string_view name) const {
    const std::string wanted = folded(name);
    if (words_.contains(wanted)) return true;
    const std::vector<std::string> bases = bases_of(wanted);
    if (std::ranges::any_of(bases, [&](const auto& base) { return bases_.contains(base); })) {
        return true;
    }
    if (wanted.size() < kSpellingLengthMin) return false;
    return std::ranges::any_of(words_, [&](const std::string& word) {
        return word.size() >= kSpellingLengthMin && is_one_apart(wanted, word);
    });
}

}  // namespace weft::stdlib::rag
