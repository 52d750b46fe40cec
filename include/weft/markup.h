// Text for the places of XML and HTML. Knows the five characters that markup gives a meaning, and
// nothing of any document.
#pragma once

#include <string>
#include <string_view>

namespace weft {

// A text between tags keeps its line ends and tabs. A reader of XML makes spaces of those in an
// attribute, so that there they are written as character references.
enum class MarkupPlace { Text, Attribute };

// The text with & < > " ' escaped. Control characters, which XML 1.0 has no form for, become
// U+FFFD.
std::string escape_markup(std::string_view text, MarkupPlace place = MarkupPlace::Text);

}  // namespace weft
