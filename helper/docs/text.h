// Text as documents bring it, made into clean UTF-8: bad bytes replaced, ligatures and invisible
// characters undone, spaces collapsed. No locale, no Unicode tables beyond what is named here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weft::helper {

void append_utf8(std::string& out, char32_t code);
// The next code point of `text` from `at`, which is moved on; U+FFFD for each bad byte.
char32_t next_code(std::string_view text, std::size_t& at);

// A whole file as UTF-8: byte order marks, UTF-16 with a mark, else UTF-8 if it is valid, else
// Windows-1252 (a superset of Latin-1). `charset` is set to what was found.
std::string decode_file(std::string_view bytes, std::string& charset);
bool is_utf8(std::string_view bytes);

// Bytes of a character set that the C library can convert; nothing when it can't, or they aren't of
// it.
std::optional<std::string> from_charset(std::string_view bytes, const std::string& charset);

// Ligatures as letters, all kinds of space as U+0020, line separators as '\n'; soft hyphens, zero
// width and other control characters dropped.
std::string clean(std::string_view text);
// clean, with every run of white space as one space and none at the ends.
std::string one_line(std::string_view text);
// clean, without spaces at line ends and without blank lines.
std::string lines_of(std::string_view text);

std::string lower_ascii(std::string_view text);
bool ends_with_folded(std::string_view text, std::string_view ending);

}  // namespace weft::helper
