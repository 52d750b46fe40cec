// Values of steps that may not have run: skipped by their `when`, or inside a block that has ended.
#pragma once

#include "compiler/check/body.h"

namespace weft::check {

// Reports that `value` may be none where that has no meaning: as a step that may not have run when
// that is why.
Diagnostic& report_none(const Context& context, ir::ExprId value, Span span, std::string message);
// Reports a name that a block which has ended declared; false when none did.
bool report_ended(const Body& body, Span span, std::string_view name);

}  // namespace weft::check
