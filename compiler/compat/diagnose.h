// What another version of a program means for runs of it, as diagnostics in the new version. Knows
// no run and no file; what changed is told by compat.h.
#pragma once

#include <vector>

#include "base/diagnostic.h"
#include "compiler/compat/compat.h"
#include "compiler/settings.h"

namespace weft::compat {

// Of those that have a code, all but what a `migrate` block of the new program takes care of.
void report_changes(const std::vector<Finding>& findings, const ir::Module& old,
                    const ir::Module& next, Diagnostics& out);

// Takes out the warnings among them that the program silences, and reports what silences nothing.
void silence_changes(const std::vector<SilencedLater>& silenced, const SourceSet& sources,
                     Diagnostics& out);

}  // namespace weft::compat
