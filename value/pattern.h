// Regular expressions of the language: RE2's syntax, matched against the whole text, less what
// would make a match depend on a version of Unicode or look inside a code point. (Only user of
// RE2.)
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weft {

// Why a pattern can't be used, in one sentence; nothing when it can. Refused: what RE2 refuses, \p
// and
// \P (Unicode tables), the flag i (folds by Unicode tables), \C (single bytes), \Q.
std::optional<std::string> pattern_problem(std::string_view pattern);

// Whether the whole text matches. A pattern with a problem matches nothing.
bool pattern_matches(std::string_view pattern, std::string_view text);

}  // namespace weft
