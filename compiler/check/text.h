// Text with holes, and the templates of prompts, which have directives too.
#pragma once

#include "compiler/check/expressions.h"

namespace weft::check {

// Gives a Text with the labels of all its holes.
ir::ExprId check_template(Body& body, ast::Text text);

}  // namespace weft::check
