// Base64 of RFC 4648 §4 with padding, the spelling of Bytes in JSON form 1. One text for each
// sequence of bytes: decoding refuses other lengths, characters, missing padding and stray bits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weft {

std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

}  // namespace weft
