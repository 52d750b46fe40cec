// What a text may hold and what stands for it in XML and HTML.
#include <gtest/gtest.h>

#include "weft/markup.h"

namespace weft::test {
namespace {

TEST(Markup, EscapesWhatMarkupReads) {
    EXPECT_EQ(escape_markup(R"(<a href="x">'&'</a>)"),
              "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
    EXPECT_EQ(escape_markup("größer"), "größer");
}

TEST(Markup, KeepsLinesOnlyWhereAReaderDoes) {
    EXPECT_EQ(escape_markup("a\tb\nc"), "a\tb\nc");
    EXPECT_EQ(escape_markup("a\tb\nc\r", MarkupPlace::Attribute), "a&#9;b&#10;c&#13;");
}

TEST(Markup, ReplacesWhatXmlCannotHold) {
    EXPECT_EQ(escape_markup(std::string_view("a\0b\x1B", 4)),
              "a\xEF\xBF\xBD"
              "b\xEF\xBF\xBD");
}

}  // namespace
}  // namespace weft::test
