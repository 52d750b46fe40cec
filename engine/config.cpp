#include "engine/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/hash.h"
#include "engine/secret_sources.h"
#include "value/base64.h"

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

void make_absolute(std::string& path, const Config& config) {
    if (path.empty() || !std::filesystem::path(path).is_relative()) return;
    path = (std::filesystem::path(config.directory) / path).lexically_normal();
}

Result<void> read_store(const toml::table* store, Config& config) {
    if (store == nullptr) return {};
    const std::map<std::string_view, std::string*> settings = {
        {"path", &config.store}, {"keys", &config.keys}, {"witness", &config.witness}};
    for (const auto& [key, value] : *store) {
        auto text = value.value<std::string>();
        auto setting = settings.find(key.str());
        if (!text || setting == settings.end()) {
            return fail(ErrorKind::Usage,
                        fmt::format("{}: [store] has no setting {}", config.path, key.str()),
                        "its settings are path, keys and witness, all texts");
        }
        *setting->second = *text;
    }
    make_absolute(config.store, config);
    make_absolute(config.witness, config);
    return {};
}

Result<void> read_approvers(const toml::table* approvers, Config& config) {
    if (approvers == nullptr) return {};
    for (const auto& [name, value] : *approvers) {
        auto text = value.value<std::string>();
        auto key = text ? from_base64(*text) : std::nullopt;
        if (!key || key->size() != 32) {
            return fail(
                ErrorKind::Usage,
                fmt::format("{}: the key of approver {} is not one", config.path, name.str()),
                "`weft review key FILE` makes a key and prints the line for weft.toml");
        }
        config.approvers[std::string(name.str())] = *text;
    }
    return {};
}

Result<void> read_people(const toml::table& root, Config& config) {
    const auto* people = root["people"].as_table();
    if (people == nullptr) return {};
    for (const auto& [key, value] : *people) {
        const auto* roles = key.str() == "roles" ? value.as_array() : nullptr;
        if (roles == nullptr) {
            return fail(ErrorKind::Usage,
                        fmt::format("{}: [people] has no setting {}", config.path, key.str()),
                        "its setting is roles, a list of texts");
        }
        config.roles.emplace();
        for (const auto& role : *roles) {
            auto text = role.value<std::string>();
            if (!text) {
                return fail(ErrorKind::Usage, fmt::format("{}: a role is a text", config.path));
            }
            config.roles->push_back(*text);
        }
    }
    return {};
}

Result<void> read_pins(const toml::table& root, Config& config) {
    const auto* pins = root["pins"].as_table();
    if (pins == nullptr) return {};
    for (const auto& [key, value] : *pins) {
        auto text = value.value<std::string>();
        if (!text || text->size() != 64) {
            return fail(ErrorKind::Usage,
                        fmt::format("{}: the pin of {} is no SHA-256", config.path, key.str()),
                        "`weft check` says what to write");
        }
        config.pins.emplace(std::string(key.str()), *text);
    }
    return {};
}

// Where they are, never what they are.
Result<void> read_secrets(const toml::table& root, Config& config) {
    const auto* secrets = root["secrets"].as_table();
    if (secrets == nullptr) return {};
    for (const auto& [key, value] : *secrets) {
        auto text = value.value<std::string>();
        if (auto known = check_secret_source(text.value_or("")); !known) {
            return fail(ErrorKind::Usage, fmt::format("{}: the secret {}: {}", config.path,
                                                      key.str(), known.error().message));
        }
        config.secrets.emplace(std::string(key.str()), *text);
    }
    return {};
}

Result<Config> read_tables(const toml::table& root, Config config) {
    for (const auto& [key, value] : root) {
        constexpr std::array<std::string_view, 6> kSections = {"store",  "workers", "approvers",
                                                               "people", "pins",    "secrets"};
        if (std::ranges::find(kSections, key.str()) == kSections.end()) {
            return fail(ErrorKind::Usage,
                        fmt::format("{}: unknown section [{}]", config.path, key.str()),
                        "the sections are [store], [workers.\"name\"], [approvers], [people], "
                        "[secrets] and [pins]");
        }
        if (!value.is_table()) {
            return fail(ErrorKind::Usage,
                        fmt::format("{}: [{}] is not a table", config.path, key.str()));
        }
    }
    WEFT_TRY_VOID(read_store(root["store"].as_table(), config));
    WEFT_TRY_VOID(read_approvers(root["approvers"].as_table(), config));
    WEFT_TRY_VOID(read_people(root, config));
    WEFT_TRY_VOID(read_pins(root, config));
    WEFT_TRY_VOID(read_secrets(root, config));
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
    for (const auto& [name, key] : approvers) all.append(name).append("=").append(key).append("\n");
    for (const auto& [name, text] : workers) all.append(name).append("=").append(text).append("\n");
    for (const auto& [name, text] : secrets) all.append(name).append("=").append(text).append("\n");
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
