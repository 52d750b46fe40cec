// One pure function of an image, from its arguments to its value, outside of any run: what names a
// run before it begins (its key, its subject).
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "bytecode/image.h"

namespace weft::vm {

// The image must have passed verify_image. Without a value: why it traps.
std::expected<Value, std::string> call_pure(const Image& image, std::uint32_t function,
                                            std::vector<Value> arguments);

}  // namespace weft::vm
