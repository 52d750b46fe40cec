// What the package around a program says in its weft.toml, as far as checks of the program look at
// it. Nothing of it becomes part of the program. It knows no TOML: the loader reads that.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"

namespace weft {

// A language model that a section of weft.toml names.
struct ModelSetting {
    std::string worker;       // name or prefix of the section
    std::string name;         // "acme-large-2026-01-15"; empty: not said
    std::uint32_t begin = 0;  // bytes of the name in the text
    std::uint32_t end = 0;
    std::int64_t context_tokens = 0;  // how much it reads; 0: not said
};

struct PackageSettings {
    std::string path;    // of weft.toml, for messages
    std::string text;    // of it
    std::string folder;  // of the package; empty: the working directory
    // Workers, or prefixes of their names, that a section binds; those that the engine has itself.
    std::vector<std::string> bound;
    std::vector<std::string> built_in;
    std::optional<std::vector<std::string>> roles;  // that somebody has
    std::vector<ModelSetting> models;
    std::map<std::string, std::string> pins;  // module as its path is written -> SHA-256, hex
};

// A `weft:allow` of a message that only a run of the tests, or another version of the program, can
// give.
struct SilencedLater {
    DiagnosticCode code{};
    FileId file;
    std::uint32_t line = 0;
    Span span;  // of the comment
};

}  // namespace weft
