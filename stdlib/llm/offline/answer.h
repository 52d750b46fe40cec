// Answers a question with one to three sentences of the material, quoted as they stand, or says
// that it holds no answer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "stdlib/llm/offline/material.h"

namespace weft::stdlib::llm::offline {

struct Answer {
    std::vector<std::size_t> sentences;  // of the material, in reading order
    std::size_t best = 0;  // the sentence nearest to the question, also when it is no answer
    double support = 0.0;  // how well the material bears the question out, 0..1
    bool has_answer = false;

    // The sentences, the best of them first: what is cited, and what is kept when room is short.
    [[nodiscard]] std::vector<std::size_t> cited() const;
};

Answer answer_to(const Material& material, std::string_view question, double temperature);

// The answer as one text of at most `length_max` characters: whole sentences in reading order, the
// best one before any other if not all have room.
std::string text_of(const Material& material, const Answer& answer, std::size_t length_max);

// The sentences as one text of at most `length_max` characters (whole sentences; the first ones).
std::string text_of(const Material& material, const std::vector<std::size_t>& sentences,
                    std::size_t length_max);

}  // namespace weft::stdlib::llm::offline
