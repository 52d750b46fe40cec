// A text edited by a person in the editor of their choice.
#pragma once

#include <string>

#include "weft/error.h"

namespace weft::cli {

// $VISUAL, else $EDITOR, else vi. An editor that ends in failure changes nothing.
Result<std::string> edit_text(const std::string& text);

}  // namespace weft::cli
