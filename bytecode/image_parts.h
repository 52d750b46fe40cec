// What can be told of an image without reading all of it, and of one instruction without the
// others.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bytecode/image.h"

namespace weft {

// The program that an encoded image is of, as its first bytes say; nothing when they are no
// image's.
std::optional<Hash> image_program(std::string_view encoded);
// One instruction, as it stands in a disassembly: "add r3 r1 r2".
std::string instruction_text(const Image& image, const Instruction& instruction);

}  // namespace weft
