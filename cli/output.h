// What commands print with: the terminal's abilities, tones, widths, tables, errors. It knows
// nothing of runs or stores.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/error.h"

namespace weft::cli {

using Json = nlohmann::ordered_json;

struct Terminal {
    bool live = false;    // a person looks at it, and lines can be redrawn
    bool colour = false;  // live, and NO_COLOR is not set
    std::size_t width = 80;
};
Terminal terminal_of(std::FILE* stream);

enum class Tone { Plain, Bold, Dim, Good, Bad, Attention };
std::string paint(Tone tone, std::string_view text, bool colour);

// What is done in a store does not end because a stream takes nothing: all printing is by these,
// which go on then.
void put(std::FILE* stream, std::string_view text);
template <typename... Arguments>
void say(std::FILE* stream, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    put(stream, fmt::format(format, std::forward<Arguments>(arguments)...));
}
// A stream that was closed before the program began is one that nobody reads: no file of a store
// may get its number.
void hold_streams();
// Standard output takes no more: who has nothing else to do may end.
bool is_output_lost();
// At the end of a command: its code, or another one when not all came to standard output.
int end_output(int code);

void print(std::string_view text);
// A text field of an answer, "" when it is not there, for a line that people read.
std::string plain(const Json& object, const char* name);
// What people are told of a clock that was far ahead.
inline constexpr std::string_view kClockDoubted =
    "the clock was far ahead: retention rests, and so do named times";
inline constexpr std::string_view kAcceptClock =
    "when it is right: `weft audit accept-clock --reason \"…\"`";
// JSON for a line that people read.
std::string shown_json(const Json& json);
void print_json(const Json& json);
// Numbers that hide_numbers (weft/tools.h) took out of a text stand in these as they were.
std::string json_text(const Json& json);    // compact
std::string pretty_json(const Json& json);  // over many lines

// `weft: message` and the hint on the next line, to standard error. Gives the exit code.
int report(const Error& error);

// Columns that text takes: code points, wide ones counted twice, marks that combine not at all.
std::size_t display_width(std::string_view text);
// Cut to so many columns, with an ellipsis; control characters become blanks.
std::string fit(std::string_view text, std::size_t width);
std::string pad(std::string_view text, std::size_t width);
// Broken at blanks into rows of at most so many columns, those after the first set in by `indent`;
// a word that is longer than a row is broken where the row ends.
std::vector<std::string> wrap(std::string_view text, std::size_t width, std::size_t indent);
// Columns aligned by two blanks; the last one is never padded.
std::string table(const std::vector<std::vector<std::string>>& rows);

std::string duration_text(std::int64_t ms);    // "1.2 s", "3 min 5 s"
std::string time_text(std::int64_t unix_ms);   // local: "2026-01-02 14:03:09"
std::string clock_text(std::int64_t unix_ms);  // "14:03:09"
std::string short_run(std::string_view run);   // its first eight digits
std::string shell_word(std::string_view text);

}  // namespace weft::cli
