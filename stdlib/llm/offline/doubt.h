// When the extractive engine says that the documents hold no answer: too few of the question's
// words stand together, a name of the question stands nowhere, or it asks what is not so and
// nothing says that. It must not know how sentences are ranked.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "stdlib/llm/offline/asked.h"
#include "stdlib/llm/offline/material.h"

namespace weft::stdlib::llm::offline {

// 0 to 1: how well the material bears the question out, at the place that does so best.
double support_of(const Material& material, const Asked& asked,
                  const std::vector<std::set<std::string>>& headings);

// Whether an answer that rests on the sentence `best` would be a guess.
bool is_doubtful(const Material& material, const Asked& asked, double support, std::size_t best);

}  // namespace weft::stdlib::llm::offline
