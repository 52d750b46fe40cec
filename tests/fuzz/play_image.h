// Runs what passed the verifier: every workflow of an image, in a world that answers the first of
// what is wanted. For targets that make images out of strangers' bytes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bytecode/image.h"

namespace weft::fuzz {

// The machine relies on the verifier: whatever the code is, a run of it ends or waits.
void play_image(const std::shared_ptr<const Image>& image);

// Of the programs that lie in these folders of the repository, as far as they are programs.
std::vector<std::string> images_under(const std::vector<std::string>& folders);

}  // namespace weft::fuzz
