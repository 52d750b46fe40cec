// Bytes of an image: decoded, verified, and what passes is run, since the machine relies on the
// verifier.
#include "bytecode/image.h"

#include "tests/fuzz/play_image.h"
#include "tests/fuzz/target.h"

namespace weft::fuzz {

std::vector<std::string> seeds() {
    return images_under({"examples", "tests/golden/run"});
}

std::vector<std::string> dictionary() {
    return {std::string("\xFF\xFF\xFF\xFF"), std::string("\0\0\0\0", 4),
            std::string("\1\0\0\0", 4)};
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    const auto bytes = fuzz::text_of(data, size);
    auto image = decode_image(bytes);
    if (!image) return 0;
    WEFT_CHECK(encode_image(*image) == bytes);
    if (!verify_image(*image)) return 0;
    WEFT_CHECK(!disassemble(*image).empty());
    fuzz::play_image(std::make_shared<const Image>(std::move(*image)));
    return 0;
}
