// Typed IR to image. Everything was decided by the checker; this phase only chooses registers,
// places sites and fills tables. It knows the instruction set and nothing of syntax.
#pragma once

#include <optional>

#include "base/diagnostic.h"
#include "bytecode/image.h"
#include "compiler/ir/module.h"

namespace weft {

// Nothing (and a `program-too-large` diagnostic) when a function needs more than 65,535 registers,
// the only limit of the instruction format that a checked program can hit.
std::optional<Image> lower(const ir::Module& module, Diagnostics& diagnostics);

// The image, when the verifier takes it. One that it refuses is our bug: nothing, and an
// `internal-error` diagnostic, so that it is said like any other mistake, in every format.
std::optional<Image> verified(std::optional<Image> image, Diagnostics& diagnostics);

}  // namespace weft
