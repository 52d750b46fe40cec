// What others have written, in a line for people: nothing of it moves the cursor, begins a line
// that looks like one of ours, or turns the direction of the writing round.
#pragma once

#include <string>
#include <string_view>

namespace weft {

// UTF-8 to UTF-8. Control characters, line and paragraph separators and what changes the direction
// of writing (UAX #9) become escapes: `\n`, `\t`, `\u{1b}`, as in a text of the language.
std::string one_line(std::string_view text);

// Whether `one_line` would leave it as it is.
bool is_one_line(std::string_view text);

}  // namespace weft
