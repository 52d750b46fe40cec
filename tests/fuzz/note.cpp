// Signed notes of checkpoints, from whoever hands them over. Nothing but the one note has a good
// signature.
#include "store/note.h"

#include "tests/fuzz/target.h"

namespace weft::fuzz {

namespace {

constexpr const char* kOrigin = "example.org/log";

std::string note() {
    return store::make_note(kOrigin, 257, to_array<32>("a root of thirty-two bytes, yes."), Hash{},
                            [](std::string_view) { return std::string(64, 's'); });
}

}  // namespace

std::vector<std::string> seeds() {
    return {note(), note() + "\xE2\x80\x94 witness.example AAAAAAAA\n"};
}

std::vector<std::string> dictionary() {
    return {"\n\n", "\xE2\x80\x94 ", "18446744073709551616\n", "01\n", "=", kOrigin};
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    const auto text = fuzz::text_of(data, size);
    WEFT_CHECK(!store::check_note(fuzz::kOrigin, Hash{}, text));
    if (const auto bytes = store::from_base64(text)) WEFT_CHECK(store::to_base64(*bytes) == text);
    return 0;
}
