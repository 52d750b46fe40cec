// The smallest value of a type: what `mock … return any` gives. Lists are as short as their type
// lets them be, numbers as near to zero, texts as short.
#pragma once

#include <optional>

#include "value/type.h"

namespace weft::test {

// Nothing where no value could be found: a pattern or predicate that needs an author. What a
// predicate of the program says (Constraint::Kind::Function) is not looked at.
std::optional<Value> smallest_value(const TypeTable& types, TypeId type);

// A short text that fits the pattern, as far as it is made of characters, classes, groups,
// alternatives and counts. Not checked: it is a proposal.
std::string propose_match(std::string_view pattern);

}  // namespace weft::test
