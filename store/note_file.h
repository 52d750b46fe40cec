// A file of signed notes, one after another, that others hold against the log (a witness file).
// What is added is there whole or not at all: a piece of a note would be told as tampering ever
// after.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::store {

// How much of `tail`, the end of such a file, stays: all but a beginning of a note whose rest an
// earlier writer, who died or met a full disk, did not get to write. `origin` is the note's first
// line; what else stands there is not ours to judge, and stays.
std::size_t whole_notes(std::string_view tail, std::string_view origin);

// Nothing is added twice in a row.
Result<void> append_note(const std::string& path, std::string_view note);

}  // namespace weft::store
