// Mistakes that hands seldom make: bytes, depth, directives out of place.
#include "support.h"

namespace weft {
namespace {

bool reports(const test::Parsed& parsed, DiagnosticCode code) {
    for (const Diagnostic& diagnostic : parsed.diagnostics.items()) {
        if (diagnostic.code == code) return true;
    }
    return false;
}

TEST(RareMistakes, BytesThatAreNotUtf8) {
    EXPECT_TRUE(reports(test::Parsed("const x = \"\xff\"\n"), DiagnosticCode::InvalidUtf8));
    EXPECT_FALSE(reports(test::Parsed("const x = \"\xc3\xa4\"\n"), DiagnosticCode::InvalidUtf8));
}

TEST(RareMistakes, BracketsBelowEachOtherWithoutEnd) {
    auto nested = [](std::size_t depth) {
        return "const x = " + std::string(depth, '(') + "1" + std::string(depth, ')') + "\n";
    };
    EXPECT_TRUE(reports(test::Parsed(nested(100'000)), DiagnosticCode::NestedTooDeep));
    EXPECT_EQ(test::Parsed(nested(20)).messages(), "");
}

TEST(RareMistakes, DirectivesWithoutTheirBeginning) {
    auto prompt = [](const std::string& text) {
        return "prompt p(xs: List<Text>) -> Text {\n  user \"\"\"\n" + text + "\n    \"\"\"\n}\n";
    };
    EXPECT_TRUE(reports(test::Parsed(prompt("    ${end}")), DiagnosticCode::MisplacedDirective));
    EXPECT_EQ(test::Parsed(prompt("    ${each x in xs}\n    ${x}\n    ${end}")).messages(), "");
}

}  // namespace
}  // namespace weft
