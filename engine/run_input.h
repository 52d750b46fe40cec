// From the JSON that a caller gives to the input record of a workflow: files become artifacts of
// the run, missing parameters get their defaults, and everything is checked against its type.
#pragma once

#include "base/result.h"
#include "bytecode/image.h"
#include "engine/core.h"
#include "engine/secret_desk.h"

namespace weft::engine {

// Usage names the parameter that is missing, unknown or does not fit.
Result<Value> read_run_input(const Image& image, const WorkflowRow& workflow,
                             const StartRequest& request, RunFiles& files,
                             const SecretDesk& secrets);

}  // namespace weft::engine
