#include "grammar/keywords.h"

#include <algorithm>

namespace weft {

namespace {

std::vector<Keyword> sorted_keywords() {
    std::vector<Keyword> out = {
#define X(word, word_class) {word, WordClass::word_class},
#include "grammar/keywords.def"
#undef X
    };
    std::ranges::sort(out, {}, &Keyword::word);
    return out;
}

}  // namespace

const std::vector<Keyword>& keywords() {
    static const std::vector<Keyword> all = sorted_keywords();
    return all;
}

std::optional<WordClass> word_class(std::string_view word) {
    auto found = std::ranges::lower_bound(keywords(), word, {}, &Keyword::word);
    if (found == keywords().end() || found->word != word) return std::nullopt;
    return found->word_class;
}

bool is_reserved(std::string_view word) {
    auto c = word_class(word);
    return c && *c != WordClass::Declaration && *c != WordClass::Contextual;
}

}  // namespace weft
