// A program ready to run, as the compiler gave it or the store keeps it.
#pragma once

#include <memory>
#include <string>

#include "bytecode/image.h"

namespace weft::engine {

struct RunnableProgram {
    std::shared_ptr<const Image> image;
    std::string encoded;  // of the image
    std::string ir;       // canonical form; its hash is Image::program
    std::string source;   // JSON object: path -> text
};

}  // namespace weft::engine
