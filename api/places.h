// Places and diagnostics as reports of tests and evals have them.
#pragma once

#include <string>

#include "base/diagnostic.h"
#include "weft/testing.h"

namespace weft {

TestPlace place_of(const SourceSet& sources, Span span);
// Behind what is there, with a blank line between two.
void add_rendered(const Diagnostics& diagnostics, const SourceSet& sources, bool colour,
                  std::string& out);

}  // namespace weft
