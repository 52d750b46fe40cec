// The built-in functions of bytecode/builtins.def: pure, of values alone. The caller has paid for
// reading the arguments; what makes more than it reads is bounded by the limits of values.
#pragma once

#include <span>

#include "bytecode/image.h"
#include "vm/error_value.h"

namespace weft::vm {

Checked<Value> call_builtin(BuiltinFunction function, std::span<const Value> arguments);

// Those about text, in text_builtins.cpp; nothing for another function.
std::optional<Checked<Value>> call_text_builtin(BuiltinFunction function,
                                                std::span<const Value> arguments);

// Those about dates, in date_builtins.cpp; likewise.
std::optional<Checked<Value>> call_date_builtin(BuiltinFunction function,
                                                std::span<const Value> arguments);

// Texts joined; a Trap when the result is larger than a value may be.
Checked<Value> concatenate(std::span<const Value> texts, std::string_view separator = {});
// A value of the given type as it stands in a hole.
Checked<Value> hole_text(const TypeTable& types, TypeId type, const Value& value);

}  // namespace weft::vm
