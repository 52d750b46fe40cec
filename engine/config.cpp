#include "engine/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/hash.h"

namespace weft::engine {
namespace {

// `name` covers `worker` when it is the worker's name or ends at one of its dots.
bool covers(std::string_view name, std::string_view worker) {
    if (!worker.starts_with(name)) return false;
    return worker.size() == name.size() || worker[name.size()] == '.';
}

nlohmann::ordered_json to_json(const toml::node& node) {
    if (const auto* table = node.as_table()) {
        auto out = nlohmann::ordered_json::object();
        for (const auto& [key, value] : *table) out[std::string(key.str())] = to_json(value);
        return out;
    }
    if (const auto* array = node.as_array()) {
        auto out = nlohmann::ordered_json::array();
        for (const auto& item : *array) out.push_back(to_json(item));
        return out;
    }
    if (auto text = node.value<std::string>(); text && node.is_string()) return *text;
    if (auto flag = node.value<bool>(); flag && node.is_boolean()) return *flag;
    if (auto number = node.value<std::int64_t>(); number && node.is_integer()) return *number;
    if (auto number = node.value<double>(); number && node.is_floating_point()) return *number;
    std::ostringstream text;
    text << toml::node_view<const toml::node>(node);
    return text.str();
}

Result<Config> read_tables(const toml::table& root, Config config) {
    for (const auto& [key, value] : root) {
        if (key.str() != "store" && key.str() != "workers") {
            return fail(ErrorKind::Usage,
                        fmt::format("{}: unknown section [{}]", config.path, key.str()),
                        "the sections are [store] and [workers.\"name\"]");
        }
        if (!value.is_table()) {
            return fail(ErrorKind::Usage,
                        fmt::format("{}: [{}] is not a table", config.path, key.str()));
        }
    }
    if (const auto* store = root["store"].as_table()) {
        for (const auto& [key, value] : *store) {
            auto text = value.value<std::string>();
            if (!text || (key.str() != "path" && key.str() != "keys")) {
                return fail(ErrorKind::Usage,
                            fmt::format("{}: [store] has no setting {}", config.path, key.str()),
                            "its settings are path and keys, both texts");
            }
            (key.str() == "path" ? config.store : config.keys) = *text;
        }
    }
    if (!config.store.empty() && std::filesystem::path(config.store).is_relative()) {
        config.store = (std::filesystem::path(config.directory) / config.store).lexically_normal();
    }
    if (const auto* workers = root["workers"].as_table()) {
        for (const auto& [key, value] : *workers) {
            if (!value.is_table()) {
                return fail(ErrorKind::Usage,
                            fmt::format("{}: [workers.{}] is not a table", config.path, key.str()));
            }
            config.workers.emplace_back(std::string(key.str()), to_json(value).dump());
        }
    }
    std::stable_sort(config.workers.begin(), config.workers.end(),
                     [](const auto& a, const auto& b) { return a.first.size() < b.first.size(); });
    return config;
}

}  // namespace

const Config::Binding& Config::binding(std::string_view worker) const {
    const auto known = bindings_.find(worker);
    if (known != bindings_.end()) return known->second;
    auto out = nlohmann::json::object();
    for (const auto& [name, text] : workers) {
        if (covers(name, worker)) out.update(nlohmann::json::parse(text));
    }
    Binding made{out.dump(), {}};
    const Hash hash = sha256(std::string(worker) + "\n" + made.settings);
    made.digest = to_array<16>(view(hash));
    return bindings_.emplace(worker, std::move(made)).first->second;
}

const std::string& Config::settings(std::string_view worker) const {
    return binding(worker).settings;
}

Bytes16 Config::binding_digest(std::string_view worker) const {
    return binding(worker).digest;
}

std::string Config::digest() const {
    std::string all = keys + "\n";
    for (const auto& [name, text] : workers) all.append(name).append("=").append(text).append("\n");
    return to_hex(view(sha256(all))).substr(0, 32);
}

Result<Config> load_config(const std::string& path) {
    Config config;
    std::filesystem::path file(path);
    config.directory = file.has_parent_path() ? file.parent_path().string() : std::string(".");
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) return config;
    config.path = path;
    std::ifstream in(file, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    if (!in) return fail(ErrorKind::Environment, fmt::format("{} cannot be read", path));
    try {
        return read_tables(toml::parse(text.str(), path), std::move(config));
    } catch (const toml::parse_error& e) {
        return fail(ErrorKind::Usage,
                    fmt::format("{}:{}:{}: {}", path, e.source().begin.line,
                                e.source().begin.column, e.description()),
                    "weft.toml must be valid TOML 1.0");
    }
}

}  // namespace weft::engine
