// Packages held in memory, over the real standard library.
#pragma once

#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>

#include "compiler/compat/diagnose.h"
#include "compiler/compile.h"

namespace weft {

class MemoryLoader : public PackageLoader {
  public:
    explicit MemoryLoader(std::map<std::string, std::string> files) : files_(std::move(files)) {}

    std::string folder;  // where else modules are looked for, when set
    std::optional<PackageSettings> package;

    std::optional<PackageSettings> settings() override { return package; }

    Result<std::string> read_file(std::string_view path) override {
        auto found = files_.find(std::string(path));
        if (found != files_.end()) return found->second;
        if (!folder.empty()) return read_path(folder + "/" + std::string(path));
        return fail(ErrorKind::NotFound, "there is no file `" + std::string(path) + "`");
    }
    Result<std::string> read_standard(std::string_view name) override {
        std::string stem(name.substr(name.find('.') + 1));
        return read_path(std::string(WEFT_SOURCE_DIR) + "/stdlib/" + stem + ".wf");
    }

  private:
    static Result<std::string> read_path(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        if (!in) return fail(ErrorKind::NotFound, "there is no file `" + path + "`");
        std::stringstream all;
        all << in.rdbuf();
        return all.str();
    }

    std::map<std::string, std::string> files_;
};

// A program may hold the files around it in comments behind it:
//
//     // types.wf:
//     //   record Order {
//
// A path is as the program writes it; of weft.toml what checks look at is read, line by line.
inline std::map<std::string, std::string> files_in(const std::string& text) {
    std::map<std::string, std::string> out;
    std::string name = "main.wf";
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("// ") && line.ends_with(':') &&
            line.find(' ', 3) == std::string::npos) {
            name = line.substr(3, line.size() - 4);
        } else if (name == "main.wf") {
            out[name] += line + "\n";
        } else {
            out[name] += (line.size() > 5 ? line.substr(5) : "") + "\n";
        }
    }
    return out;
}

inline PackageSettings settings_in(const std::string& toml) {
    PackageSettings out;
    out.path = "weft.toml";
    out.text = toml;
    std::istringstream in(toml);
    std::string section;
    for (std::string line; std::getline(in, line);) {
        auto value = line.find(" = ") == std::string::npos ? "" : line.substr(line.find(" = ") + 3);
        if (line.starts_with("[workers.")) {
            section = line.substr(9, line.size() - 10);
            out.bound.push_back(section);
        } else if (line.starts_with("model")) {
            const auto at = static_cast<std::uint32_t>(toml.find(value));
            const auto size = static_cast<std::uint32_t>(value.size());
            out.models.push_back({section, value.substr(1, size - 2), at, at + size, 0});
        } else if (line.starts_with("context")) {
            out.models.push_back({section, "", 0, 0, std::stoll(value)});
        } else if (line.starts_with("roles")) {
            out.roles.emplace();
            for (auto at = value.find('"'); at != std::string::npos;) {
                const auto end = value.find('"', at + 1);
                out.roles->push_back(value.substr(at + 1, end - at - 1));
                at = value.find('"', end + 1);
            }
        } else if (line.starts_with('"')) {
            const auto end = line.find('"', 1);
            out.pins[line.substr(1, end - 1)] = value.substr(1, value.size() - 2);
        }
    }
    return out;
}

inline Compiled compile_package(const std::string& text) {
    auto files = files_in(text);
    MemoryLoader loader(files);
    if (auto toml = files.find("weft.toml"); toml != files.end()) {
        loader.package = settings_in(toml->second);
    }
    return compile("main.wf", loader);
}

// The package is compared with the program in its `// before.wf:`: what the runs of that one may
// not survive, behind its own messages.
inline Compiled compile_against_before(const std::string& text) {
    Compiled out = compile_package(text);
    MemoryLoader loader({{"before.wf", files_in(text)["before.wf"]}});
    const Compiled before = compile("before.wf", loader);
    if (!out.ok || !before.ok) return out;
    compat::report_changes(compat::compare(before.module, out.module), before.module, out.module,
                           out.diagnostics);
    compat::silence_changes(out.silenced_later, out.module.sources, out.diagnostics);
    return out;
}

inline Compiled compile_text(std::string_view text) {
    MemoryLoader loader({{"main.wf", std::string(text)}});
    return compile("main.wf", loader);
}

}  // namespace weft
