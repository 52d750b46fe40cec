// A source text: parsed, laid out, checked, and when it is a program, lowered, verified, written
// and read.
#include <algorithm>
#include <cstring>

#include "compiler/compile.h"
#include "compiler/format/format.h"
#include "compiler/lower/lower.h"
#include "grammar/keywords.h"
#include "grammar/parse.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/tokens.h"
#include "tests/support/tree_meaning.h"
#include "tests/unit/compiler/check_support.h"

namespace weft::fuzz {

namespace {

ParsedFile parsed(const std::string& text) {
    SourceSet sources;
    Diagnostics diagnostics;
    const auto file = sources.add("main.wf", text);
    return parse(file, sources[file], diagnostics);
}

// Laid out it says the same, and laid out again it stays.
void lay_out(const std::string& text) {
    const auto before = parsed(text);
    if (before.has_errors) return;
    const auto once = format(before);
    const auto after = parsed(once);
    WEFT_CHECK(!after.has_errors);
    WEFT_CHECK(meaning(after.tree, after.tree.root()) == meaning(before.tree, before.tree.root()));
    WEFT_CHECK(format(after) == once);
}

}  // namespace

std::vector<std::string> seeds() {
    auto out = files_under("examples", ".wf");
    for (auto& text : files_under("tests/golden/check", ".wf")) out.push_back(std::move(text));
    return out;
}

std::vector<std::string> dictionary() {
    std::vector<std::string> out = {"{\n",
                                    "}\n",
                                    "(",
                                    ")",
                                    "->",
                                    "..",
                                    "?",
                                    "\"\"",
                                    "///",
                                    "1h",
                                    "0.8",
                                    "<",
                                    ">",
                                    "==",
                                    "=",
                                    "\n",
                                    "9223372036854775808"};
    for (const auto& keyword : keywords()) out.push_back(" " + std::string(keyword.word) + " ");
    return out;
}

}  // namespace weft::fuzz

// Of libFuzzer, where that is; it mutates bytes.
extern "C" [[gnu::weak]] std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                                      std::size_t longest);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t longest, unsigned int seed) {
    static const auto begin = weft::fuzz::seeds();
    weft::fuzz::Random random(seed);
    if (LLVMFuzzerMutate != nullptr && random.below(4) == 0) {
        return LLVMFuzzerMutate(data, size, longest);
    }
    const auto text = weft::fuzz::mutate_tokens(weft::fuzz::text_of(data, size), begin, random);
    const auto length = std::min(text.size(), longest);
    std::memcpy(data, text.data(), length);
    return length;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    const std::string text(fuzz::text_of(data, size));
    fuzz::lay_out(text);

    auto compiled = compile_text(text);
    const auto shown = render_json(compiled.diagnostics, compiled.module.sources);
    WEFT_CHECK(!shown.empty());
    if (!compiled.ok) {
        WEFT_CHECK(!compiled.diagnostics.items().empty());
        return 0;
    }
    const auto image = lower(compiled.module, compiled.diagnostics);
    if (!image) return 0;
    const auto verified = verify_image(*image);
    WEFT_CHECK(verified.has_value());
    const auto bytes = encode_image(*image);
    const auto decoded = decode_image(bytes);
    WEFT_CHECK(decoded.has_value());
    WEFT_CHECK(encode_image(*decoded) == bytes);
    return 0;
}
