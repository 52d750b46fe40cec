#include "api/package_loader.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/embedded.h"

namespace weft {

Result<std::string> FileLoader::read_file(std::string_view path) {
    if (memory_text_ && path_ == path) return *memory_text_;
    std::string name(path);
    std::error_code code;
    if (std::filesystem::is_directory(name, code)) {
        return fail(ErrorKind::Usage, fmt::format("{} is a folder, not a .wf file", name));
    }
    std::ifstream in(name, std::ios::binary);
    if (!in) {
        auto kind = errno == ENOENT ? ErrorKind::NotFound : ErrorKind::Environment;
        return fail(kind, fmt::format("{} cannot be read: {}", name, std::strerror(errno)));
    }
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

Result<std::string> FileLoader::read_standard(std::string_view name) {
    std::string file(name.starts_with("std.") ? name.substr(4) : name);
    file += ".wf";
    for (const auto& embedded : standard_library_texts()) {
        if (embedded.name == file) return std::string(embedded.text);
    }
    std::string known;
    for (const auto& embedded : standard_library_texts()) {
        known += known.empty() ? "std." : ", std.";
        known += embedded.name.substr(0, embedded.name.size() - 3);
    }
    return fail(ErrorKind::NotFound, fmt::format("the standard library has no module `{}`", name),
                "it has " + known);
}

}  // namespace weft
