#include "stdlib/rag/words.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace weft::stdlib::rag {

namespace {

constexpr std::array<std::string_view, 154> kStopWords = {
    "a",       "about", "above",   "after",   "again",   "against", "all",  "also",    "am",
    "an",      "and",   "any",     "are",     "as",      "at",      "be",   "because", "been",
    "before",  "being", "below",   "between", "both",    "but",     "by",   "can",     "cannot",
    "could",   "did",   "do",      "does",    "doing",   "done",    "down", "during",  "each",
    "either",  "else",  "etc",     "even",    "ever",    "every",   "few",  "for",     "from",
    "further", "had",   "has",     "have",    "having",  "he",      "her",  "here",    "hers",
    "him",     "his",   "how",     "however", "i",       "if",      "in",   "into",    "is",
    "it",      "its",   "itself",  "just",    "many",    "may",     "me",   "might",   "more",
    "most",    "much",  "must",    "my",      "neither", "no",      "nor",  "not",     "now",
    "of",      "off",   "often",   "on",      "once",    "one",     "only", "or",      "other",
    "others",  "our",   "ours",    "out",     "over",    "own",     "per",  "rather",  "s",
    "same",    "shall", "she",     "should",  "since",   "so",      "some", "still",   "such",
    "t",       "than",  "that",    "the",     "their",   "theirs",  "them", "then",    "there",
    "these",   "they",  "this",    "those",   "through", "thus",    "to",   "too",     "under",
    "until",   "up",    "upon",    "us",      "very",    "was",     "we",   "were",    "what",
    "when",    "where", "whether", "which",   "while",   "who",     "whom", "whose",   "why",
    "will",    "with",  "within",  "without", "would",   "yet",     "you",  "your",    "yours",
    "via"};

bool is_ascii_alnum(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// Bytes of the UTF-8 character that begins at `i`.
std::size_t character_size(std::string_view text, std::size_t i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    return std::min(size, text.size() - i);
}

// Letters and digits. Beyond ASCII everything but the Latin-1 signs, general punctuation and CJK
// punctuation counts as a letter.
bool is_word_character(std::string_view text, std::size_t i, std::size_t size) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (size == 1) return is_ascii_alnum(lead);
    const auto second = static_cast<unsigned char>(text[i + 1]);
    if (lead == 0xC2) return second == 0xAA || second == 0xB5 || second == 0xBA;
    if (lead == 0xE2) return second >= 0xB0;
    return !(lead == 0xE3 && second == 0x80);
}

// A point or comma between digits belongs to the number ("4.6", "1,000").
bool joins_digits(std::string_view text, std::size_t i) {
    if (text[i] != '.' && text[i] != ',') return false;
    const auto is_digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
    return i > 0 && i + 1 < text.size() && is_digit(i - 1) && is_digit(i + 1);
}

bool begins_upper(std::string_view word) {
    if (word[0] >= 'A' && word[0] <= 'Z') return true;
    const auto second = word.size() > 1 ? static_cast<unsigned char>(word[1]) : 0U;
    return word[0] == '\xC3' && second >= 0x80 && second <= 0x9E && second != 0x97;
}

Word make_word(std::string_view text, std::size_t start, std::size_t end) {
    Word word;
    word.start = start;
    word.end = end;
    const std::string_view shown = text.substr(start, end - start);
    word.lower = lower_case(shown);
    word.stem = stem_of(word.lower);
    word.is_stop = is_stop_word(word.lower);
    word.is_number = std::ranges::any_of(shown, [](char c) { return c >= '0' && c <= '9'; });
    word.is_capital = begins_upper(shown);
    return word;
}

}  // namespace

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

std::string lower_case(std::string_view text) {
    std::string out(text);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto c = static_cast<unsigned char>(out[i]);
        if (c >= 'A' && c <= 'Z') out[i] = static_cast<char>(c + 32);
        if (c == 0xC3 && i + 1 < out.size()) {
            const auto next = static_cast<unsigned char>(out[++i]);
            if (next >= 0x80 && next <= 0x9E && next != 0x97) out[i] = static_cast<char>(next + 32);
        }
    }
    return out;
}

bool is_stop_word(std::string_view lower) {
    static const std::set<std::string_view> words(kStopWords.begin(), kStopWords.end());
    return words.contains(lower);
}

std::vector<Word> words_of(std::string_view text) {
    std::vector<Word> words;
    std::size_t i = 0;
    while (i < text.size()) {
        std::size_t size = character_size(text, i);
        if (!is_word_character(text, i, size)) {
            i += size;
            continue;
        }
        const std::size_t start = i;
        while (i < text.size()) {
            size = character_size(text, i);
            if (!is_word_character(text, i, size) && !joins_digits(text, i)) break;
            i += size;
        }
        words.push_back(make_word(text, start, i));
    }
    return words;
}

std::vector<std::string> content_stems(std::string_view text) {
    std::vector<std::string> stems;
    std::set<std::string> seen;
    for (const Word& word : words_of(text)) {
        if (!word.is_stop && seen.insert(word.stem).second) stems.push_back(word.stem);
    }
    return stems;
}

std::string single_spaced(std::string_view text) {
    std::string out;
    bool gap = false;
    for (const char c : text) {
        if (is_space(c)) {
            gap = !out.empty();
            continue;
        }
        if (gap) out += ' ';
        gap = false;
        out += c;
    }
    return out;
}

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void Rarity::add(std::string_view text) {
    ++texts_;
    for (const std::string& stem : content_stems(text)) ++texts_with_[stem];
}

double Rarity::weight(const std::string& stem) const {
    const auto found = texts_with_.find(stem);
    const int with = found == texts_with_.end() ? 0 : found->second;
    return std::log(1.0 + (texts_ - with + 0.5) / (with + 0.5));
}

}  // namespace weft::stdlib::rag
