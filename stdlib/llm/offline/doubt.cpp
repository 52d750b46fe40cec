#include "stdlib/llm/offline/doubt.h"

#include <algorithm>

#include "stdlib/rag/names.h"
#include "stdlib/rag/support.h"

namespace weft::stdlib::llm::offline {

namespace {

constexpr double kSupportMin = 0.40;  // below it there is no answer

bool is_plain_number(const rag::Word& word) {
    return word.lower.find_first_not_of("0123456789.,") == std::string::npos;
}

// A name in the question that stands nowhere in the material asks about something else.
bool asks_for_unknown_name(const Material& material, const Asked& asked) {
    rag::Names names;
    for (const Source& source : material.sources) {
        names.add(source.text);
        names.add(source.section);
    }
    return std::ranges::any_of(asked.words, [&](const AskedWord& one) {
        const rag::Word& word = one.word;
        const bool is_name = (word.is_capital || word.is_number) && !is_plain_number(word);
        if (!is_name || one.is_first || word.lower.size() < 2) return false;
        return !names.knows(word.lower);
    });
}

}  // namespace

double support_of(const Material& material, const Asked& asked,
                  const std::vector<std::set<std::string>>& headings) {
    std::vector<std::set<std::string>> together(material.sources.size());
    for (const Sentence& sentence : material.sentences) {
        together[sentence.source].insert(sentence.stems.begin(), sentence.stems.end());
    }
    double support = 0.0;
    for (const Sentence& sentence : material.sentences) {
        const std::size_t at = sentence.source;
        const double own = share_of(asked, &AskedWord::weight, sentence.stems, headings[at]);
        const double around = share_of(asked, &AskedWord::weight, together[at], headings[at]);
        support = std::max(support, 0.5 * own + 0.5 * around);
    }
    return support;
}

bool is_doubtful(const Material& material, const Asked& asked, double support, std::size_t best) {
    if (support < kSupportMin) return true;
    if (!asked.is_natural) return false;
    if (asked.is_negated && !rag::is_negated(material.sentences[best].shown)) return true;
    return asks_for_unknown_name(material, asked);
}

}  // namespace weft::stdlib::llm::offline
