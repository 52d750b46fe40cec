// The own fields of an error that the program declares, for people. Knows nothing of where errors
// come from.
#pragma once

#include <string>
#include <string_view>

#include "bytecode/image.h"

namespace weft::engine {

// As JSON; "" when the image declares no such error, or the fields are not what it declares.
std::string error_fields_json(const Image& image, std::string_view name, const Value& fields);
// … of an error record.
std::string error_fields_json(const Image& image, const Value& error);
// What a line of a history says of them: " {…}", nothing when there are none.
std::string error_fields_text(const Image& image, std::string_view name, const Value& fields);

}  // namespace weft::engine
