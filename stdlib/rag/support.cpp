#include "stdlib/rag/support.h"

#include <algorithm>
#include <array>
#include <set>

#include "stdlib/rag/sentences.h"
#include "stdlib/rag/words.h"

namespace weft::stdlib::rag {

namespace {

constexpr double kNumberMismatch = 0.35;
constexpr double kNameMismatch = 0.6;
constexpr double kNegationMismatch = 0.5;

constexpr std::array<std::string_view, 10> kNegations = {
    "not", "no", "never", "cannot", "none", "without", "neither", "nor", "n't", "nobody"};

// Fields of an answer that are not claims about the documents.
constexpr std::array<std::string_view, 14> kNoClaims = {
    "question", "title", "topic",  "id",       "name",     "query",   "quote",
    "passage",  "label", "status", "language", "document", "section", "heading"};

struct Evidence {
    std::string text;
    std::set<std::string> stems;
    bool negated = false;
};

std::set<std::string> stem_set(std::string_view text) {
    const std::vector<std::string> stems = content_stems(text);
    return {stems.begin(), stems.end()};
}

std::vector<Evidence> windows_of(const std::vector<std::string>& texts) {
    std::vector<Evidence> windows;
    for (const std::string& text : texts) {
        const std::vector<Span> spans = sentences_of(text);
        for (std::size_t i = 0; i < spans.size(); ++i) {
            // A sentence, and a sentence with the next one: claims often join two.
            for (std::size_t last = i; last < std::min(i + 2, spans.size()); ++last) {
                Evidence window;
                window.text = text.substr(spans[i].start, spans[last].end - spans[i].start);
                window.stems = stem_set(window.text);
                window.negated = is_negated(window.text);
                windows.push_back(std::move(window));
            }
        }
    }
    return windows;
}

// Every number of the claim, and every name inside it, stands somewhere in the evidence.
double agreement(const std::vector<Word>& claim, const std::set<std::string>& all_stems) {
    double factor = 1.0;
    bool name_missing = false;
    for (std::size_t i = 0; i < claim.size(); ++i) {
        if (all_stems.contains(claim[i].stem)) continue;
        if (claim[i].is_number) return kNumberMismatch;
        if (i > 0 && claim[i].is_capital && !claim[i].is_stop) name_missing = true;
    }
    if (name_missing) factor = kNameMismatch;
    return factor;
}

void collect(const Json& value, std::string_view name, Claims& claims) {
    if (value.is_object() && member(value, "quote").is_string()) {
        claims.citations.push_back(
            {text_or(value, "passage"), text_or(value, "document"), text_or(value, "quote")});
        return;
    }
    if (value.is_structured()) {
        for (const auto& [key, inner] : value.items()) {
            collect(inner, value.is_object() ? std::string_view(key) : name, claims);
        }
        return;
    }
    if (!value.is_string() || std::ranges::find(kNoClaims, name) != kNoClaims.end()) return;
    const std::string text = value.get<std::string>();
    if (is_abstention(text)) {
        claims.abstains = true;
        return;
    }
    for (const Span& span : sentences_of(text)) {
        std::string sentence = text.substr(span.start, span.end - span.start);
        if (words_of(sentence).size() >= 3) claims.sentences.push_back(std::move(sentence));
    }
}

}  // namespace

bool is_negated(std::string_view text) {
    if (text.contains("n't") || text.contains("n\xE2\x80\x99t")) return true;
    return std::ranges::any_of(words_of(text), [](const Word& word) {
        return std::ranges::find(kNegations, word.lower) != kNegations.end();
    });
}

double claim_support(std::string_view claim, const std::vector<std::string>& evidence,
                     const WordWeight& weight) {
    const std::vector<Word> words = words_of(claim);
    std::set<std::string> seen;
    std::vector<std::pair<std::string, double>> wanted;
    double total = 0.0;
    for (const Word& word : words) {
        if (word.is_stop || !seen.insert(word.stem).second) continue;
        const double w = weight(word.lower);
        wanted.emplace_back(word.stem, w);
        total += w;
    }
    if (total <= 0.0) return 0.0;
    double best = 0.0;
    double best_raw = -1.0;
    const bool negated = is_negated(claim);
    for (const Evidence& window : windows_of(evidence)) {
        double found = 0.0;
        for (const auto& [stem, w] : wanted) found += window.stems.contains(stem) ? w : 0.0;
        const double raw = found / total;
        const double score = window.negated == negated ? raw : raw * kNegationMismatch;
        if (raw > best_raw || (raw == best_raw && score > best)) {
            best_raw = raw;
            best = score;
        }
    }
    std::set<std::string> all_stems;
    for (const std::string& text : evidence) {
        for (const Word& word : words_of(text)) all_stems.insert(word.stem);
    }
    return std::clamp(best * agreement(words, all_stems), 0.0, 1.0);
}

bool contains_quote(std::string_view text, std::string_view quote) {
    const std::string wanted = single_spaced(quote);
    return !wanted.empty() && single_spaced(text).contains(wanted);
}

Claims claims_of(const Json& answer) {
    Claims claims;
    collect(answer, "", claims);
    return claims;
}

bool is_abstention(std::string_view text) {
    const std::string lower = lower_case(single_spaced(text));
    return lower.starts_with("the documents do not answer") ||
           lower.starts_with("the documents do not say") ||
           lower.starts_with("there is no answer in the documents");
}

}  // namespace weft::stdlib::rag
