// The provider `openai`: any server with the endpoint POST {base_url}/chat/completions. What it
// needs is said when it is missing; a key never appears in a message. Never falls back to another
// provider.
#pragma once

#include <string>

#include "stdlib/llm/prompt.h"

namespace weft::stdlib::llm::openai {

WorkerOutcome generate(const WorkerCall& call, const Json& settings, const Prompt& prompt,
                       double temperature);

// Asks the model for a score between 0 and 1 under the rubric.
WorkerOutcome judge(const WorkerCall& call, const Json& settings, const Json& value,
                    const std::string& rubric);

}  // namespace weft::stdlib::llm::openai
