// Values that come from outside, against the types of a program: shape and bounds (value/type.h),
// and the predicates of refinements, which are functions of the image. What it costs counts to no
// run: it is not part of what a run does.
#pragma once

#include <expected>
#include <string_view>

#include "bytecode/image.h"

namespace weft::vm {

// JSON as a value of the type, or the first place that does not fit.
std::expected<Value, Misfit> read_value(const Image& image, TypeId type, std::string_view json);
bool value_fits(const Image& image, TypeId type, const Value& value);

}  // namespace weft::vm
