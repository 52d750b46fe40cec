// Why a run is where it is: what the log says beside its state. Since when each thing is waited
// for, who did what to the run, what was undone, and the last records that matter.
#pragma once

#include "engine/request_context.h"

namespace weft::engine {

// Adds it to the answer of `status` of the same run.
Result<void> explain(const RequestContext& request, const store::RunId& id, Json& status);

}  // namespace weft::engine
