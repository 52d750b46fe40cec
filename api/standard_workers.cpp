#include "api/standard_workers.h"

#include <nlohmann/json.hpp>

namespace weft {
namespace {

// A pack names the engine that wrote its answers: its workers see the settings of `llm.generate` as
// the member `llm` of their own.
WorkerFunction with_model_settings(WorkerFunction inner, std::string model_settings) {
    return [inner = std::move(inner),
            model = std::move(model_settings)](const WorkerCall& call) -> WorkerOutcome {
        auto settings = nlohmann::json::parse(call.settings, nullptr, false);
        if (!settings.is_object()) settings = nlohmann::json::object();
        settings["llm"] = nlohmann::json::parse(model, nullptr, false);
        std::string text = settings.dump();
        WorkerCall extended = call;
        extended.settings = text;
        return inner(extended);
    };
}

}  // namespace

std::vector<stdlib::NativeWorker> standard_workers(const engine::Config& config) {
    std::vector<stdlib::NativeWorker> out;
    for (auto list : {stdlib::calendar_workers, stdlib::docs_workers, stdlib::rag_workers,
                      stdlib::llm_workers, stdlib::notify_workers}) {
        for (auto& worker : list()) out.push_back(std::move(worker));
    }
    const std::string& model = config.settings("llm.generate");
    for (auto& worker : stdlib::pack_workers()) {
        out.push_back({worker.name, with_model_settings(worker.run, model)});
    }
    return out;
}

}  // namespace weft
