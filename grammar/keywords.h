// The words of the grammar and what each is reserved for; editors' word lists are made from it too.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace weft {

enum class WordClass { Declaration, Statement, Clause, Operator, Contextual };

struct Keyword {
    std::string_view word;
    WordClass word_class;
};

const std::vector<Keyword>& keywords();
std::optional<WordClass> word_class(std::string_view word);
// May not be the name of a value.
bool is_reserved(std::string_view word);

}  // namespace weft
