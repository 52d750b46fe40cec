// What a field of a result asks for, told from its name: the only thing a schema says about
// meaning.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft::stdlib::llm::offline {

enum class Role {
    Title,
    Summary,
    Topics,
    Highlights,  // single sentences
    Question,
    Answer,
    Quote,
    Citations,
    Score,     // how well the result is supported
    Answered,  // whether there is an answer
    Count,
    Other,  // the field's own name says what is looked for
};

Role role_of(std::string_view field);

// "refundPeriod", "refund_period" → "refund period"
std::string words_of_field(std::string_view field);

}  // namespace weft::stdlib::llm::offline
