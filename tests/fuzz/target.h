// What a fuzz target is: a function of bytes that must neither crash nor break a property, and the
// inputs that it begins with. The same source is linked with libFuzzer (clang, WEFT_FUZZ) or with
// driver.cpp, which any compiler builds and the tests run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace weft::fuzz {

// Inputs that reach the code's depth at once; the corpus when there is no other.
std::vector<std::string> seeds();
// Words of the format that no mutation of bytes would hit.
std::vector<std::string> dictionary();

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

// Files below the repository whose names end so; a seed each.
std::vector<std::string> files_under(std::string_view folder, std::string_view ending);

}  // namespace weft::fuzz
