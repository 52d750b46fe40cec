// What wrote a text, in words that a reader of the text sees (footers, metadata).
#pragma once

#include <string>
#include <string_view>

namespace weft::stdlib::llm {

// `settings` is the JSON of the section of weft.toml that binds llm: "extractive engine, no
// language model", or "language model NAME".
std::string engine_label(std::string_view settings);

}  // namespace weft::stdlib::llm
