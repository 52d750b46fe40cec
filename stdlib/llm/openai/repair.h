// JSON out of a model's reply. Only the shell is mended (a fence, prose around, a trailing comma):
// nothing is added, closed or completed, so a cut-off reply stays an error.
#pragma once

#include <optional>
#include <string_view>

#include "stdlib/llm/prompt.h"

namespace weft::stdlib::llm::openai {

std::optional<OrderedJson> parse_reply(std::string_view text);

}  // namespace weft::stdlib::llm::openai
