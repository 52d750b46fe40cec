// The part of weft.toml that checks of a program look at.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "api/package_loader.h"
#include "api/standard_workers.h"
#include "engine/config.h"

namespace weft {
namespace {

std::vector<std::string> built_in_workers() {
    std::vector<std::string> out;
    for (auto& worker : standard_workers({})) out.push_back(std::move(worker.name));
    return out;
}

// What a section says of a language model; nothing when it says neither name nor context.
std::optional<ModelSetting> model_in(const std::string& worker, const std::string& settings,
                                     std::string_view text) {
    const auto json = nlohmann::json::parse(settings, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    ModelSetting out;
    out.worker = worker;
    if (auto name = json.find("model"); name != json.end() && name->is_string()) {
        out.name = name->get<std::string>();
        // As it stands in the file, for the message to point at.
        const auto at = text.find('"' + out.name + '"');
        if (at == std::string_view::npos) return std::nullopt;
        out.begin = static_cast<std::uint32_t>(at);
        out.end = static_cast<std::uint32_t>(at + out.name.size() + 2);
    }
    if (auto context = json.find("context"); context != json.end() && context->is_number()) {
        out.context_tokens = context->get<std::int64_t>();
    }
    if (out.name.empty() && out.context_tokens <= 0) return std::nullopt;
    return out;
}

}  // namespace

std::optional<PackageSettings> FileLoader::settings() {
    const auto folder = std::filesystem::path(path_).parent_path();
    const auto file = folder / "weft.toml";
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored)) return std::nullopt;
    // One that can't be read is reported by whatever runs the program.
    auto config = engine::load_config(file.string());
    if (!config) return std::nullopt;
    PackageSettings out;
    out.path = file.string();
    out.folder = folder.string();
    std::ifstream in(file, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    out.text = text.str();
    out.built_in = built_in_workers();
    out.roles = config->roles;
    out.pins = config->pins;
    for (const auto& [worker, settings] : config->workers) {
        out.bound.push_back(worker);
        if (auto model = model_in(worker, settings, out.text)) out.models.push_back(*model);
    }
    return out;
}

}  // namespace weft
