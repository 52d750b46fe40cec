// What a question asks: the words that an answer would hold, how much each of them tells, and the
// kind of thing that is asked for. It must not know sentences or how they are ranked.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "stdlib/rag/words.h"

namespace weft::stdlib::llm::offline {

struct AskedWord {
    rag::Word word;
    double rarity = 0.0;  // inverse document frequency: for ranking
    double weight = 0.0;  // nearly flat: for telling whether there is an answer at all
    bool is_first = false;
};

struct Asked {
    std::vector<AskedWord> words;  // those that carry meaning, each once
    bool wants_number = false;     // a date, an amount, an age …
    bool wants_name = false;
    bool is_natural = false;  // a question in so many words, not a heading or a field's name
    bool is_negated = false;
};

Asked read_question(const rag::Rarity& rarity, std::string_view text);

// The share of the question's words, by one of the two weights, that stand in one of the sets of
// stems; those that only the heading holds count for less.
double share_of(const Asked& asked, double AskedWord::* weight, const std::set<std::string>& stems,
                const std::set<std::string>& heading);

}  // namespace weft::stdlib::llm::offline
