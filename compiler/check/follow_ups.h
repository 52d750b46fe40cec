// One mistake, one message: takes out what is only said because of something that was said already.
// Knows places and texts of diagnostics, not what any check means.
#pragma once

#include "base/diagnostic.h"

namespace weft::check {

void drop_follow_ups(Diagnostics& diagnostics, const SourceSet& sources);

}  // namespace weft::check
