#include "stdlib/llm/offline/asked.h"

#include <algorithm>
#include <array>

#include "stdlib/llm/offline/questions.h"
#include "stdlib/rag/support.h"

namespace weft::stdlib::llm::offline {

namespace {

constexpr double kHeadingCredit = 0.7;  // a question's word that only the heading holds
constexpr double kRarityShare = 0.2;    // how far rarity counts in the nearly flat weight

constexpr std::array<std::string_view, 11> kMeasures = {
    "many", "much", "long", "often", "old", "far", "large", "big", "high", "tall", "fast"};

constexpr std::array<std::string_view, 11> kMeasured = {"year", "century",    "month",   "date",
                                                        "day",  "percentage", "percent", "number",
                                                        "age",  "population", "time"};

// Words that a question is made with, and an answer is not: "what type of", "who is the person".
constexpr std::array<std::string_view, 6> kFrameWords = {"type",   "kind", "name",
                                                         "person", "used", "happened"};

bool is_in(const auto& list, std::string_view word) {
    return std::ranges::find(list, word) != list.end();
}

// "when", "how many", "in what year", "which percentage".
bool asks_for_number(const std::vector<rag::Word>& words) {
    if (!words.empty() && words[0].lower == "when") return true;
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        const std::string_view word = words[i].lower;
        const std::string_view next = words[i + 1].lower;
        if (word == "how" && is_in(kMeasures, next)) return true;
        if ((word == "what" || word == "which") && is_in(kMeasured, next)) return true;
    }
    return false;
}

bool asks_for_name(const std::vector<rag::Word>& words) {
    return std::ranges::any_of(words, [](const rag::Word& word) {
        return word.lower == "who" || word.lower == "whom" || word.lower == "whose";
    });
}

// Whether the word says how it is asked, not what: "type" in "what type of", "old" in "how old".
bool is_frame(const std::vector<rag::Word>& words, std::size_t i) {
    const auto is_frame_stem = [&](std::string_view frame) {
        return rag::stem_of(frame) == words[i].stem;
    };
    if (std::ranges::any_of(kFrameWords, is_frame_stem)) return true;
    return i > 0 && words[i - 1].lower == "how" && is_in(kMeasures, words[i].lower);
}

}  // namespace

Asked read_question(const rag::Rarity& rarity, std::string_view text) {
    Asked asked;
    const std::string subject = subject_of(text);
    asked.is_natural = is_question(text) && subject.size() + 1 >= text.size();
    asked.is_negated = asked.is_natural && rag::is_negated(text);
    const std::vector<rag::Word> words = rag::words_of(subject);
    asked.wants_number = asks_for_number(rag::words_of(text));
    asked.wants_name = asks_for_name(words);
    // A question of such words alone is about them.
    for (const bool keeps_frame : {!asked.is_natural, true}) {
        std::set<std::string> seen;
        for (std::size_t i = 0; i < words.size(); ++i) {
            const rag::Word& word = words[i];
            if (word.is_stop || (!keeps_frame && is_frame(words, i))) continue;
            if (!seen.insert(word.stem).second) continue;
            const double rare = rarity.weight(word.stem);
            asked.words.push_back({word, rare, 1.0 + kRarityShare * rare, i == 0});
        }
        if (!asked.words.empty()) break;
    }
    return asked;
}

double share_of(const Asked& asked, double AskedWord::* weight, const std::set<std::string>& stems,
                const std::set<std::string>& heading) {
    double found = 0.0;
    double total = 0.0;
    for (const AskedWord& one : asked.words) {
        total += one.*weight;
        if (stems.contains(one.word.stem)) {
            found += one.*weight;
        } else if (heading.contains(one.word.stem)) {
            found += one.*weight * kHeadingCredit;
        }
    }
    return total > 0.0 ? found / total : 0.0;
}

}  // namespace weft::stdlib::llm::offline
