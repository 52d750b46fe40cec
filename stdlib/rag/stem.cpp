// Porter's algorithm ("An algorithm for suffix stripping", 1980), with the names of its steps.
#include <algorithm>
#include <array>
#include <cctype>

#include "stdlib/rag/words.h"

namespace weft::stdlib::rag {

namespace {

struct Suffix {
    std::string_view from;
    std::string_view to;
};

constexpr std::array kStep2 = {
    Suffix{"ational", "ate"}, Suffix{"tional", "tion"}, Suffix{"enci", "ence"},
    Suffix{"anci", "ance"},   Suffix{"izer", "ize"},    Suffix{"bli", "ble"},
    Suffix{"alli", "al"},     Suffix{"entli", "ent"},   Suffix{"eli", "e"},
    Suffix{"ousli", "ous"},   Suffix{"ization", "ize"}, Suffix{"ation", "ate"},
    Suffix{"ator", "ate"},    Suffix{"alism", "al"},    Suffix{"iveness", "ive"},
    Suffix{"fulness", "ful"}, Suffix{"ousness", "ous"}, Suffix{"aliti", "al"},
    Suffix{"iviti", "ive"},   Suffix{"biliti", "ble"},  Suffix{"logi", "log"}};

constexpr std::array kStep3 = {Suffix{"icate", "ic"}, Suffix{"ative", ""},  Suffix{"alize", "al"},
                               Suffix{"iciti", "ic"}, Suffix{"ical", "ic"}, Suffix{"ful", ""},
                               Suffix{"ness", ""}};

constexpr std::array<std::string_view, 19> kStep4 = {
    "al",  "ance", "ence", "er",  "ic",  "able", "ible", "ant", "ement", "ment",
    "ent", "ion",  "ou",   "ism", "ate", "iti",  "ous",  "ive", "ize"};

bool is_consonant(std::string_view word, std::size_t i) {
    switch (word[i]) {
        case 'a':
        case 'e':
        case 'i':
        case 'o':
        case 'u':
            return false;
        case 'y':
            return i == 0 || !is_consonant(word, i - 1);
        default:
            return true;
    }
}

// m: how many times a vowel is followed by a consonant.
int measure(std::string_view word) {
    int count = 0;
    for (std::size_t i = 1; i < word.size(); ++i) {
        if (is_consonant(word, i) && !is_consonant(word, i - 1)) ++count;
    }
    return count;
}

bool has_vowel(std::string_view word) {
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (!is_consonant(word, i)) return true;
    }
    return false;
}

bool ends_double_consonant(std::string_view word) {
    const std::size_t n = word.size();
    return n >= 2 && word[n - 1] == word[n - 2] && is_consonant(word, n - 1);
}

bool ends_cvc(std::string_view word) {
    const std::size_t n = word.size();
    if (n < 3) return false;
    const char last = word[n - 1];
    return is_consonant(word, n - 3) && !is_consonant(word, n - 2) && is_consonant(word, n - 1) &&
           last != 'w' && last != 'x' && last != 'y';
}

std::string_view without(std::string_view word, std::size_t count) {
    return word.substr(0, word.size() - count);
}

void plurals(std::string& word) {
    if (word.ends_with("sses") || word.ends_with("ies")) {
        word.resize(word.size() - 2);
    } else if (word.ends_with("s") && !word.ends_with("ss")) {
        word.pop_back();
    }
}

void past_and_gerund(std::string& word) {
    if (word.ends_with("eed")) {
        if (measure(without(word, 3)) > 0) word.pop_back();
        return;
    }
    const std::size_t cut = word.ends_with("ed") ? 2 : word.ends_with("ing") ? 3 : 0;
    if (cut == 0 || !has_vowel(without(word, cut))) return;
    word.resize(word.size() - cut);
    if (word.ends_with("at") || word.ends_with("bl") || word.ends_with("iz")) {
        word += 'e';
    } else if (ends_double_consonant(word)) {
        const char last = word.back();
        if (last != 'l' && last != 's' && last != 'z') word.pop_back();
    } else if (measure(word) == 1 && ends_cvc(word)) {
        word += 'e';
    }
}

template <typename Table>
void replace_suffix(std::string& word, const Table& table) {
    const Suffix* longest = nullptr;
    for (const Suffix& suffix : table) {
        if (word.ends_with(suffix.from) &&
            (longest == nullptr || suffix.from.size() > longest->from.size())) {
            longest = &suffix;
        }
    }
    if (longest == nullptr || measure(without(word, longest->from.size())) == 0) return;
    word.resize(word.size() - longest->from.size());
    word += longest->to;
}

void drop_suffix(std::string& word) {
    std::string_view longest;
    for (std::string_view suffix : kStep4) {
        if (word.ends_with(suffix) && suffix.size() > longest.size()) longest = suffix;
    }
    if (longest.empty()) return;
    const std::string_view rest = without(word, longest.size());
    if (measure(rest) < 2) return;
    if (longest == "ion" && !rest.ends_with('s') && !rest.ends_with('t')) return;
    word.resize(rest.size());
}

void final_letters(std::string& word) {
    if (word.ends_with('e')) {
        const std::string_view rest = without(word, 1);
        const int m = measure(rest);
        if (m > 1 || (m == 1 && !ends_cvc(rest))) word.pop_back();
    }
    if (word.ends_with("ll") && measure(word) > 1) word.pop_back();
}

}  // namespace

std::string stem_of(std::string_view lower) {
    std::string word(lower);
    if (word.size() < 3) return word;
    if (!std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; })) return word;
    plurals(word);
    past_and_gerund(word);
    if (word.ends_with('y') && has_vowel(without(word, 1))) word.back() = 'i';
    replace_suffix(word, kStep2);
    replace_suffix(word, kStep3);
    drop_suffix(word);
    final_letters(word);
    return word;
}

}  // namespace weft::stdlib::rag
