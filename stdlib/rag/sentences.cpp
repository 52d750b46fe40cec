#include "stdlib/rag/sentences.h"

#include <algorithm>
#include <array>
#include <set>

#include "stdlib/rag/words.h"

namespace weft::stdlib::rag {

namespace {

// Titles and the like, which stand before what they belong to.
constexpr std::array<std::string_view, 38> kAbbreviations = {
    "e.g",    "i.e",  "eg",  "ie",     "mr",  "mrs", "ms",   "dr",   "prof", "st",
    "vs",     "cf",   "fig", "vol",    "ch",  "sec", "art",  "al",   "viz",  "para",
    "approx", "dept", "gen", "lt",     "col", "gov", "mt",   "capt", "sgt",  "maj",
    "sen",    "rev",  "hon", "messrs", "ed",  "eds", "bros", "adm"};

// Those that may also be the last word of a sentence.
constexpr std::array<std::string_view, 19> kEndings = {
    "inc", "ltd", "co",  "corp", "jr",   "sr",  "jan", "feb", "mar", "apr",
    "jun", "jul", "aug", "sep",  "sept", "oct", "nov", "dec", "esq"};

// Abbreviations only before a number: "No. 4", "p. 12".
constexpr std::array<std::string_view, 4> kBeforeNumbers = {"no", "nos", "p", "pp"};

constexpr std::array<std::string_view, 34> kLeaning = {
    "this",     "that",         "these",        "those",   "it",        "they",
    "he",       "she",          "such",         "however", "therefore", "thus",
    "hence",    "moreover",     "furthermore",  "also",    "but",       "and",
    "or",       "so",           "then",         "instead", "otherwise", "similarly",
    "likewise", "nevertheless", "additionally", "again",   "its",       "their",
    "his",      "her",          "yet",          "finally"};

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\f';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// A mark of a footnote, "[4]": its length, or 0.
std::size_t note_size(std::string_view text) {
    if (!text.starts_with('[')) return 0;
    std::size_t end = 1;
    while (end < text.size() && is_digit(text[end])) ++end;
    return end > 1 && end < text.size() && text[end] == ']' ? end + 1 : 0;
}

// The bytes after a full stop that still belong to its sentence: quotes, brackets, notes.
std::size_t skip_closers(std::string_view text, std::size_t i) {
    while (i < text.size()) {
        if (text[i] == '"' || text[i] == '\'' || text[i] == ')' || text[i] == ']') {
            ++i;
        } else if (text.substr(i).starts_with("\xE2\x80\x9D") ||
                   text.substr(i).starts_with("\xE2\x80\x99")) {
            i += 3;
        } else if (const std::size_t note = note_size(text.substr(i)); note > 0) {
            i += note;
        } else {
            break;
        }
    }
    return i;
}

// The word before a full stop, with the points inside it ("e.g").
std::string_view word_before(std::string_view text, std::size_t stop) {
    std::size_t start = stop;
    while (start > 0 && !is_space(text[start - 1]) && text[start - 1] != '(') --start;
    return text.substr(start, stop - start);
}

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

// "U.S", "Ph.D": one or two letters between points.
bool is_dotted(std::string_view lower) {
    std::size_t letters = 0;
    for (const char c : lower) {
        if (c != '.' && !is_lower(c)) return false;
        letters = c == '.' ? 0 : letters + 1;
        if (letters > 2) return false;
    }
    return letters > 0 && lower.contains('.') && lower[0] != '.';
}

// Whether what stands at `next` opens a sentence: a small word with a capital ("The", "In").
bool opens_sentence(std::string_view text, std::size_t next) {
    std::size_t end = next;
    while (end < text.size() && (is_lower(text[end]) || is_upper(text[end]))) ++end;
    return end > next + 1 && is_upper(text[next]) &&
           is_stop_word(lower_case(text.substr(next, end - next)));
}

bool is_abbreviation(std::string_view text, std::size_t stop, std::size_t next) {
    const std::string_view shown = word_before(text, stop);
    const std::string word = lower_case(shown);
    const auto is_in = [&](const auto& list) {
        return std::ranges::find(list, word) != list.end();
    };
    if (is_in(kAbbreviations)) return true;
    if (is_in(kBeforeNumbers)) return is_digit(text[next]);
    const bool is_initial = shown.size() == 1 && is_upper(shown[0]) && is_upper(text[next]);
    if (!is_initial && !is_dotted(word) && !is_in(kEndings)) return false;
    return !opens_sentence(text, next);
}

// "(n - 1)! + 1": the factorial goes on.
bool is_operator(std::string_view rest) {
    return std::string_view("+-*/=<>^").contains(rest[0]) || rest.starts_with("\xC3\x97") ||
           rest.starts_with("\xE2\x88") || rest.starts_with("\xE2\x89");
}

// Whether the stop at `i` ends a sentence; `after` is the place behind it and its closers.
bool ends_sentence(std::string_view text, std::size_t i, std::size_t after) {
    if (after < text.size() && !is_space(text[after])) return false;
    std::size_t next = after;
    while (next < text.size() && is_space(text[next])) ++next;
    if (next == text.size()) return true;
    if (is_lower(text[next])) return false;
    if (text[i] == '!') return !is_operator(text.substr(next));
    return text[i] != '.' || !is_abbreviation(text, i, next);
}

// An empty line, or the beginning of a list item on the next one, ends whatever stands before it.
bool is_paragraph_break(std::string_view text, std::size_t newline) {
    std::size_t next = newline + 1;
    while (next < text.size() && is_blank(text[next])) ++next;
    if (next >= text.size() || text[next] == '\n') return true;
    const std::string_view rest = text.substr(next);
    return rest.starts_with("- ") || rest.starts_with("* ") || rest.starts_with("+ ") ||
           rest.starts_with("\xE2\x80\xA2");
}

void add_trimmed(std::string_view text, std::size_t start, std::size_t end,
                 std::vector<Span>& spans) {
    const auto is_bullet = [&] {
        const std::string_view rest = text.substr(start, end - start);
        return rest.starts_with("- ") || rest.starts_with("* ") || rest.starts_with("+ ");
    };
    while (start < end && is_space(text[start])) ++start;
    if (is_bullet()) start += 2;
    if (text.substr(start, end - start).starts_with("\xE2\x80\xA2")) start += 3;
    while (start < end && is_space(text[start])) ++start;
    while (end > start && is_space(text[end - 1])) --end;
    if (start < end) spans.push_back({start, end});
}

struct Makeup {
    std::size_t letters = 0;
    std::size_t digits = 0;
    std::size_t signs = 0;
    std::size_t characters = 0;
};

Makeup makeup_of(std::string_view text) {
    Makeup makeup;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (is_space(c) || (byte & 0xC0U) == 0x80U) continue;
        ++makeup.characters;
        if (is_lower(c) || (c >= 'A' && c <= 'Z') || byte >= 0x80U) {
            ++makeup.letters;
        } else if (is_digit(c)) {
            ++makeup.digits;
        } else if (std::string_view("_/\\{}<>=|$#*@~^[]").contains(c)) {
            ++makeup.signs;
        }
    }
    return makeup;
}

bool has_leaders(std::string_view text) {
    return text.contains("....") || text.contains(". . .") ||
           text.contains("\xE2\x80\xA6\xE2\x80\xA6") || text.contains("____") ||
           text.contains("----") || text.contains("====");
}

// A term and its explanation run together, or a form: "Author: … Title: …".
bool is_entry(std::string_view text) {
    if (text[0] == '"') {
        const std::size_t close = text.find("\" ", 1);
        const std::size_t next = close == std::string_view::npos ? text.size() : close + 2;
        if (next < text.size() && text[next] >= 'A' && text[next] <= 'Z') return true;
    }
    std::size_t labels = 0;
    for (std::size_t i = 0; i + 2 < text.size(); ++i) {
        if (text[i] == ':' && text[i + 1] == ' ') ++labels;
    }
    return labels >= 2;
}

bool begins_like_a_sentence(std::string_view text) {
    const auto first = static_cast<unsigned char>(text[0]);
    if ((first >= 'A' && first <= 'Z') || first == '"' || first == '\'') return true;
    if (first >= 0x80U) return true;
    return false;
}

bool ends_like_a_sentence(std::string_view text) {
    std::size_t end = text.size();
    while (end > 0 && (text[end - 1] == '"' || text[end - 1] == ')' || text[end - 1] == '\''))
        --end;
    if (end >= 3 && text.substr(0, end).ends_with("\xE2\x80\x9D")) end -= 3;
    return end > 0 && (text[end - 1] == '.' || text[end - 1] == '!' || text[end - 1] == '?');
}

bool brackets_match(std::string_view text) {
    int open = 0;
    for (const char c : text) {
        if (c == '(') ++open;
        if (c == ')' && --open < 0) return false;
    }
    return open == 0 && std::ranges::count(text, '"') % 2 == 0;
}

}  // namespace

std::vector<Span> sentences_of(std::string_view text) {
    std::vector<Span> spans;
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n' && is_paragraph_break(text, i)) {
            add_trimmed(text, start, i, spans);
            start = i + 1;
        } else if (c == '.' || c == '!' || c == '?') {
            const std::size_t after = skip_closers(text, i + 1);
            if (!ends_sentence(text, i, after)) continue;
            add_trimmed(text, start, after, spans);
            start = after;
            i = after - 1;
        }
    }
    add_trimmed(text, start, text.size(), spans);
    return spans;
}

bool reads_as_prose(std::string_view sentence) {
    if (sentence.size() < 24 || sentence.size() > 600) return false;
    if (!begins_like_a_sentence(sentence) || !ends_like_a_sentence(sentence)) return false;
    if (has_leaders(sentence) || !brackets_match(sentence) || is_entry(sentence)) return false;
    const Makeup makeup = makeup_of(sentence);
    if (makeup.letters * 10 < makeup.characters * 6 || makeup.signs * 25 > makeup.characters) {
        return false;
    }
    if ((makeup.letters + makeup.digits) * 10 < makeup.characters * 8) return false;
    const std::vector<Word> words = words_of(sentence);
    const auto plain = std::ranges::count_if(words, [](const Word& w) { return !w.is_capital; });
    const auto small = std::ranges::count_if(words, [](const Word& w) { return w.is_stop; });
    // Headings and running headers are capitals without the small words that join a sentence.
    return words.size() >= 5 && plain * 2 >= static_cast<std::ptrdiff_t>(words.size()) &&
           small >= 1;
}

bool leans_on_previous(std::string_view sentence) {
    const std::vector<Word> words =
        words_of(sentence.substr(0, std::min<std::size_t>(80, sentence.size())));
    if (words.empty()) return true;
    if (std::ranges::find(kLeaning, words[0].lower) != kLeaning.end()) return true;
    if (words.size() < 3) return false;
    if (sentence.substr(0, 60).contains(" such a")) return true;
    for (std::size_t i = 1; i < 3; ++i) {
        for (const std::string_view back :
             {"this", "these", "those", "it", "they", "another", "also"}) {
            if (words[i].lower == back) return true;
        }
    }
    const std::string two = words[0].lower + " " + words[1].lower;
    static const std::set<std::string_view> phrases = {
        "for example",   "for instance", "in addition",  "as such",   "in this",  "in that",
        "in such",       "on the",       "at this",      "of course", "in other", "if so",
        "if this",       "if it",        "if they",      "if that",   "in these", "the above",
        "the following", "the latter",   "the former",   "to do",     "see also", "another way",
        "because of",    "as a",         "as mentioned", "in both",   "both of",  "when this"};
    return phrases.contains(two);
}

double prose_share(std::string_view text) {
    std::size_t good = 0;
    std::size_t all = 0;
    for (const Span& span : sentences_of(text)) {
        const std::string_view sentence = text.substr(span.start, span.end - span.start);
        all += sentence.size();
        const Makeup makeup = makeup_of(sentence);
        const bool wordy =
            makeup.letters * 4 > makeup.characters * 3 && words_of(sentence).size() >= 4;
        if (wordy && !has_leaders(sentence)) good += sentence.size();
    }
    return all == 0 ? 0.0 : static_cast<double>(good) / static_cast<double>(all);
}

}  // namespace weft::stdlib::rag
