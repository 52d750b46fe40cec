// What the sites of an image are called: the paths that people know and that stay the same from one
// program to the next, and the lines that they stand on.
#pragma once

#include <cstdint>
#include <string>

#include "bytecode/image.h"

namespace weft::engine {

// Path of the step, sub-run, fork, gate, review, wait or lock; empty for the rest.
std::string site_path(const Image& image, std::uint32_t site);
// "document_qa.wf:52"; empty when the image does not say.
std::string site_place(const Image& image, std::uint32_t site);
std::string code_place(const Image& image, const Function& function, std::uint32_t pc);

}  // namespace weft::engine
