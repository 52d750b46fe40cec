// What a run waits for, as JSON: one object for each effect under way, timer, task, signal, lock,
// sub-run and person that it waits for; and where its branches stand.
#pragma once

#include "engine/look.h"
#include "engine/request_context.h"

namespace weft::engine {

Json waits_json(Core& core, const Looked& looked);
// The branches with their frames, the innermost first.
Json branches_json(const Looked& looked);
// What its failure would undo, in that order.
Json undo_json(const Looked& looked);

}  // namespace weft::engine
