#include "stdlib/notify/settings.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "stdlib/json_args.h"

namespace weft::stdlib::notify {

namespace {

std::string below_directory(const WorkerCall& call, const std::string& path) {
    return (std::filesystem::path(call.directory) / path).string();
}

}  // namespace

std::expected<Json, WorkerError> settings_of(const WorkerCall& call, std::string_view part) {
    WEFT_TRY(section, parse_settings(call));
    const Json& inner = member(section, part);
    if (!inner.is_object()) return section;
    Json settings = inner;
    if (section.contains("outbox") && !settings.contains("outbox")) {
        settings["outbox"] = section["outbox"];
    }
    return settings;
}

std::expected<std::string, WorkerError> read_secret(const WorkerCall& call,
                                                    const std::string& handle) {
    if (handle.starts_with("env:")) {
        const std::string name = handle.substr(4);
        const char* value = std::getenv(name.c_str());
        if (value != nullptr && *value != '\0') return std::string(value);
        return worker_error("Rejected", "the environment variable `" + name + "` is not set");
    }
    if (handle.starts_with("file:")) {
        const std::string path = below_directory(call, handle.substr(5));
        std::ifstream file(path, std::ios::binary);
        std::string value{std::istreambuf_iterator<char>(file), {}};
        while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
        if (!value.empty()) return value;
        return worker_error("Rejected", "the secret's file `" + path + "` can't be read");
    }
    return worker_error("Rejected",
                        "a secret in weft.toml is named by \"env:NAME\" or \"file:PATH\", not "
                        "written there");
}

std::string certificates(const WorkerCall& call, const Json& settings) {
    const std::string path = text_or(settings, "ca");
    return path.empty() ? path : below_directory(call, path);
}

std::string outbox_folder(const WorkerCall& call, const Json& settings) {
    return below_directory(call, text_or(settings, "outbox", "outbox"));
}

}  // namespace weft::stdlib::notify
