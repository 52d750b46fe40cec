#include "engine/media.h"

#include <array>
#include <cctype>
#include <utility>

namespace weft::engine {

std::string media_type(std::string_view file_name) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kTypes = {{
        {"pdf", "application/pdf"},
        {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
        {"html", "text/html"},
        {"htm", "text/html"},
        {"md", "text/markdown"},
        {"markdown", "text/markdown"},
        {"txt", "text/plain"},
        {"csv", "text/csv"},
        {"json", "application/json"},
        {"xml", "application/xml"},
        {"png", "image/png"},
        {"jpg", "image/jpeg"},
        {"jpeg", "image/jpeg"},
        {"eml", "message/rfc822"},
    }};
    auto dot = file_name.rfind('.');
    if (dot == std::string_view::npos) return "application/octet-stream";
    std::string ending;
    for (char c : file_name.substr(dot + 1)) {
        ending.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    }
    for (const auto& [name, type] : kTypes) {
        if (name == ending) return std::string(type);
    }
    return "application/octet-stream";
}

}  // namespace weft::engine
