// The plainest JSON that fits a type, for inputs, answers and signals of programs without a script.
#pragma once

#include <optional>
#include <string>

#include "value/type.h"

namespace weft::simulation {

// Nothing when no plain value fits: its author asked for something that can't be guessed.
std::optional<std::string> plain_json(const TypeTable& types, TypeId type);

}  // namespace weft::simulation
