#include "cli/file_names.h"

#include <fmt/format.h>

#include <filesystem>

namespace weft::cli {

namespace {

// File systems take 255 bytes; `.PID.part` and a number to tell two apart come to it.
constexpr std::size_t kNameMax = 200;
constexpr std::size_t kExtensionMax = 20;

// At most so many bytes, of whole letters.
std::string shortened(const std::string& text, std::size_t most) {
    if (text.size() <= most) return text;
    const auto goes_on = [&](std::size_t at) {
        return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
    };
    while (most > 0 && goes_on(most)) --most;
    return text.substr(0, most);
}

std::string safe_name(const std::string& name) {
    std::string out = std::filesystem::path(name).filename().string();
    for (char& c : out) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) c = '_';
    }
    while (!out.empty() && out.front() == '.') out.erase(0, 1);
    return out.empty() ? "file" : out;
}

}  // namespace

std::string file_name(const std::string& name, std::set<std::string>& taken) {
    const std::filesystem::path path(safe_name(name));
    auto extension = path.extension().string();
    if (extension.size() > kExtensionMax) extension.clear();
    auto stem = path.string();
    stem.resize(stem.size() - extension.size());
    stem = shortened(stem, kNameMax);
    std::string out = stem + extension;
    for (int i = 2; !taken.insert(out).second; ++i)
        out = fmt::format("{}-{}{}", stem, i, extension);
    return out;
}

}  // namespace weft::cli
