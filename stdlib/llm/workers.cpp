// The native parts of stdlib/llm.wf: each picks the provider that the settings name. There is no
// silent change from one provider to another.
#include <fmt/format.h>

#include "stdlib/json_args.h"
#include "stdlib/llm/offline/offline.h"
#include "stdlib/llm/openai/openai.h"
#include "stdlib/llm/prompt.h"
#include "stdlib/native.h"

namespace weft::stdlib {

namespace {

std::unexpected<WorkerError> unknown_provider(const std::string& name) {
    return worker_error("Rejected",
                        fmt::format("the provider `{}` of llm is not known: set provider to "
                                    "\"offline\" or \"openai\" in weft.toml",
                                    name));
}

WorkerOutcome generate(const WorkerCall& call) {
    WEFT_TRY(arguments, parse_arguments(call));
    WEFT_TRY(settings, parse_settings(call));
    WEFT_TRY(prompt, llm::read_prompt(call));
    const double temperature = number_or(arguments, "temperature", 0.0);
    const std::string provider = text_or(settings, "provider", "offline");
    if (provider == "openai") return llm::openai::generate(call, settings, prompt, temperature);
    if (provider != "offline") return unknown_provider(provider);
    WEFT_TRY(value, llm::offline::generate(prompt, temperature));
    return WorkerValue{value.dump(-1, ' ', false, Json::error_handler_t::replace), Cost{}};
}

WorkerOutcome judge(const WorkerCall& call) {
    WEFT_TRY(arguments, parse_arguments(call));
    WEFT_TRY(settings, parse_settings(call));
    WEFT_TRY(rubric, required_text(arguments, "rubric"));
    const std::string provider = text_or(settings, "provider", "offline");
    if (provider == "openai") {
        return llm::openai::judge(call, settings, member(arguments, "value"), rubric);
    }
    if (provider != "offline") return unknown_provider(provider);
    WEFT_TRY(score, llm::offline::judge(member(arguments, "value"), rubric));
    return worker_value(Json(score));
}

}  // namespace

std::vector<NativeWorker> llm_workers() {
    return {{"llm.generate",
             [](const WorkerCall& call) { return guarded(call, [&] { return generate(call); }); }},
            {"llm.judge",
             [](const WorkerCall& call) { return guarded(call, [&] { return judge(call); }); }}};
}

}  // namespace weft::stdlib
