// Values from one program to another: what a step, a person or a sender gave under one image, as
// the other image's type has it. Fields and cases go by their names, never by their places. It
// knows nothing of runs and their logs.
#pragma once

#include <expected>
#include <string>

#include "bytecode/image.h"
#include "vm/machine.h"

namespace weft::engine {

// Why it is no value of the other type is for people, and never quotes the value.
template <typename T>
using Carried = std::expected<T, std::string>;

Carried<Value> carry_value(const Image& from, TypeId type, const Image& to, TypeId as,
                           const Value& value);
// The begin of a run, in the other program's terms: parameters and tunes by name, new ones by their
// defaults.
Carried<vm::Begin> carry_begin(const Image& from, const Image& to, const vm::Begin& begin);

}  // namespace weft::engine
