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

}  // namespace weft
