// Texts that the program carries in itself, so that it works wherever its one file is: the standard
// library's declarations. Made at build time by cmake/embed.cmake.
#pragma once

#include <string_view>
#include <vector>

namespace weft {

struct EmbeddedText {
    std::string_view name;  // file name, "rag.wf"
    std::string_view text;
};

const std::vector<EmbeddedText>& standard_library_texts();

}  // namespace weft
