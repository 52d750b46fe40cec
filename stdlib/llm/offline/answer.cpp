#include "stdlib/llm/offline/answer.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <ranges>

#include "stdlib/llm/offline/asked.h"
#include "stdlib/llm/offline/doubt.h"

namespace weft::stdlib::llm::offline {

namespace {

constexpr double kOwnSection = 0.3;       // for a section that is about the question
constexpr double kOwnSectionAlike = 0.6;  // likeness of heading and question that makes it so
constexpr double kPassage = 0.6;          // for the best passage of the search
constexpr double kOpening = 0.05;         // for the sentence that opens a section, to a heading
constexpr double kRightKind = 0.2;        // for holding a number or a name where one is asked for
constexpr double kNoProse = 0.8;          // for what does not read as a whole sentence
constexpr double kOnlyRefers = 0.5;       // for what only points to another place
constexpr double kOtherSource = 0.15;     // what a further sentence from elsewhere loses
constexpr double kContinuation = 0.16;    // for the sentence after a chosen one
constexpr double kFurtherShare = 0.72;    // of the best score: what a further sentence needs
constexpr double kRepetition = 0.55;      // likeness at which a sentence says the same again
constexpr std::size_t kQuotedSentencesMax = 3;

double length_damping(std::size_t words) {
    if (words < 7) return 0.8;
    return words <= 28 ? 1.0 : 1.0 / (1.0 + 0.02 * static_cast<double>(words - 28));
}

bool has_number(const Sentence& sentence) {
    return sentence.shown.find_first_of("0123456789") != std::string::npos;
}

bool has_name(const Sentence& sentence) {
    // The first word has a capital anyway.
    return std::ranges::any_of(
        rag::words_of(sentence.shown) | std::views::drop(1),
        [](const rag::Word& word) { return word.is_capital && !word.is_stop; });
}

// Sentences that only point to another place answer nothing.
bool only_refers(const Sentence& sentence) {
    const std::string& text = sentence.shown;
    return text.starts_with("See ") || text.starts_with("Refer to") ||
           text.starts_with("Please see") || text.starts_with("Please refer") ||
           text.ends_with('?') ||
           (sentence.words < 16 &&
            (text.contains("this section") || text.contains("this chapter")));
}

using Stems = std::set<std::string>;

std::vector<Stems> headings_of(const Material& material) {
    std::vector<Stems> headings;
    for (const Source& source : material.sources) {
        const std::vector<std::string> stems = rag::content_stems(source.section);
        headings.emplace_back(stems.begin(), stems.end());
    }
    return headings;
}

// How much a sentence says of what is asked, wherever it stands.
double own_score(const Asked& asked, const Sentence& sentence, const Stems& heading) {
    // Rare words pin an answer down; a heading names what every sentence of its section is about.
    const auto weight = asked.is_natural ? &AskedWord::rarity : &AskedWord::weight;
    double score =
        share_of(asked, weight, sentence.stems, heading) * length_damping(sentence.words);
    if (asked.wants_number && has_number(sentence)) score += kRightKind;
    if (asked.wants_name && has_name(sentence)) score += kRightKind;
    if (!asked.is_natural && sentence.place == 0 && !sentence.is_leaning) score += kOpening;
    if (only_refers(sentence)) score *= kOnlyRefers;
    if (!sentence.is_prose) score *= kNoProse;
    return score;
}

std::vector<double> score_all(const Material& material, const Asked& asked,
                              const std::vector<Stems>& headings) {
    double found_max = 0.0;
    for (const Source& source : material.sources) found_max = std::max(found_max, source.score);
    Stems wanted;
    for (const AskedWord& one : asked.words) wanted.insert(one.word.stem);
    std::vector<double> place;  // by source: how far the search and the heading speak for it
    for (std::size_t i = 0; i < material.sources.size(); ++i) {
        const double found = found_max > 0.0 ? material.sources[i].score / found_max : 0.0;
        const bool is_own = likeness(headings[i], wanted) >= kOwnSectionAlike;
        place.push_back(kPassage * found + (is_own ? kOwnSection : 0.0));
    }
    std::vector<double> scores;
    for (const Sentence& sentence : material.sentences) {
        scores.push_back(own_score(asked, sentence, headings[sentence.source]) +
                         place[sentence.source]);
    }
    return scores;
}

std::optional<std::size_t> neighbour(const Material& material, std::size_t at, int step) {
    const std::size_t other = step < 0 ? at - 1 : at + 1;
    if ((step < 0 && at == 0) || other >= material.sentences.size()) return {};
    const Sentence& a = material.sentences[at];
    const Sentence& b = material.sentences[other];
    const bool adjacent =
        a.source == b.source && (step < 0 ? b.place + 1 == a.place : a.place + 1 == b.place);
    if (!adjacent || !b.is_prose) return {};
    return other;
}

bool repeats(const Material& material, const std::vector<std::size_t>& chosen, std::size_t at,
             double limit) {
    return std::ranges::any_of(chosen, [&](std::size_t other) {
        return other == at ||
               likeness(material.sentences[other].stems, material.sentences[at].stems) >= limit;
    });
}

void add_further(const Material& material, const std::vector<double>& scores, double temperature,
                 std::vector<std::size_t>& chosen) {
    const double wanted = scores[chosen.front()] * (kFurtherShare - 0.2 * temperature);
    const double limit = kRepetition - 0.15 * temperature;
    while (chosen.size() < kQuotedSentencesMax) {
        std::optional<std::size_t> best;
        double best_score = 0.0;
        for (std::size_t i = 0; i < material.sentences.size(); ++i) {
            if (scores[i] <= 0.0 || repeats(material, chosen, i, limit)) continue;
            const auto before = neighbour(material, i, -1);
            const bool follows = before && std::ranges::find(chosen, *before) != chosen.end();
            if (material.sentences[i].is_leaning && !follows) continue;
            double score = scores[i] + (follows ? kContinuation : 0.0);
            const Sentence& best_sentence = material.sentences[chosen.front()];
            if (material.sentences[i].source != best_sentence.source) score -= kOtherSource;
            if (score > best_score) {
                best_score = score;
                best = i;
            }
        }
        if (!best || best_score < wanted) return;
        chosen.push_back(*best);
    }
}

}  // namespace

std::vector<std::size_t> Answer::cited() const {
    std::vector<std::size_t> order = sentences;
    const auto found = std::ranges::find(order, best);
    if (found != order.end()) std::rotate(order.begin(), found, found + 1);
    return order;
}

Answer answer_to(const Material& material, std::string_view question, double temperature) {
    Answer answer;
    if (material.sentences.empty()) return answer;
    const Asked asked = read_question(material.rarity, question);
    const std::vector<Stems> headings = headings_of(material);
    const std::vector<double> scores = score_all(material, asked, headings);
    const auto best =
        static_cast<std::size_t>(std::distance(scores.begin(), std::ranges::max_element(scores)));
    answer.best = best;
    answer.support = support_of(material, asked, headings);
    if (is_doubtful(material, asked, answer.support, best)) return answer;
    answer.has_answer = true;
    answer.sentences.push_back(best);
    if (material.sentences[best].is_leaning) {
        if (const auto before = neighbour(material, best, -1)) answer.sentences.push_back(*before);
    }
    add_further(material, scores, temperature, answer.sentences);
    // The source of the best sentence first, then the others; within one as they stand.
    const std::size_t first = material.sentences[best].source;
    std::ranges::sort(answer.sentences, [&](std::size_t a, std::size_t b) {
        const bool a_first = material.sentences[a].source == first;
        const bool b_first = material.sentences[b].source == first;
        return a_first != b_first ? a_first : a < b;
    });
    return answer;
}

std::string text_of(const Material& material, const Answer& answer, std::size_t length_max) {
    std::vector<std::size_t> kept;
    for (const std::size_t at : answer.cited()) {
        std::vector<std::size_t> more = kept;
        more.push_back(at);
        const std::size_t blanks = more.size() - 1;
        std::size_t length = blanks;
        for (const std::size_t one : more) {
            length += rag::code_points(material.sentences[one].shown);
        }
        if (length <= length_max) kept = std::move(more);
    }
    std::vector<std::size_t> shown;
    std::ranges::copy_if(answer.sentences, std::back_inserter(shown),
                         [&](std::size_t at) { return std::ranges::find(kept, at) != kept.end(); });
    return text_of(material, shown, length_max);
}

std::string text_of(const Material& material, const std::vector<std::size_t>& sentences,
                    std::size_t length_max) {
    std::string text;
    for (const std::size_t at : sentences) {
        const std::string& shown = material.sentences[at].shown;
        std::string longer = text;
        if (!longer.empty()) longer += ' ';
        longer += shown;
        if (rag::code_points(longer) <= length_max) text = std::move(longer);
    }
    return text;
}

}  // namespace weft::stdlib::llm::offline
