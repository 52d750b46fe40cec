// From a main file to all modules of its package: loads and parses what `use` names, and lists what
// each module declares. Nothing is resolved here.
#pragma once

#include <string_view>

#include "compiler/check/context.h"
#include "compiler/compile.h"

namespace weft::check {

void load_package(Context& context, std::string_view main_path, PackageLoader& loader);

}  // namespace weft::check
