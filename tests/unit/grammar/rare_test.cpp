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

// What a comma divides is another mistake, however near it stands.
TEST(RareMistakes, TwoOnOneLineAreTwoMessages) {
    EXPECT_EQ(test::Parsed(test::in_workflow("  let x = f(a b, c d)")).messages(),
              "syntax-error: expected `,` or `)`, found `b`\n"
              "syntax-error: expected `,` or `)`, found `d`\n");
}

TEST(RareMistakes, ABracketTooManyIsOneMessage) {
    EXPECT_EQ(test::Parsed(test::in_workflow("  let x = f((: 1, b: 2)\n  emit y(1)")).messages(),
              "syntax-error: expected an expression, found `:`\n");
}

TEST(RareMistakes, ABracketThatStaysOpenEndsWhereTheNextLineStandsOutside) {
    EXPECT_EQ(
        test::Parsed("test \"t\" {\n  run flow(a: 1\n  expect status == completed\n}\n").messages(),
        "missing-closer: expected `)`, found the end of the line\n");
}

TEST(RareMistakes, ABraceInTheMiddleOfALine) {
    EXPECT_EQ(test::Parsed("record A {\n  a: { Text\n  b: Int\n}\n\nrecord B {\n  c: Int\n}\n")
                  .messages(),
              "syntax-error: expected a type, found `{`\n");
}

TEST(RareMistakes, DivIsAnOperatorAndAFreeName) {
    test::Parsed parsed("fn f(div: Int) -> Int = div div 2 + 7 div div\n");
    EXPECT_EQ(parsed.messages(), "");
    EXPECT_EQ(parsed.first<ast::Binary>().op(), Operator::Add);
}

}  // namespace
}  // namespace weft
