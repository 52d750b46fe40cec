// One mistake, one message: takes out what is only said because of something that was said already.
// Knows places and texts of diagnostics, and which declarations they lie in, not what any check
// means.
#pragma once

#include "compiler/check/context.h"

namespace weft::check {

void drop_follow_ups(Context& context);

}  // namespace weft::check
