// What can be told of an image without reading all of it, and of one instruction without the
// others.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bytecode/image.h"

namespace weft {

// The semantics of an encoded image and the program that it is of, as its first bytes say; nothing
// when they are no image's.
struct ImageHead {
    std::uint32_t semantics = 0;
    Hash program{};
};
std::optional<ImageHead> image_head(std::string_view encoded);
// One instruction, as it stands in a disassembly: "add r3 r1 r2".
std::string instruction_text(const Image& image, const Instruction& instruction);

}  // namespace weft
