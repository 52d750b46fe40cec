#include "stdlib/llm/offline/extract.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "stdlib/llm/offline/answer.h"
#include "stdlib/llm/offline/cite.h"
#include "stdlib/llm/offline/roles.h"

namespace weft::stdlib::llm::offline {

namespace {

constexpr std::array<std::string_view, 8> kNeutral = {"Unknown", "Other",   "None",  "Neutral",
                                                      "Unclear", "General", "Mixed", "NotStated"};

constexpr std::array<std::string_view, 22> kPositive = {
    "good",  "great",    "excellent", "happy", "pleased",   "thanks",  "thank", "love",
    "liked", "helpful",  "fast",      "easy",  "satisfied", "perfect", "best",  "recommend",
    "works", "friendly", "quick",     "nice",  "enjoy",     "reliable"};

constexpr std::array<std::string_view, 24> kNegative = {
    "bad",     "broken",  "terrible", "angry",   "unhappy",   "disappointed", "late",  "slow",
    "wrong",   "fail",    "failed",   "refund",  "complaint", "poor",         "worst", "never",
    "damaged", "missing", "useless",  "problem", "problems",  "unacceptable", "hate",  "rude"};

template <typename Words>
int hits_of(const Material& material, const Words& list) {
    int hits = 0;
    for (const Source& source : material.sources) {
        for (const rag::Word& word : rag::words_of(source.text)) {
            if (std::ranges::find(list, word.lower) != list.end()) ++hits;
        }
    }
    return hits;
}

int hits_of_stems(const Material& material, const std::vector<std::string>& stems) {
    int hits = 0;
    for (const Source& source : material.sources) {
        for (const rag::Word& word : rag::words_of(source.text + " " + source.section)) {
            if (std::ranges::find(stems, word.stem) != stems.end()) ++hits;
        }
    }
    return hits;
}

// The pattern of a JSON Schema format; empty for formats that can't be found in running text.
std::string pattern_of(std::string_view format) {
    if (format == "date") return R"(\b(\d{4}-\d{2}-\d{2})\b)";
    if (format == "date-time") return R"(\b(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)\b)";
    if (format == "email") return R"(\b([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)\b)";
    if (format == "uri" || format == "url") return R"((https?://[^\s<>"')]+[^\s<>"').,;]))";
    return {};
}

std::string first_match(const Material& material, const Answer& answer,
                        const std::string& pattern) {
    const RE2 expression(pattern, RE2::Quiet);
    if (!expression.ok() || expression.NumberOfCapturingGroups() < 1) return {};
    std::string found;
    for (const std::size_t at : answer.cited()) {
        if (RE2::PartialMatch(quote_of(material, at), expression, &found)) return found;
    }
    for (const Source& source : material.sources) {
        if (RE2::PartialMatch(source.text, expression, &found)) return found;
    }
    return {};
}

}  // namespace

std::string extract(const Material& material, std::string_view words, const Bounds& bounds) {
    const Answer answer = answer_to(material, words, 0.0);
    if (!bounds.format.empty()) return first_match(material, answer, pattern_of(bounds.format));
    if (bounds.has_pattern || !answer.has_answer) return {};
    return text_of(material, answer, bounds.length_max);
}

std::string extract_number(const Material& material, std::string_view words) {
    const std::vector<std::string> wanted = rag::content_stems(words);
    const Answer answer = answer_to(material, std::string("how many ") + std::string(words), 0.0);
    if (!answer.has_answer || wanted.empty()) return {};
    for (const std::size_t at : answer.cited()) {
        const std::vector<rag::Word> all = rag::words_of(material.sentences[at].shown);
        const rag::Word* best = nullptr;
        std::size_t best_gap = 100'000;
        for (const rag::Word& number : all) {
            if (number.lower.find_first_not_of("0123456789.,") != std::string::npos) continue;
            for (const rag::Word& word : all) {
                if (std::ranges::find(wanted, word.stem) == wanted.end()) continue;
                const std::size_t gap =
                    number.start > word.end ? number.start - word.end : word.start - number.end;
                if (gap < best_gap) {
                    best_gap = gap;
                    best = &number;
                }
            }
        }
        if (best == nullptr) continue;
        std::string digits = best->lower;
        std::erase(digits, ',');
        return digits;
    }
    return {};
}

std::string choose_case(const Material& material, const std::vector<std::string>& cases,
                        std::string_view field) {
    std::string best;
    int best_hits = 0;
    bool tied = false;
    for (const std::string& name : cases) {
        int hits = hits_of_stems(material, rag::content_stems(words_of_field(name)));
        if (name == "Positive") hits += hits_of(material, kPositive);
        if (name == "Negative") hits += hits_of(material, kNegative);
        tied = hits == best_hits && hits > 0;
        if (hits > best_hits) {
            best_hits = hits;
            best = name;
        }
    }
    if (!best.empty() && !tied) return best;
    for (const std::string_view neutral : kNeutral) {
        const auto found = std::ranges::find(cases, neutral);
        if (found != cases.end()) return *found;
    }
    // Yes and No: whether the material deals with what the field names.
    if (cases.size() == 2 && cases[0] == "Yes" && cases[1] == "No") {
        return answer_to(material, words_of_field(field), 0.0).has_answer ? "Yes" : "No";
    }
    return {};
}

}  // namespace weft::stdlib::llm::offline
