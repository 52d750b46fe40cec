// A source text: parsed, laid out, checked, and when it is a program, lowered, verified, written
// and read.
#include "compiler/compile.h"
#include "compiler/format/format.h"
#include "compiler/lower/lower.h"
#include "grammar/keywords.h"
#include "grammar/parse.h"
#include "tests/fuzz/target.h"
#include "tests/unit/compiler/check_support.h"

namespace weft::fuzz {

namespace {

// The text laid out, or nothing when it has syntax errors.
std::string laid_out(const std::string& text) {
    SourceSet sources;
    Diagnostics diagnostics;
    const auto file = sources.add("main.wf", text);
    const auto parsed = parse(file, sources[file], diagnostics);
    return parsed.has_errors ? std::string() : format(parsed);
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

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    const std::string text(fuzz::text_of(data, size));
    const auto once = fuzz::laid_out(text);
    if (!once.empty()) WEFT_CHECK(fuzz::laid_out(once) == once);

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
