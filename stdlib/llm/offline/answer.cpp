#include "stdlib/llm/offline/answer.h"

#include <algorithm>
#include <optional>

#include "stdlib/llm/offline/questions.h"
#include "stdlib/llm/offline/topics.h"

namespace weft::stdlib::llm::offline {

namespace {

constexpr double kSupportMin = 0.45;    // below it there is no answer
constexpr double kHeadingCredit = 0.7;  // a question's word that only the heading holds
constexpr double kOwnSection = 0.3;     // for a section that is about the question
constexpr double kOtherSource = 0.15;   // what a further sentence from elsewhere loses
constexpr double kContinuation = 0.12;  // for the sentence after a chosen one
constexpr double kFurtherShare = 0.72;  // of the best score: what a further sentence needs
constexpr double kRepetition = 0.55;    // likeness at which a sentence says the same again
constexpr std::size_t kQuotedSentencesMax = 3;

struct Question {
    std::vector<rag::Word> words;  // those that carry meaning
    std::vector<double> weights;
    double total = 0.0;
    bool wants_number = false;
    bool wants_name = false;
    bool wants_definition = false;
    bool is_natural = false;
};

Question read_question(const Material& material, std::string_view text) {
    Question question;
    const std::string subject = subject_of(text);
    question.is_natural = is_question(text) && subject.size() + 1 >= text.size();
    const std::string lower = rag::lower_case(text);
    question.wants_number = lower.starts_with("when") || lower.contains("how many") ||
                            lower.contains("how much") || lower.contains("how long") ||
                            lower.contains("how often") || lower.contains("which year");
    question.wants_name = lower.starts_with("who ");
    question.wants_definition = lower.starts_with("what is ") || lower.starts_with("what are ");
    std::set<std::string> seen;
    for (rag::Word& word : rag::words_of(subject)) {
        if (word.is_stop || !seen.insert(word.stem).second) continue;
        const double weight = 1.0 + 0.2 * material.rarity.weight(word.stem);
        question.weights.push_back(weight);
        question.total += weight;
        question.words.push_back(std::move(word));
    }
    return question;
}

double coverage(const Question& question, const std::set<std::string>& stems,
                const std::set<std::string>& heading) {
    double found = 0.0;
    for (std::size_t i = 0; i < question.words.size(); ++i) {
        if (stems.contains(question.words[i].stem)) {
            found += question.weights[i];
        } else if (heading.contains(question.words[i].stem)) {
            found += question.weights[i] * kHeadingCredit;
        }
    }
    return question.total > 0.0 ? found / question.total : 0.0;
}

double length_damping(std::size_t words) {
    if (words < 7) return 0.8;
    return words <= 28 ? 1.0 : 1.0 / (1.0 + 0.02 * static_cast<double>(words - 28));
}

bool has_number(const Sentence& sentence) {
    return sentence.shown.find_first_of("0123456789") != std::string::npos;
}

bool has_name(const Sentence& sentence) {
    const std::vector<rag::Word> words = rag::words_of(sentence.shown);
    return std::ranges::any_of(words.begin() + 1, words.end(), [](const rag::Word& word) {
        return word.is_capital && !word.is_stop;
    });
}

// The question's words near the beginning: the sentence is about them rather than mentions them.
double subject_bonus(const Question& question, const Sentence& sentence) {
    const std::vector<rag::Word> words = rag::words_of(sentence.shown);
    const auto is_wanted = [&](const rag::Word& word) {
        return std::ranges::find(question.words, word.stem, &rag::Word::stem) !=
               question.words.end();
    };
    const std::size_t end = std::min<std::size_t>(words.size(), 6);
    for (std::size_t i = 0; i < end; ++i) {
        if (!is_wanted(words[i])) continue;
        const auto defines = [](const rag::Word& word) {
            return word.lower == "is" || word.lower == "are" || word.lower == "means";
        };
        const bool is_definition =
            std::ranges::any_of(words.begin() + static_cast<std::ptrdiff_t>(i),
                                words.begin() + static_cast<std::ptrdiff_t>(end), defines);
        return question.wants_definition && is_definition ? 0.25 : 0.08;
    }
    return 0.0;
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

struct Scores {
    std::vector<double> score;
    std::vector<double> support;
};

Scores score_all(const Material& material, const Question& question) {
    double score_max = 0.0;
    for (const Source& source : material.sources) score_max = std::max(score_max, source.score);
    std::vector<std::set<std::string>> headings;
    for (const Source& source : material.sources) {
        const std::vector<std::string> stems = rag::content_stems(source.section);
        headings.emplace_back(stems.begin(), stems.end());
    }
    std::set<std::string> wanted;
    for (const rag::Word& word : question.words) wanted.insert(word.stem);
    Scores scores;
    for (const Sentence& sentence : material.sentences) {
        const Source& source = material.sources[sentence.source];
        const double support = coverage(question, sentence.stems, headings[sentence.source]);
        double score = support * length_damping(sentence.words);
        if (score_max > 0.0) score += 0.15 * source.score / score_max;
        if (support > 0.0) score += subject_bonus(question, sentence);
        if (likeness(headings[sentence.source], wanted) >= 0.6) score += kOwnSection;
        if (sentence.place == 0 && !sentence.is_leaning) score += 0.05;
        if (question.wants_number && has_number(sentence)) score += 0.2;
        if (question.wants_name && has_name(sentence)) score += 0.2;
        if (sentence.is_leaning) score *= 0.75;
        if (only_refers(sentence)) score *= 0.5;
        if (!sentence.is_prose) score = 0.0;
        scores.score.push_back(score);
        scores.support.push_back(support);
    }
    return scores;
}

// A name in the question that stands nowhere in the material asks about something else.
bool asks_for_unknown_name(const Material& material, const Question& question,
                           std::string_view text) {
    if (!question.is_natural) return false;
    const std::vector<rag::Word> all = rag::words_of(text);
    for (const rag::Word& word : question.words) {
        const bool is_first = !all.empty() && word.lower == all[0].lower;
        if (!(word.is_capital || word.is_number) || is_first) continue;
        const bool known = std::ranges::any_of(material.sources, [&](const Source& source) {
            return rag::lower_case(source.text).contains(word.lower) ||
                   rag::lower_case(source.section).contains(word.lower);
        });
        if (!known) return true;
    }
    return false;
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

void add_further(const Material& material, const Scores& scores, double temperature,
                 std::vector<std::size_t>& chosen) {
    const double wanted = scores.score[chosen.front()] * (kFurtherShare - 0.2 * temperature);
    const double limit = kRepetition - 0.15 * temperature;
    while (chosen.size() < kQuotedSentencesMax) {
        std::optional<std::size_t> best;
        double best_score = 0.0;
        for (std::size_t i = 0; i < material.sentences.size(); ++i) {
            if (scores.score[i] <= 0.0 || repeats(material, chosen, i, limit)) continue;
            const auto before = neighbour(material, i, -1);
            const bool follows = before && std::ranges::find(chosen, *before) != chosen.end();
            if (material.sentences[i].is_leaning && !follows) continue;
            double score = scores.score[i] + (follows ? kContinuation : 0.0);
            if (follows && material.sentences[i].is_leaning) score /= 0.75;
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

Answer answer_to(const Material& material, std::string_view question_text, double temperature) {
    Answer answer;
    const Question question = read_question(material, question_text);
    const Scores scores = score_all(material, question);
    if (scores.score.empty()) return answer;
    const auto best = static_cast<std::size_t>(
        std::distance(scores.score.begin(), std::ranges::max_element(scores.score)));
    answer.closest = best;
    answer.support = scores.support[best];
    if (scores.score[best] <= 0.0 || answer.support < kSupportMin) return answer;
    if (asks_for_unknown_name(material, question, question_text)) return answer;
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
