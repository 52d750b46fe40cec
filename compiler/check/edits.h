// Edits that fixes are made of.
#pragma once

#include <optional>

#include "base/diagnostic.h"

namespace weft::check {

// Takes out what the span covers: with its lines when nothing else stands on them (a second empty
// line goes too), else with the blanks before it.
Edit removal(const SourceSet& sources, Span span);
// Whether nothing but blanks stands beside the span on its lines.
bool stands_alone(const SourceSet& sources, Span span);

}  // namespace weft::check
