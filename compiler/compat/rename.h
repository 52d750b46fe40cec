// Steps that a new program has under another name: it is made to speak of them by their old names,
// so that what follows from a name is not taken for a change.
#pragma once

#include <string>

#include "compiler/ir/module.h"

namespace weft::compat {

struct Rename {
    std::string path;      // in the new program
    std::string old_path;  // both in the same block
};

// The step and what lies below it.
void rename(ir::Module& module, const Rename& rename);
// By the names that the program's hash knows: those behind `was`.
void use_former_names(ir::Module& module);

}  // namespace weft::compat
