// Changes to a program's text by its words and brackets: most mutants of bytes end at the parser,
// these reach the checker.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/mutate.h"

namespace weft::fuzz {

// One to six changes: a word for another of its kind, names renamed throughout, groups in brackets,
// lines and blocks taken away, doubled, exchanged, or taken from one of the seeds.
std::string mutate_tokens(std::string_view text, const std::vector<std::string>& seeds,
                          Random& random);

}  // namespace weft::fuzz
