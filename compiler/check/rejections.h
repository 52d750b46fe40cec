// What a review's `on Rejected (e)` sees beside that which every error has: who rejected, and why.
// It knows nothing of what a review shows or asks.
#pragma once

#include "compiler/check/context.h"

namespace weft::check {

// The type of e when nothing in the step but reviews can be rejected; nothing otherwise, since a
// worker that rejects says neither.
TypeId rejection_type(Context& context, const ir::Step& step);

}  // namespace weft::check
