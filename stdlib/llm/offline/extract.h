// Values of a known shape found beside words: dates, addresses, numbers, and the case of an enum
// that a material speaks for. Empty where nothing is found: nothing is guessed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stdlib/llm/offline/bounds.h"
#include "stdlib/llm/offline/material.h"

namespace weft::stdlib::llm::offline {

// A text for the field whose name is `words`: by its format, or the sentence that holds the words.
std::string extract(const Material& material, std::string_view words, const Bounds& bounds);

// Digits of the number that stands nearest to the words.
std::string extract_number(const Material& material, std::string_view words);

std::string choose_case(const Material& material, const std::vector<std::string>& cases,
                        std::string_view field);

}  // namespace weft::stdlib::llm::offline
