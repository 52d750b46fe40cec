#include "tests/support/golden.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace weft::golden {

namespace {

constexpr std::string_view kMarker = "//--- ";
constexpr std::string_view kExpectation = "//~ ";

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> out;
    std::istringstream in{std::string(text)};
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string out;
    for (const auto& line : lines) out += line + "\n";
    return out;
}

// The test runner owns main(), so its arguments are read where the system keeps them.
bool wants_update() {
    std::ifstream in("/proc/self/cmdline", std::ios::binary);
    for (std::string word; std::getline(in, word, '\0');) {
        if (word == "--update") return true;
    }
    return false;
}

}  // namespace

File read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    File file{path, {}, {}};
    std::string* target = &file.source;
    for (const auto& line : lines_of(all.str())) {
        if (line.starts_with(kMarker)) {
            file.sections.push_back({line.substr(kMarker.size()), {}});
            target = &file.sections.back().text;
        } else {
            *target += line + "\n";
        }
    }
    return file;
}

std::vector<std::string> list(const std::string& folder) {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".wf") out.push_back(entry.path().string());
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::string without_expectations(std::string_view source) {
    auto lines = lines_of(source);
    for (auto& line : lines) {
        std::size_t at = line.find(kExpectation);
        if (at == std::string::npos) continue;
        line.erase(at);
        while (line.ends_with(' ')) line.pop_back();
    }
    return joined(lines);
}

std::string with_expectations(std::string_view source, const Diagnostics& diagnostics,
                              const SourceSet& sources, FileId file) {
    auto lines = lines_of(source);
    for (const auto& d : diagnostics.items()) {
        if (d.span.file != file) continue;
        std::size_t number = sources[file].position(d.span.begin).line;
        number = std::clamp<std::size_t>(number, 1, lines.size());
        lines[number - 1] += fmt::format("  {}{}: {}", kExpectation, info(d.code).name, d.message);
    }
    return joined(lines);
}

std::string render(const File& file, const Diagnostics& diagnostics, const SourceSet& sources,
                   FileId main,
                   const std::function<std::string(std::string_view section)>& make_section) {
    std::string out =
        with_expectations(without_expectations(file.source), diagnostics, sources, main);
    for (const auto& section : file.sections) {
        out += fmt::format("{}{}\n", kMarker, section.name);
        // A line of a section is a comment, so that the file stays a program.
        for (const auto& line : lines_of(make_section(section.name))) {
            out += line.empty() ? "//\n" : "// " + line + "\n";
        }
    }
    return out;
}

std::string settle(const File& file, const std::string& expected) {
    std::string actual = file.source;
    for (const auto& section : file.sections) {
        actual += fmt::format("{}{}\n{}", kMarker, section.name, section.text);
    }
    if (actual == expected) return {};
    if (wants_update()) {
        std::ofstream(file.path, std::ios::binary) << expected;
        return {};
    }
    auto have = lines_of(actual);
    auto want = lines_of(expected);
    std::size_t i = 0;
    while (i < have.size() && i < want.size() && have[i] == want[i]) ++i;
    return fmt::format("{}:{}:\n  in the file: {}\n  compiled:    {}\n", file.path, i + 1,
                       i < have.size() ? have[i] : "(end)", i < want.size() ? want[i] : "(end)");
}

}  // namespace weft::golden
