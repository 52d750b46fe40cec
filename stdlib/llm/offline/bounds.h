// What a JSON Schema asks of one value, read once: kind, sizes, range, choices.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "stdlib/llm/prompt.h"

namespace weft::stdlib::llm::offline {

struct Bounds {
    std::string type;  // "string", "array", …; "enum" when only choices are given
    std::string format;
    std::size_t length_min = 0;
    std::size_t length_max = 1'000'000;
    std::size_t items_min = 0;
    std::size_t items_max = 1'000'000;
    double minimum = 0.0;
    double maximum = 1.0;
    bool has_range = false;
    bool has_pattern = false;
    std::vector<std::string> choices;
};

Bounds bounds_of(const OrderedJson& schema);

}  // namespace weft::stdlib::llm::offline
