// Cuts documents into passages: the pieces that are indexed, found and quoted. A passage is a range
// of its document's stored text, so every quote can be traced back; it stays within one section and
// one page. Knows the JSON shape of docs.Document; knows no database.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stdlib/json_args.h"

namespace weft::stdlib::rag {

struct Passage {
    std::int64_t id = 0;  // from 1, in document order
    std::string document;
    std::int64_t page = 0;
    std::string section;
    std::string element;
    std::int64_t start = 0;  // byte offsets into the document's text
    std::int64_t end = 0;
    std::string text;
    double weight = 1.0;  // how far it is worth showing: 1 prose, near 0 rubble
    double score = 0.0;   // of a search
};

struct ChunkLimits {
    std::int64_t length_max = 800;  // characters
    std::int64_t overlap = 100;     // characters repeated from the passage before, whole sentences
};

// Appends the passages of one document; ids go on from the last one.
void cut_document(const Json& document, const ChunkLimits& limits, std::vector<Passage>& passages);

Json passage_json(const Passage& passage);

// Four decimals: enough to compare, and the same text wherever it was computed.
double rounded(double value);

}  // namespace weft::stdlib::rag
