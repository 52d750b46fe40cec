// A finding of an audit as programs read it: the same for a store and for a bundle. It knows
// nothing of how findings are come by.
#pragma once

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "store/verify.h"

namespace weft::engine {

inline nlohmann::ordered_json finding_json(const store::Finding& finding) {
    nlohmann::ordered_json out;
    out["table"] = finding.table;
    out["row"] = finding.row;
    if (finding.leaf) out["leaf"] = *finding.leaf;
    if (finding.run) out["run"] = to_hex(view(*finding.run));
    if (finding.seq) out["seq"] = *finding.seq;
    out["what"] = finding.what;
    return out;
}

}  // namespace weft::engine
