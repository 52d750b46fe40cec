// What the extractive engine works on: the texts and questions found in a prompt's inputs, cut into
// sentences. It must not know the schema that is to be served.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "stdlib/json_args.h"
#include "stdlib/llm/prompt.h"
#include "stdlib/rag/sentences.h"
#include "stdlib/rag/words.h"

namespace weft::stdlib::llm::offline {

struct Source {
    std::string id;
    std::string document;
    std::int64_t page = 0;
    std::string section;
    std::int64_t start = 0;  // of the text, in its document
    std::string text;
    double score = 0.0;  // of the search that found it
};

struct Sentence {
    std::size_t source = 0;
    rag::Span span;     // in the source's text
    std::string shown;  // single-spaced
    std::set<std::string> stems;
    std::size_t words = 0;
    std::size_t place = 0;    // number in its source
    bool is_prose = false;    // whole, and fit to be shown
    bool is_leaning = false;  // points back to the sentence before
};

struct Material {
    std::vector<Source> sources;
    std::vector<Sentence> sentences;
    std::optional<std::string> question;
    std::vector<std::string> titles;
    rag::Rarity rarity;  // among the sentences

    [[nodiscard]] bool has_prose() const;
    // Whether the first word of the phrase is written with a capital inside sentences.
    [[nodiscard]] bool begins_with_name(std::string_view phrase) const;
};

// `inputs` in the order in which the prompt declares its parameters.
Material read_material(const OrderedJson& inputs);

// Share of words that two sentences have in common (Jaccard).
double likeness(const std::set<std::string>& a, const std::set<std::string>& b);

}  // namespace weft::stdlib::llm::offline
