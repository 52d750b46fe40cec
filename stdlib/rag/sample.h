// Chooses passages that show what a collection is about. Deterministic; knows passages only.
#pragma once

#include <cstddef>
#include <vector>

#include "stdlib/rag/chunks.h"

namespace weft::stdlib::rag {

// `count` passages of the pool: documents take turns, and within a document the sections do; where
// there are more sections than turns, the longest of each of as many stretches. The result is in
// the pool's order of ids.
std::vector<Passage> spread_sample(std::vector<Passage> pool, std::size_t count);

}  // namespace weft::stdlib::rag
