#include "stdlib/llm/offline/summary.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

namespace weft::stdlib::llm::offline {

namespace {

constexpr std::size_t kCandidatesMax = 500;  // centrality compares each with each

struct Candidate {
    std::size_t at = 0;
    double score = 0.0;
    double norm = 0.0;
};

// Words that show a sentence to be about the text, or about a place in it.
bool points_elsewhere(const std::string& text) {
    for (const std::string_view phrase :
         {"section", "chapter", "above", "below", "following", "as follows", "figure", "footnote",
          "http", "this manual", "this document", " see ", "See ", "www."}) {
        if (text.contains(phrase)) return true;
    }
    return text.ends_with('?');
}

// Leans on a place before it without beginning so.
bool points_back(const std::string& text) {
    for (const std::string_view word : {" this ", " these ", " those ", " such ", " it "}) {
        if (text.contains(word)) return true;
    }
    return false;
}

double shape_of(const Sentence& sentence) {
    double shape = 1.0;
    if (points_elsewhere(sentence.shown)) shape *= 0.45;
    if (sentence.words < 8) shape *= 0.6;
    if (sentence.words > 32) shape *= 0.6;
    if (sentence.shown.contains('(')) shape *= 0.85;
    if (points_back(sentence.shown)) shape *= 0.7;
    if (sentence.shown.contains('"')) shape *= 0.65;
    if (sentence.shown.contains('/')) shape *= 0.7;
    if (sentence.shown.contains(':')) shape *= 0.8;
    if (sentence.place == 0) shape *= 1.25;
    return shape;
}

double norm_of(const Material& material, const Sentence& sentence) {
    double sum = 0.0;
    for (const std::string& stem : sentence.stems) {
        const double weight = material.rarity.weight(stem);
        sum += weight * weight;
    }
    return std::sqrt(sum);
}

double cosine(const Material& material, const Candidate& a, const Candidate& b) {
    if (a.norm <= 0.0 || b.norm <= 0.0) return 0.0;
    double sum = 0.0;
    for (const std::string& stem : material.sentences[a.at].stems) {
        if (!material.sentences[b.at].stems.contains(stem)) continue;
        const double weight = material.rarity.weight(stem);
        sum += weight * weight;
    }
    return sum / (a.norm * b.norm);
}

std::vector<Candidate> candidates_of(const Material& material, bool with_leaning) {
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < material.sentences.size(); ++i) {
        const Sentence& sentence = material.sentences[i];
        if (!sentence.is_prose || (sentence.is_leaning && !with_leaning)) continue;
        candidates.push_back({i, 0.0, norm_of(material, sentence)});
        if (candidates.size() == kCandidatesMax) break;
    }
    double highest = 0.0;
    for (Candidate& one : candidates) {
        for (const Candidate& other : candidates) {
            if (one.at == other.at) continue;
            // What comes later leans on what comes first: the first gets more of the edge.
            one.score += cosine(material, one, other) * (one.at < other.at ? 1.0 : 0.6);
        }
        one.score *= shape_of(material.sentences[one.at]);
        highest = std::max(highest, one.score);
    }
    for (Candidate& one : candidates) one.score = highest > 0.0 ? one.score / highest : 0.0;
    return candidates;
}

class Chooser {
  public:
    Chooser(const Material& material, const SummaryBounds& bounds, double temperature)
        : material_(material), bounds_(bounds), balance_(std::max(0.3, 0.7 - 0.4 * temperature)) {}

    void take_from(const std::vector<Candidate>& pool) {
        while (chosen_.size() < bounds_.sentences_max || length_ < bounds_.length_min) {
            const std::optional<std::size_t> best = best_of(pool);
            if (!best) return;
            take(pool[*best]);
        }
    }

    [[nodiscard]] std::size_t length() const { return length_; }

    [[nodiscard]] std::vector<std::size_t> in_reading_order() const {
        std::vector<std::size_t> order;
        for (const Candidate& one : chosen_) order.push_back(one.at);
        std::ranges::sort(order);
        return order;
    }

  private:
    [[nodiscard]] std::optional<std::size_t> best_of(const std::vector<Candidate>& pool) const {
        std::optional<std::size_t> best;
        double best_score = -10.0;
        for (std::size_t i = 0; i < pool.size(); ++i) {
            const Sentence& sentence = material_.sentences[pool[i].at];
            const std::size_t with =
                length_ + (length_ > 0 ? 1 : 0) + rag::code_points(sentence.shown);
            if (with > bounds_.length_max || is_taken(pool[i].at)) continue;
            double nearest = 0.0;
            for (const Candidate& other : chosen_) {
                nearest = std::max(nearest, cosine(material_, pool[i], other));
            }
            const auto of_source = from_source_.find(sentence.source);
            const double crowd = of_source == from_source_.end() ? 0.0 : 0.3 * of_source->second;
            const double score = balance_ * pool[i].score - (1.0 - balance_) * nearest - crowd;
            if (score > best_score) {
                best_score = score;
                best = i;
            }
        }
        return best;
    }

    [[nodiscard]] bool is_taken(std::size_t at) const {
        return std::ranges::any_of(chosen_, [&](const Candidate& one) { return one.at == at; });
    }

    void take(const Candidate& one) {
        const Sentence& sentence = material_.sentences[one.at];
        length_ += (length_ > 0 ? 1 : 0) + rag::code_points(sentence.shown);
        ++from_source_[sentence.source];
        chosen_.push_back(one);
    }

    const Material& material_;
    SummaryBounds bounds_;
    double balance_;
    std::vector<Candidate> chosen_;
    std::map<std::size_t, int> from_source_;
    std::size_t length_ = 0;
};

}  // namespace

std::vector<std::size_t> summary_of(const Material& material, const SummaryBounds& bounds,
                                    double temperature) {
    Chooser chooser(material, bounds, temperature);
    chooser.take_from(candidates_of(material, false));
    if (chooser.length() == 0 || chooser.length() < bounds.length_min) {
        chooser.take_from(candidates_of(material, true));
    }
    return chooser.in_reading_order();
}

}  // namespace weft::stdlib::llm::offline
