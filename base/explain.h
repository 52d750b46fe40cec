// What `weft explain NAME` says: the cause, a program that shows the mistake, the cured program,
// and the cure in words. One row of explain.def each.
#pragma once

#include <string_view>
#include <vector>

#include "base/diagnostic.h"

namespace weft {

struct Explanation {
    DiagnosticCode code;
    std::string_view cause;
    std::string_view bad;   // gives exactly this diagnostic
    std::string_view good;  // gives none
    std::string_view cure;
};

const std::vector<Explanation>& all_explanations();

}  // namespace weft
