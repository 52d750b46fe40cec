// Bundles, from whoever hands them over: one that is whole is one of those that were made.
#include "engine/bundle.h"

#include <algorithm>

#include "engine/bundle_check.h"
#include "tests/fuzz/target.h"

namespace weft::fuzz {

std::vector<std::string> seeds() {
    return files_under("tests/frozen", ".bundle");
}

std::vector<std::string> dictionary() {
    return {"recs",
            "prog",
            "imag",
            "path",
            "seal",
            std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
            std::string(8, '\0')};
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    static const auto made = fuzz::seeds();
    const auto bytes = fuzz::text_of(data, size);
    if (const auto bundle = engine::decode_bundle(bytes)) {
        WEFT_CHECK(engine::encode_bundle(*bundle) == bytes);
    }
    const auto report = engine::check_bundle(bytes, {});
    if (report && report->findings.empty())
        WEFT_CHECK(std::ranges::find(made, bytes) != made.end());
    return 0;
}
