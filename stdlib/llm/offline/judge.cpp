#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "stdlib/llm/offline/offline.h"
#include "stdlib/rag/chunks.h"
#include "stdlib/rag/sentences.h"
#include "stdlib/rag/words.h"

namespace weft::stdlib::llm::offline {

namespace {

constexpr std::array<std::string_view, 34> kJargon = {
    "hereinafter",  "notwithstanding", "aforementioned", "heretofore", "pursuant",
    "whereas",      "thereof",         "therein",        "herein",     "leverage",
    "synergy",      "synergies",       "paradigm",       "holistic",   "utilize",
    "utilise",      "utilization",     "facilitate",     "commence",   "endeavour",
    "endeavor",     "henceforth",      "inter",          "alia",       "stakeholder",
    "stakeholders", "proactively",     "seamlessly",     "robustly",   "operationalize",
    "ideate",       "incentivize",     "actionable",     "learnings"};

constexpr std::array<std::string_view, 22> kHype = {
    "amazing",      "incredible",   "awesome",        "revolutionary", "stunning",
    "fantastic",    "unbelievable", "groundbreaking", "ultimate",      "unparalleled",
    "breathtaking", "magical",      "insane",         "mindblowing",   "thrilling",
    "spectacular",  "phenomenal",   "extraordinary",  "best-ever",     "wow",
    "epic",         "gamechanging"};

constexpr std::array<std::string_view, 14> kRude = {
    "stupid",     "idiot", "dumb", "shut",    "hate",  "crap",     "damn",
    "ridiculous", "fool",  "lazy", "useless", "moron", "nonsense", "pathetic"};

struct Figures {
    double words = 0.0;
    double sentences = 0.0;
    double syllables = 0.0;
    double whole = 0.0;  // sentences that are whole
    double jargon = 0.0;
    double hype = 0.0;
    double rude = 0.0;
    double exclamations = 0.0;
    std::vector<std::string> stems;
};

// Groups of vowels, less a silent final e: within a tenth of a dictionary's count on prose.
double syllables_of(const std::string& word) {
    int count = 0;
    bool in_vowel = false;
    for (const char c : word) {
        const bool vowel =
            std::string_view("aeiouy").contains(c) || static_cast<unsigned char>(c) > 127;
        if (vowel && !in_vowel) ++count;
        in_vowel = vowel;
    }
    if (count > 1 && word.ends_with('e') && !word.ends_with("le")) --count;
    return std::max(1, count);
}

template <typename List>
bool holds(const List& list, const std::string& word) {
    return std::ranges::find(list, word) != list.end();
}

// All texts of the value; ids, quotes and file names are not its author's words.
void collect(const Json& value, std::string_view field, std::vector<std::string>& texts) {
    if (value.is_string()) {
        const std::string text = value.get<std::string>();
        const bool is_own = field != "quote" && field != "document" && field != "passage" &&
                            field != "section" && field != "id";
        if (is_own) texts.push_back(text);
    } else if (value.is_structured()) {
        for (const auto& [key, inner] : value.items()) {
            collect(inner, value.is_object() ? std::string_view(key) : field, texts);
        }
    }
}

Figures figures_of(const std::vector<std::string>& texts) {
    Figures figures;
    for (const std::string& text : texts) {
        for (const std::string& stem : rag::content_stems(text)) figures.stems.push_back(stem);
        for (const rag::Span& span : rag::sentences_of(text)) {
            const std::string sentence = text.substr(span.start, span.end - span.start);
            const std::vector<rag::Word> words = rag::words_of(sentence);
            // Titles and topics are no sentences: they say nothing about sentence length.
            if (words.size() < 4 || !std::string_view(".!?").contains(sentence.back())) continue;
            figures.sentences += 1.0;
            figures.exclamations += sentence.ends_with('!') ? 1.0 : 0.0;
            figures.whole += rag::reads_as_prose(rag::single_spaced(sentence)) ? 1.0 : 0.0;
            for (const rag::Word& word : words) {
                figures.words += 1.0;
                figures.syllables += syllables_of(word.lower);
                figures.jargon += holds(kJargon, word.lower) ? 1.0 : 0.0;
                figures.hype += holds(kHype, word.lower) ? 1.0 : 0.0;
                figures.rude += holds(kRude, word.lower) ? 1.0 : 0.0;
            }
        }
    }
    return figures;
}

// 1 at `good` and beyond, 0 at `bad` and beyond.
double slope(double value, double bad, double good) {
    return std::clamp((value - bad) / (good - bad), 0.0, 1.0);
}

double reading_ease(const Figures& f) {  // Flesch, 1948
    return 206.835 - 1.015 * f.words / f.sentences - 84.6 * f.syllables / f.words;
}

double per_hundred(double count, const Figures& f) {
    return 100.0 * count / f.words;
}

double plain(const Figures& f) {
    const double length = slope(f.words / f.sentences, 38.0, 22.0);
    const double ease = slope(reading_ease(f), 0.0, 40.0);
    const double style = slope(per_hundred(f.jargon + f.hype, f), 4.0, 0.0);
    const double whole = f.whole / f.sentences;
    return 0.3 * length + 0.35 * ease + 0.15 * style + 0.2 * whole;
}

double concise(const Figures& f) {
    return slope(f.words / f.sentences, 40.0, 20.0);
}

double neutral(const Figures& f) {
    const double words = slope(per_hundred(f.hype + f.rude, f), 3.0, 0.0);
    return words * (1.0 - 0.5 * std::min(1.0, 2.0 * f.exclamations / f.sentences));
}

double polite(const Figures& f) {
    return slope(per_hundred(f.rude, f), 2.0, 0.0);
}

double whole_sentences(const Figures& f) {
    return f.whole / f.sentences;
}

struct Criterion {
    std::string_view stem;
    double (*score)(const Figures&);
};

const std::array<Criterion, 18> kCriteria = {{{"plain", plain},
                                              {"simpl", plain},
                                              {"clear", plain},
                                              {"readabl", plain},
                                              {"understand", plain},
                                              {"concis", concise},
                                              {"short", concise},
                                              {"brief", concise},
                                              {"neutral", neutral},
                                              {"object", neutral},
                                              {"factual", neutral},
                                              {"sober", neutral},
                                              {"profession", neutral},
                                              {"polit", polite},
                                              {"friendli", polite},
                                              {"respect", polite},
                                              {"grammat", whole_sentences},
                                              {"whole", whole_sentences}}};

// "mentions refunds and shipping": the share of the words after the verb that the value holds.
bool coverage(std::string_view rubric, const Figures& figures, double& score) {
    const std::vector<rag::Word> words = rag::words_of(rubric);
    for (const rag::Word& word : words) {
        if (word.stem != "mention" && word.stem != "cover" && word.stem != "includ") continue;
        const std::vector<std::string> wanted = rag::content_stems(rubric.substr(word.end));
        if (wanted.empty()) return false;
        const auto found = std::ranges::count_if(
            wanted, [&](const auto& stem) { return holds(figures.stems, stem); });
        score = static_cast<double>(found) / static_cast<double>(wanted.size());
        return true;
    }
    return false;
}

}  // namespace

std::expected<double, WorkerError> judge(const Json& value, std::string_view rubric) {
    std::vector<std::string> texts;
    collect(value, "", texts);
    const Figures figures = figures_of(texts);
    double covered = 0.0;
    if (coverage(rubric, figures, covered)) return rag::rounded(covered);
    std::vector<double (*)(const Figures&)> used;
    for (const std::string& stem : rag::content_stems(rubric)) {
        for (const Criterion& criterion : kCriteria) {
            if (criterion.stem == stem && std::ranges::find(used, criterion.score) == used.end()) {
                used.push_back(criterion.score);
            }
        }
    }
    if (used.empty()) {
        return worker_error(
            "NoCapability",
            fmt::format("the rubric `{}` needs a language model: {} knows plain, simple, clear, "
                        "concise, short, neutral, factual, professional, polite, friendly, whole "
                        "sentences, and `mentions …`",
                        rubric, kJudgeMethod));
    }
    if (figures.sentences == 0.0) return 0.0;
    double sum = 0.0;
    for (const auto& score : used) sum += score(figures);
    return rag::rounded(sum / static_cast<double>(used.size()));
}

}  // namespace weft::stdlib::llm::offline
