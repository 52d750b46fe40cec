#include "cli/input.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <random>
#include <sstream>

#include "weft/tools.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

// TextOrObject: an enum of which some cases have fields and some have none.
enum class Shape { Text, File, TextList, FileList, Money, MoneyList, TextOrObject, Other };

// Through references and "or null" to what the value is made of.
Json resolve(const Json& root, Json schema) {
    constexpr int kDepthMax = 64;
    for (int i = 0; i < kDepthMax; ++i) {
        if (schema.contains("$ref")) {
            std::string reference = schema["$ref"];
            constexpr std::string_view kPrefix = "#/$defs/";
            if (!reference.starts_with(kPrefix)) return schema;
            schema = Json(root["$defs"][reference.substr(kPrefix.size())]);
        } else if (schema.contains("anyOf") && schema["anyOf"].is_array() &&
                   !schema["anyOf"].empty()) {
            schema = Json(schema["anyOf"][0]);
        } else {
            return schema;
        }
    }
    return schema;
}

bool is_file(const Json& schema) {
    auto found = schema.find("properties");
    if (found == schema.end() || found->size() != 5) return false;
    for (const char* name : {"id", "name", "media", "size", "sha256"}) {
        if (!found->contains(name)) return false;
    }
    return true;
}

// An amount, and a currency's three letters.
bool is_money(const Json& schema) {
    const auto found = schema.find("properties");
    if (found == schema.end() || found->size() != 2) return false;
    if (!found->contains("amount") || !found->contains("currency")) return false;
    const auto& currency = (*found)["currency"];
    return (*found)["amount"].contains("pattern") &&
           (currency.value("pattern", "") == "^[A-Z]{3}$" || currency.contains("enum"));
}

// "2.50 EUR" as its JSON; nothing when it is not written like that.
std::optional<Json> money_of(std::string_view text) {
    constexpr std::size_t kLetters = 3;
    if (text.size() <= kLetters) return std::nullopt;
    const auto currency = text.substr(text.size() - kLetters);
    if (!std::ranges::all_of(currency, [](char c) { return c >= 'A' && c <= 'Z'; })) {
        return std::nullopt;
    }
    std::string amount(text.substr(0, text.size() - kLetters));
    while (amount.ends_with(' ')) amount.pop_back();
    std::erase(amount, '_');
    const auto point = amount.find('.');
    const std::size_t first = amount.starts_with('-') ? 1 : 0;
    const auto is_digits = [&](std::size_t from, std::size_t to) {
        return from < to && std::all_of(
                                amount.begin() + static_cast<std::ptrdiff_t>(from),
                                amount.begin() + static_cast<std::ptrdiff_t>(to),
                                [](char c) { return c >= '0' && c <= '9'; });
    };
    const bool is_amount = point == std::string::npos
                               ? is_digits(first, amount.size())
                               : is_digits(first, point) && is_digits(point + 1, amount.size());
    if (!is_amount) return std::nullopt;
    Json out = {{"amount", amount}, {"currency", std::string(currency)}};
    return std::optional<Json>(std::move(out));
}

// Through references to an enum's alternatives: names alone, and objects.
bool is_mixed(const Json& root, const Json& schema) {
    if (schema.contains("$ref")) {
        const std::string reference = schema["$ref"];
        return is_mixed(root, root["$defs"][reference.substr(reference.rfind('/') + 1)]);
    }
    if (!schema.contains("anyOf") || !schema["anyOf"].is_array()) return false;
    bool has_text = false;
    bool has_object = false;
    for (const auto& one : schema["anyOf"]) {
        if (one.contains("$ref") || one.contains("anyOf")) return is_mixed(root, one);
        has_text = has_text || one.value("type", "") == "string";
        has_object = has_object || one.value("type", "") == "object";
    }
    return has_text && has_object;
}

Shape shape_of(const Json& root, const Json& unresolved) {
    if (is_mixed(root, unresolved)) return Shape::TextOrObject;
    Json schema = resolve(root, unresolved);
    if (is_file(schema)) return Shape::File;
    if (is_money(schema)) return Shape::Money;
    auto type = schema.find("type");
    if (type == schema.end() || !type->is_string()) {
        // A schema of names alone is an enumeration: its text needs no quotes.
        bool names = schema.contains("enum") || schema.contains("const");
        return names ? Shape::Text : Shape::Other;
    }
    if (*type == "string") return Shape::Text;
    if (*type == "array" && schema.contains("items")) {
        Shape item = shape_of(root, schema["items"]);
        if (item == Shape::File) return Shape::FileList;
        if (item == Shape::Text) return Shape::TextList;
        if (item == Shape::Money) return Shape::MoneyList;
    }
    return Shape::Other;
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> out;
    std::stringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        if (!part.empty()) out.push_back(part);
    }
    return out;
}

class InputReader {
  public:
    explicit InputReader(Json schema) : schema_(std::move(schema)) {
        std::random_device random;
        prefix_ = fmt::format("{:08x}{:08x}", random(), random());
    }

    Result<void> take_file(const std::string& path) {
        auto text = read_text(path);
        if (!text) return std::unexpected(text.error());
        auto json = Json::parse(hide_numbers(*text), nullptr, false);
        if (!json.is_object()) {
            return std::unexpected(Error{ErrorKind::Usage,
                                         fmt::format("{} holds no JSON object", path),
                                         "one member for each parameter of the workflow"});
        }
        std::string base = fs::path(path).parent_path().string();
        for (const auto& [name, value] : json.items()) {
            Json placed = value;
            auto done = place_paths(placed, shape_of_parameter(name), base);
            if (!done) return done;
            members_[name] = json_text(placed);
        }
        return {};
    }

    Result<void> take_assignment(const std::string& word) {
        auto equals = word.find('=');
        if (equals == std::string::npos || equals == 0) {
            return std::unexpected(Error{ErrorKind::Usage,
                                         fmt::format("`{}` is not name=value", word),
                                         "parameters: " + parameter_names()});
        }
        std::string name = word.substr(0, equals);
        std::string text = word.substr(equals + 1);
        if (!schema_["properties"].contains(name)) {
            return std::unexpected(Error{ErrorKind::Usage,
                                         fmt::format("the workflow has no parameter `{}`", name),
                                         "parameters: " + parameter_names()});
        }
        Shape shape = shape_of_parameter(name);
        bool spelled = text.starts_with("[") && is_json(text);
        const bool is_object = text.starts_with("{") && is_json(text);
        if (shape == Shape::Text || (shape == Shape::TextOrObject && !is_object)) {
            members_[name] = json_text(text);
        } else if (shape == Shape::File || shape == Shape::FileList) {
            return take_paths(name, text, shape == Shape::FileList);
        } else if (shape == Shape::TextList && !spelled) {
            members_[name] = json_text(Json(split(text)));
        } else if (const auto money = money_as_written(shape, text)) {
            members_[name] = json_text(*money);
        } else if (is_json(text)) {
            members_[name] = text;  // as it was written: no number passes through a double
        } else {
            return std::unexpected(Error{
                ErrorKind::Usage, fmt::format("the value of `{}` is not JSON: {}", name, text),
                "`weft schema FILE --input WORKFLOW` shows what it may be"});
        }
        return {};
    }

    RunInput finish() {
        std::string json = "{";
        for (const auto& [name, text] : members_) {
            if (json.size() > 1) json += ",";
            json += json_text(name) + ":" + text;
        }
        return {json + "}", std::move(uploads_)};
    }

  private:
    // Nothing when the shape is none of money, or the text is not that.
    static std::optional<Json> money_as_written(Shape shape, const std::string& text) {
        if (shape == Shape::Money) return money_of(text);
        if (shape != Shape::MoneyList || text.starts_with("[")) return std::nullopt;
        Json out = Json::array();
        for (const auto& word : split(text)) {
            auto money = money_of(word);
            if (!money) return std::nullopt;
            out.push_back(std::move(*money));
        }
        return std::optional<Json>(std::move(out));
    }

    Shape shape_of_parameter(const std::string& name) {
        auto found = schema_["properties"].find(name);
        return found == schema_["properties"].end() ? Shape::Other : shape_of(schema_, *found);
    }

    std::string parameter_names() {
        std::string out;
        for (const auto& [name, unused] : schema_["properties"].items()) {
            out += (out.empty() ? "" : ", ") + name;
        }
        return out.empty() ? "none" : out;
    }

    Result<Json> upload(const std::string& path) {
        std::error_code code;
        if (!fs::exists(path, code)) {
            return std::unexpected(
                Error{ErrorKind::NotFound, fmt::format("there is no file {}", path), ""});
        }
        if (!fs::is_regular_file(path, code)) {
            return std::unexpected(
                Error{ErrorKind::Usage, fmt::format("{} is not a regular file", path), ""});
        }
        uploads_.push_back({fmt::format("{}-{}", prefix_, uploads_.size()), path});
        return Json{{"upload", uploads_.back().id}};
    }

    // A folder stands for its regular files, by name.
    Result<void> take_paths(const std::string& name, const std::string& text, bool list) {
        std::vector<std::string> paths;
        std::error_code code;
        // A path with a comma in it is taken as it is when there is such a file.
        auto words = fs::exists(text, code) ? std::vector<std::string>{text} : split(text);
        for (const auto& word : words) {
            if (!list || !fs::is_directory(word, code)) {
                paths.push_back(word);
                continue;
            }
            std::vector<std::string> inside;
            for (const auto& entry : fs::directory_iterator(word, code)) {
                bool hidden = entry.path().filename().string().starts_with(".");
                if (entry.is_regular_file(code) && !hidden) inside.push_back(entry.path().string());
            }
            if (code) {
                return std::unexpected(
                    Error{ErrorKind::Environment, fmt::format("{}: {}", word, code.message()), ""});
            }
            std::sort(inside.begin(), inside.end());
            paths.insert(paths.end(), inside.begin(), inside.end());
        }
        if (!list && paths.size() != 1) {
            return std::unexpected(
                Error{ErrorKind::Usage, fmt::format("`{}` takes one file", name), ""});
        }
        Json files = Json::array();
        for (const auto& path : paths) {
            auto file = upload(path);
            if (!file) return std::unexpected(file.error());
            files.push_back(std::move(*file));
        }
        members_[name] = json_text(list ? files : files[0]);
        return {};
    }

    // In a JSON file a File is a path (a text, or {"path": "…"}), relative to that file.
    Result<void> place_paths(Json& value, Shape shape, const std::string& base) {
        if (shape == Shape::FileList && value.is_array()) {
            for (auto& item : value) {
                auto done = place_paths(item, Shape::File, base);
                if (!done) return done;
            }
            return {};
        }
        bool named = value.is_object() && value.size() == 1 && value.contains("path") &&
                     value["path"].is_string();
        if (named || (shape == Shape::File && value.is_string())) {
            fs::path path(named ? value["path"].get<std::string>() : value.get<std::string>());
            auto file =
                upload(path.is_relative() ? (fs::path(base) / path).string() : path.string());
            if (!file) return std::unexpected(file.error());
            value = std::move(*file);
            return {};
        }
        if (!value.is_structured()) return {};
        for (auto& item : value) {
            auto done = place_paths(item, Shape::Other, base);
            if (!done) return done;
        }
        return {};
    }

    Json schema_;
    std::string prefix_;  // uploads of two clients must not meet
    std::map<std::string, std::string> members_;
    std::vector<Upload> uploads_;
};

}  // namespace

Result<std::string> read_text(const std::string& path) {
    if (path == "-") {
        return std::string(std::istreambuf_iterator<char>(std::cin), {});
    }
    std::error_code code;
    if (fs::is_directory(path, code)) {
        return std::unexpected(
            Error{ErrorKind::Usage, fmt::format("{} is a folder, not a file", path), ""});
    }
    // What is no file may have no end.
    constexpr std::size_t kStreamMax = std::size_t{256} << 20U;
    const bool has_end = fs::is_regular_file(path, code);
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    std::string part(std::size_t{64} << 10U, '\0');
    std::string text;
    while (in.read(part.data(), static_cast<std::streamsize>(part.size())) || in.gcount() > 0) {
        text.append(part, 0, static_cast<std::size_t>(in.gcount()));
        if (has_end || text.size() <= kStreamMax) continue;
        return std::unexpected(Error{
            ErrorKind::Usage, fmt::format("{} gives more than 256 MiB and is no file", path), ""});
    }
    if (!in.eof() || in.bad()) {
        auto kind = errno == ENOENT ? ErrorKind::NotFound : ErrorKind::Environment;
        return std::unexpected(
            Error{kind, fmt::format("{} cannot be read: {}", path, std::strerror(errno)), ""});
    }
    return text;
}

bool is_json(std::string_view text) {
    return Json::accept(hide_numbers(text));
}

Result<std::string> read_value(const std::string& word) {
    return word.starts_with('@') ? read_text(word.substr(1)) : Result<std::string>(word);
}

Result<RunInput> read_input(const std::string& schema, const std::vector<std::string>& assignments,
                            const std::string& input_file) {
    Json parsed = Json::parse(schema, nullptr, false);
    if (!parsed.is_object()) parsed = Json::object();
    if (!parsed.contains("properties")) parsed["properties"] = Json::object();
    InputReader reader(std::move(parsed));
    if (!input_file.empty()) {
        auto taken = reader.take_file(input_file);
        if (!taken) return std::unexpected(taken.error());
    }
    for (const auto& word : assignments) {
        auto taken = reader.take_assignment(word);
        if (!taken) return std::unexpected(taken.error());
    }
    return reader.finish();
}

Result<void> upload_files(Session& session, const std::vector<Upload>& uploads) {
    constexpr std::size_t kPart = 512 * 1024;  // its base64 fits in a request line of 1 MiB
    std::string part(kPart, '\0');
    for (const auto& upload : uploads) {
        std::ifstream in(upload.path, std::ios::binary);
        if (!in) {
            return std::unexpected(
                Error{ErrorKind::Environment, fmt::format("{} cannot be read", upload.path), ""});
        }
        bool last = false;
        while (!last) {
            in.read(part.data(), static_cast<std::streamsize>(kPart));
            auto got = static_cast<std::size_t>(in.gcount());
            if (in.bad()) {
                return std::unexpected(Error{ErrorKind::Environment,
                                             fmt::format("{} cannot be read", upload.path), ""});
            }
            last = in.eof();
            Json params = {{"id", upload.id},
                           {"name", fs::path(upload.path).filename().string()},
                           {"data", to_base64(std::string_view(part).substr(0, got))},
                           {"last", last}};
            auto done = session.request("upload", std::move(params));
            if (!done) return std::unexpected(done.error());
        }
    }
    return {};
}

}  // namespace weft::cli
