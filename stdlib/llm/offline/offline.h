// The provider `offline`: an extractive engine without a language model. It serves a schema from
// the prompt's inputs with sentences, headings and phrases that stand there, invents nothing, and
// says NoCapability where a field would need writing. Deterministic; reads no clock, file or
// network.
#pragma once

#include <string_view>

#include "stdlib/llm/prompt.h"

namespace weft::stdlib::llm::offline {

std::expected<OrderedJson, WorkerError> generate(const Prompt& prompt, double temperature);

inline constexpr std::string_view kJudgeMethod = "weft.lexical-judge/1";

// 0 to 1: how far the value meets the rubric, by word lists, sentence lengths and reading ease.
std::expected<double, WorkerError> judge(const Json& value, std::string_view rubric);

}  // namespace weft::stdlib::llm::offline
