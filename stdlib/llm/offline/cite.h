// Citations: a sentence as a quote, word for word, with the place it stands at.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "stdlib/llm/offline/material.h"
#include "stdlib/llm/prompt.h"

namespace weft::stdlib::llm::offline {

// Whether an object of this schema is a citation: it has a quote.
bool takes_quote(const OrderedJson& schema);

// The words exactly as in the source's text, line ends included.
std::string quote_of(const Material& material, std::size_t sentence);

std::expected<OrderedJson, WorkerError> citation(const Material& material, std::size_t sentence,
                                                 const OrderedJson& schema,
                                                 const std::string& path);

// `count` sentences around the given one that can be quoted, itself first.
std::vector<std::size_t> nearest(const Material& material, std::size_t sentence, std::size_t count);

}  // namespace weft::stdlib::llm::offline
