// Declarations whose doc comment says to leave them, with a line `Deprecated: take … instead`, and
// the places that still name them.
#pragma once

#include "compiler/check/names.h"

namespace weft::check {

// Whether some doc comment of a source may say so.
bool deprecates(std::string_view text);
// What the doc comment above the node says behind `Deprecated:`; empty when it says nothing.
std::string deprecation(const Tree& tree, NodeId node);
// `name` in the module has turned out to be the declaration.
void note_deprecated(Context& context, ModuleId module, const Dotted& name, DeclId found);
void check_deprecated(const Context& context);

}  // namespace weft::check
