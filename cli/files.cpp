#include "cli/files.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "cli/file_names.h"
#include "cli/output_file.h"
#include "weft/tools.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

bool is_file_value(const Json& json) {
    if (!json.is_object() || json.size() != 5) return false;
    for (const char* name : {"id", "name", "media", "sha256"}) {
        if (!json.contains(name) || !json[name].is_string()) return false;
    }
    return json.contains("size") && json["id"].get<std::string>().size() == 32;
}

void collect(const Json& json, std::vector<const Json*>& out) {
    if (is_file_value(json)) {
        out.push_back(&json);
        return;
    }
    if (!json.is_structured()) return;
    for (const auto& item : json) collect(item, out);
}

Result<std::string> fetch(Session& session, const std::string& run, const std::string& id) {
    std::string bytes;
    while (true) {
        auto part = session.request("file", {{"run", run}, {"id", id}, {"offset", bytes.size()}});
        if (!part) return std::unexpected(part.error());
        auto data = from_base64(part->value("data", ""));
        if (!data) {
            return std::unexpected(
                Error{ErrorKind::Corrupt, fmt::format("file {} came damaged", id), ""});
        }
        bytes += *data;
        if (part->value("last", true)) return bytes;
        if (data->empty()) {
            return std::unexpected(
                Error{ErrorKind::Corrupt, fmt::format("file {} came short", id), ""});
        }
    }
}

}  // namespace

Result<std::vector<std::string>> write_result_files(Session& session, const std::string& run,
                                                    const Json& result, const std::string& folder) {
    std::vector<const Json*> values;
    collect(result, values);
    std::vector<std::string> out;
    if (values.empty()) return out;
    if (auto allowed = refuse_store_file(folder); !allowed) {
        return std::unexpected(allowed.error());
    }
    std::error_code code;
    fs::create_directories(folder, code);
    if (code) {
        return std::unexpected(
            Error{ErrorKind::Environment,
                  fmt::format("folder {} cannot be made: {}", folder, code.message()),
                  "name another with --out"});
    }
    std::set<std::string> taken;
    std::set<std::string> ids;
    for (const Json* value : values) {
        std::string id = (*value)["id"];
        if (!ids.insert(id).second) continue;
        auto bytes = fetch(session, run, id);
        if (!bytes) return std::unexpected(bytes.error());
        fs::path path = fs::path(folder) / file_name((*value)["name"], taken);
        auto written = write_file(path.string(), *bytes);
        if (!written) return std::unexpected(written.error());
        out.push_back(fs::absolute(path).lexically_normal().string());
    }
    return out;
}

}  // namespace weft::cli
