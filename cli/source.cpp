#include "cli/source.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/exit_codes.h"

namespace weft::cli {

Result<void> check_source_path(const std::string& path) {
    std::error_code code;
    auto status = std::filesystem::status(path, code);
    if (!std::filesystem::exists(status)) {
        return std::unexpected(Error{ErrorKind::NotFound, fmt::format("there is no file {}", path),
                                     "a program is a .wf file"});
    }
    if (std::filesystem::is_directory(status)) {
        return std::unexpected(
            Error{ErrorKind::Usage, fmt::format("{} is a folder, not a .wf file", path), ""});
    }
    if (std::filesystem::is_character_file(status)) {
        return std::unexpected(
            Error{ErrorKind::Usage, fmt::format("{} is a device, not a .wf file", path), ""});
    }
    if (::access(path.c_str(), R_OK) != 0) {
        return std::unexpected(
            Error{ErrorKind::Environment,
                  fmt::format("{} cannot be read: {}", path, std::strerror(errno)), ""});
    }
    return {};
}

std::shared_ptr<const Program> compile_or_report(const std::string& path, int& code) {
    auto readable = check_source_path(path);
    if (!readable) {
        code = report(readable.error());
        return nullptr;
    }
    auto compiled = compile_file(path, terminal_of(stderr).colour);
    if (!compiled.text.empty()) say(stderr, "{}", compiled.text);
    code = compiled.program ? kSuccess : kSourceErrors;
    if (!compiled.program) {
        say(stderr, "weft: {} has {}\n", path, count_text(compiled.diagnostics));
    }
    return compiled.program;
}

std::string count_text(const std::vector<SourceDiagnostic>& diagnostics) {
    auto count = [&](DiagnosticSeverity severity) {
        return std::count_if(diagnostics.begin(), diagnostics.end(),
                             [&](const auto& item) { return item.severity == severity; });
    };
    auto words = [](std::ptrdiff_t n, const char* noun) {
        return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
    };
    std::string out = words(count(DiagnosticSeverity::Error), "error");
    if (auto n = count(DiagnosticSeverity::Warning)) out += ", " + words(n, "warning");
    if (auto n = count(DiagnosticSeverity::Hint)) out += ", " + words(n, "hint");
    return out;
}

}  // namespace weft::cli
