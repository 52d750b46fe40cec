#include "base/explain.h"

namespace weft {

const std::vector<Explanation>& all_explanations() {
    static const std::vector<Explanation> table = {
#define X(Name, cause, bad, good, cure) {DiagnosticCode::Name, cause, bad, good, cure},
#include "base/explain.def"
#undef X
    };
    return table;
}

}  // namespace weft
