// Sentences of a text and whether they read as prose. What is shown to a reader is made of whole
// sentences, so this decides what page furniture, tables of contents and cut lines never become.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weft::stdlib::rag {

// Byte offsets into the text; leading and trailing white space is outside.
struct Span {
    std::size_t start = 0;
    std::size_t end = 0;
};

std::vector<Span> sentences_of(std::string_view text);

// A whole sentence in prose: begins like one, ends like one, long enough to say something, and made
// of words rather than of dots, numbers or code.
bool reads_as_prose(std::string_view sentence);

// Begins with a word that points back ("This", "However", "For example"): unclear on its own.
bool leans_on_previous(std::string_view sentence);

// 0 for page numbers, tables of contents and other rubble, up to 1 for prose.
double prose_share(std::string_view text);

}  // namespace weft::stdlib::rag
