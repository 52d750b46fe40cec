// Summarises by choosing: the sentences that stand for most of the others, each saying something
// new. Centrality with a bias for beginnings (as PacSum and HipoRank have it), then MMR.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "stdlib/llm/offline/material.h"

namespace weft::stdlib::llm::offline {

struct SummaryBounds {
    std::size_t length_min = 0;  // characters
    std::size_t length_max = 900;
    std::size_t sentences_max = 7;
};

// Sentences of the material in reading order; none when it holds no prose. A higher temperature
// prefers variety over centrality.
std::vector<std::size_t> summary_of(const Material& material, const SummaryBounds& bounds,
                                    double temperature);

}  // namespace weft::stdlib::llm::offline
