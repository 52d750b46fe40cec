// A run has only handles of its secret texts, so nothing may be computed from one but another text
// that holds it.
#pragma once

#include <string_view>

#include "compiler/check/body.h"

namespace weft::check {

// Reports it where the expression is a text labelled Secret; `what` looks into it, as a sentence's
// subject. In a test, whose values are no secrets, nothing. True: it was reported.
bool refuse_secret_text(const Body& body, ir::ExprId id, std::string_view what);
// … and where one is a part of its value: an element, a field, a field of a case.
bool refuse_secret_parts(const Body& body, ir::ExprId id, std::string_view what);

}  // namespace weft::check
