// How well a text is supported by evidence, by its words: no model, the same score everywhere. A
// claim scores by the share of its rare words that one or two neighbouring sentences of the
// evidence hold; a number, name or negation that the evidence does not share pulls it down.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "stdlib/json_args.h"

namespace weft::stdlib::rag {

// The name under which scores are recorded; a change of the method is a new number.
inline constexpr std::string_view kSupportMethod = "weft.lexical-support/1";

using WordWeight = std::function<double(const std::string& word)>;

// 0 to 1, for one sentence. `weight` tells how rare a lower-case word is.
double claim_support(std::string_view claim, const std::vector<std::string>& evidence,
                     const WordWeight& weight);

// Says that something is not so.
bool is_negated(std::string_view text);

// Whether the quote stands in the text word for word (runs of white space count as one blank).
bool contains_quote(std::string_view text, std::string_view quote);

// What an answer record claims and what it cites.
struct Claims {
    std::vector<std::string> sentences;
    struct Cited {
        std::string passage;
        std::string document;
        std::string quote;
    };
    std::vector<Cited> citations;
    bool abstains = false;  // says that the documents do not answer
};
Claims claims_of(const Json& answer);

// Says in so many words that there is no answer.
bool is_abstention(std::string_view text);

// The honest answer when nothing fits.
inline constexpr std::string_view kNoAnswer = "The documents do not answer this.";

}  // namespace weft::stdlib::rag
