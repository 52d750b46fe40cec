// Words of a text, for ranking and comparing: lower case, stemmed, with the place they stand at. It
// must not know documents or indexes. English suffixes and stop words; other languages are compared
// by their unstemmed words, which costs recall and never invents a match.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace weft::stdlib::rag {

struct Word {
    std::string lower;
    std::string stem;
    std::size_t start = 0;  // byte offsets into the text
    std::size_t end = 0;
    bool is_stop = false;
    bool is_number = false;   // has a digit
    bool is_capital = false;  // begins with an upper-case letter
};

std::vector<Word> words_of(std::string_view text);

// Lower case of ASCII and of the Latin letters with accents; other bytes stay.
std::string lower_case(std::string_view text);
bool is_stop_word(std::string_view lower);
// Porter's stemmer (1980) on a lower-case ASCII word; anything else comes back as it is.
std::string stem_of(std::string_view lower);

// Stems of the words that carry meaning, each once, in order of appearance.
std::vector<std::string> content_stems(std::string_view text);

// Runs of white space become one blank, none at the ends: how text is shown and compared.
std::string single_spaced(std::string_view text);

// White space of ASCII, without the vertical tab.
bool is_space(char c);

std::size_t code_points(std::string_view text);

// How rare each stem is among the texts added: the weight of a match.
class Rarity {
  public:
    void add(std::string_view text);
    [[nodiscard]] double weight(const std::string& stem) const;

  private:
    std::map<std::string, int, std::less<>> texts_with_;
    int texts_ = 0;
};

}  // namespace weft::stdlib::rag
