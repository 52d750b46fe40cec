// A text's bytes as libsodium takes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weft::store {

inline const std::uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

inline std::uint8_t* bytes_of(std::string& text) {
    return reinterpret_cast<std::uint8_t*>(text.data());
}

}  // namespace weft::store
