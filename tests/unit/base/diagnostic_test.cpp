// Diagnostics as people and programs see them, and the nearest name.
#include "base/diagnostic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using testing::HasSubstr;

TEST(Nearest, FindsWhatWasMeantAndNothingFarther) {
    const std::vector<std::string> names = {"summary", "title", "topics"};
    EXPECT_EQ(nearest("sumary", names), "summary");
    EXPECT_EQ(nearest("tilte", names), "title");
    EXPECT_EQ(nearest("answers", names), std::nullopt);
    EXPECT_EQ(nearest("title", {"title"}), std::nullopt);
}

TEST(Diagnostics, AreShownWithTheirLineAndSortedByPlace) {
    SourceSet sources;
    FileId file = sources.add("a.wf", "let x = 1\nlet \xC3\xA9t = yy\n");
    Diagnostics diagnostics;
    diagnostics.report(DiagnosticCode::UnknownName, {file, 20, 22}, "nothing is named `yy`");
    diagnostics.report(DiagnosticCode::SyntaxError, {file, 0, 3}, "unexpected `let`");
    diagnostics.sort();
    EXPECT_EQ(diagnostics.items().front().code, DiagnosticCode::SyntaxError);
    std::string text = render(diagnostics.items().back(), sources, Colour::Never);
    EXPECT_THAT(text, HasSubstr("error[unknown-name]: nothing is named `yy`"));
    EXPECT_THAT(text, HasSubstr("a.wf:2:10"));
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    std::string json = render_json(diagnostics, sources);
    EXPECT_THAT(json, HasSubstr(R"("code":"WF1001")"));
    EXPECT_THAT(json, HasSubstr(R"("line":2,"column":10)"));
}

TEST(SourceFile, ColumnsCountCodePoints) {
    SourceFile file("a", "a\xC3\xA9z\r\nend");
    EXPECT_EQ(file.position(3).column, 3U);
    EXPECT_EQ(file.position(6).line, 2U);
    EXPECT_EQ(file.line(1), "a\xC3\xA9z");
    EXPECT_EQ(file.position(999).line, 2U);
}

}  // namespace
}  // namespace weft
