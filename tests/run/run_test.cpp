// Source to effects: golden files (tests/golden/run) hold a program and, in sections `play …`, a
// script for its workers with what the world sees of the run. `--update` rewrites them.
#include <gtest/gtest.h>

#include "compiler/compile.h"
#include "compiler/lower/lower.h"
#include "tests/run/play.h"
#include "tests/support/golden.h"
#include "tests/unit/compiler/check_support.h"

namespace weft {
namespace {

const std::string kGoldens = std::string(WEFT_SOURCE_DIR) + "/tests/golden/run";

class RunGolden : public testing::TestWithParam<std::string> {};

TEST_P(RunGolden, DoesWhatTheFileExpects) {
    auto file = golden::read(GetParam());
    MemoryLoader loader({{"main.wf", golden::without_expectations(file.source)}});
    Compiled compiled = compile("main.wf", loader);
    std::optional<Image> image;
    if (compiled.ok) image = lower(compiled.module, compiled.diagnostics);
    if (image) {
        const auto verified = verify_image(*image);
        ASSERT_TRUE(verified) << verified.error().message << "\n" << disassemble(*image);
        const auto decoded = decode_image(encode_image(*image));
        ASSERT_TRUE(decoded) << decoded.error().message;
    }
    // A file that does not compile plays nothing, and would go on expecting just that.
    EXPECT_TRUE(image) << "the program does not compile";
    const auto section = [&](std::string_view name) -> std::string {
        if (!image) return "(errors)";
        if (name == "ir") return ir::print(compiled.module);
        if (name == "code") return disassemble(*image);
        EXPECT_TRUE(name.starts_with("play ")) << name;
        return play::play(*image, play::read_script(name.substr(5)));
    };
    std::string expected =
        golden::render(file, compiled.diagnostics, compiled.module.sources, FileId{0}, section);
    EXPECT_EQ(golden::settle(file, expected), "");
}

INSTANTIATE_TEST_SUITE_P(Files, RunGolden, testing::ValuesIn(golden::list(kGoldens)),
                         [](const auto& row) {
                             std::string name = row.param.substr(row.param.rfind('/') + 1);
                             name.resize(name.size() - 3);
                             return name;
                         });

}  // namespace
}  // namespace weft
