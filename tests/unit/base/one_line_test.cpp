#include "base/one_line.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(OneLine, leaves_what_is_one_line) {
    for (const char* text :
         {"", "looks right", "\xC3\xBC \xE2\x80\x94 \xE2\x9C\x93", "\xF0\x9F\x8E\x89"}) {
        EXPECT_EQ(one_line(text), text);
        EXPECT_TRUE(is_one_line(text));
    }
}

TEST(OneLine, shows_what_moves_the_cursor_or_the_writing) {
    EXPECT_EQ(one_line("a\nb\tc\r"), "a\\nb\\tc\\u{d}");
    EXPECT_EQ(one_line("\x1b[2K\x1b[1A"), "\\u{1b}[2K\\u{1b}[1A");
    EXPECT_EQ(one_line(std::string_view("\0x", 2)), "\\u{0}x");
    EXPECT_EQ(one_line("\x7f"), "\\u{7f}");
    EXPECT_EQ(one_line("\xC2\x9B"), "\\u{9b}");        // CSI in one character
    EXPECT_EQ(one_line("\xE2\x80\xA8"), "\\u{2028}");  // line separator
    EXPECT_EQ(one_line("\xE2\x80\xAE!\xE2\x81\xA9"), "\\u{202e}!\\u{2069}");
    EXPECT_FALSE(is_one_line("a\nb"));
    EXPECT_FALSE(is_one_line("cfo\xE2\x80\x8F"));
}

TEST(OneLine, a_character_that_is_cut_off_is_none) {
    for (const char* text : {"\xC2", "\xE2", "\xE2\x80"}) EXPECT_EQ(one_line(text), text);
}

}  // namespace
}  // namespace weft
