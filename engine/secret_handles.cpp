#include "engine/secret_handles.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "value/json_text.h"

namespace weft::engine {
namespace {

constexpr std::string_view kOpen = "\xEF\xB7\x90";   // U+FDD0
constexpr std::string_view kClose = "\xEF\xB7\x91";  // U+FDD1

bool has_secret_part(const TypeTable& types, TypeId type, bool inside) {
    return inside ||
           (types[type].kind == TypeKind::Labelled && types[type].label == LabelKind::Secret);
}

Value deposit_parts(const TypeTable& types, TypeId type, const Value& value, bool inside,
                    const std::function<std::string(const std::string&)>& put) {
    if (value.is_none() || !type.has_value()) return value;
    const Type& row = types[type];
    switch (row.kind) {
        case TypeKind::Labelled:
            return deposit_parts(types, row.element, value, has_secret_part(types, type, inside),
                                 put);
        case TypeKind::Optional:
            return deposit_parts(types, row.element, value, inside, put);
        case TypeKind::Text: {
            const bool is_clear =
                inside && value.tag() == Tag::Text && !has_handle(value.as_text());
            return is_clear ? Value::text(put(value.as_text())) : value;
        }
        case TypeKind::List: {
            if (value.tag() != Tag::List) return value;
            std::vector<Value> out;
            for (const auto& item : value.items()) {
                out.push_back(deposit_parts(types, row.element, item, inside, put));
            }
            return Value::list(std::move(out));
        }
        case TypeKind::Record: {
            if (value.tag() != Tag::Record || value.items().size() != row.fields.size()) {
                return value;
            }
            std::vector<Value> out;
            for (std::size_t i = 0; i < row.fields.size(); ++i) {
                out.push_back(
                    deposit_parts(types, row.fields[i].type, value.items()[i], inside, put));
            }
            return Value::record(std::move(out));
        }
        default:
            return value;
    }
}

}  // namespace

std::string handle_of(std::string_view name) {
    std::string out(kOpen);
    out += name;
    out += kClose;
    return out;
}

bool has_handle(std::string_view text) {
    return text.find(kOpen) != std::string_view::npos;
}

std::vector<std::string> handles_in(std::string_view text) {
    std::vector<std::string> out;
    for (std::size_t at = text.find(kOpen); at != std::string_view::npos;
         at = text.find(kOpen, at)) {
        const auto end = text.find(kClose, at);
        if (end == std::string_view::npos) break;
        std::string name(text.substr(at + kOpen.size(), end - at - kOpen.size()));
        if (std::ranges::find(out, name) == out.end()) out.push_back(std::move(name));
        at = end;
    }
    return out;
}

std::string without_handles(std::string text) {
    constexpr std::string_view kNothing = "\xEF\xBF\xBD";  // U+FFFD
    for (const auto mark : {kOpen, kClose}) {
        for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
            text.replace(at, mark.size(), kNothing);
        }
    }
    return text;
}

Value with_deposits(const TypeTable& types, TypeId type, const Value& value,
                    const std::function<std::string(const std::string&)>& put) {
    return deposit_parts(types, type, value, false, put);
}

Result<std::string> with_secrets(std::string_view json, const SecretValues& values) {
    std::string out;
    std::size_t done = 0;
    for (std::size_t at = json.find(kOpen); at != std::string_view::npos;
         at = json.find(kOpen, done)) {
        const auto end = json.find(kClose, at);
        if (end == std::string_view::npos) break;
        const std::string name(json.substr(at + kOpen.size(), end - at - kOpen.size()));
        const auto known = values.find(name);
        if (known == values.end()) {
            return fail(ErrorKind::NotFound, "a secret stands where none may");
        }
        if (!known->second) return std::unexpected(known->second.error());
        std::string quoted;
        write_json_string(*known->second, quoted);
        out += json.substr(done, at - done);
        out += std::string_view(quoted).substr(1, quoted.size() - 2);
        done = end + kClose.size();
    }
    out += json.substr(done);
    return out;
}

Result<std::string> read_secret_source(const std::string& source, const std::string& directory) {
    if (source.starts_with("env:")) {
        const char* value = std::getenv(source.substr(4).c_str());
        if (value != nullptr && *value != '\0') return std::string(value);
        return fail(ErrorKind::Environment, fmt::format("{} is not set", source.substr(4)));
    }
    const std::filesystem::path path =
        std::filesystem::path(directory) / source.substr(std::string_view("file:").size());
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    if (!in) return fail(ErrorKind::Environment, fmt::format("{} can't be read", path.string()));
    std::string out = text.str();
    while (out.ends_with('\n') || out.ends_with('\r')) out.pop_back();
    return out;
}

}  // namespace weft::engine
