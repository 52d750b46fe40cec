// The parts of `weft audit` that stand in files of their own: each adds its commands.
#pragma once

#include "cli/command.h"

namespace weft::cli {

void add_evidence(CLI::App& audit, Chosen& chosen);  // export, proof, checkpoint, keys
void add_erasure(CLI::App& audit, Chosen& chosen);   // erase, receipt, hold, release, accept-clock

}  // namespace weft::cli
