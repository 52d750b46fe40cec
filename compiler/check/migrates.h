// What a migrate block may read: `old.NAME`, what the step NAME gave under the program that a run
// comes from. That program is not at hand here, so such a value has the type that its place wants,
// and the run is refused when it does not fit; where no type is wanted it is Json.
#pragma once

#include <string>
#include <vector>

#include "compiler/check/body.h"
#include "compiler/check/names.h"

namespace weft::check {

struct MigrateFrame {
    std::string workflow;
    std::vector<ir::LocalId> reads = {};
    std::vector<std::string> paths = {};  // of the steps that they are of
};

ir::ExprId check_old_value(Body& body, const Dotted& name, Span span, TypeId wanted);

}  // namespace weft::check
