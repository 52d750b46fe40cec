#include "stdlib/llm/engine_label.h"

#include "stdlib/json_args.h"

namespace weft::stdlib::llm {

std::string engine_label(std::string_view settings) {
    const Json parsed = Json::parse(settings, nullptr, false);
    const std::string provider = text_or(parsed, "provider", "offline");
    if (provider == "offline") return "extractive engine, no language model";
    return "language model " + text_or(parsed, "model", "of provider " + provider);
}

}  // namespace weft::stdlib::llm
