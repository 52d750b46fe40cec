// Shared by the tests of the grammar: parse a text in memory, read the golden programs.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "grammar/ast.h"
#include "grammar/parse.h"

namespace weft::test {

inline std::string read_text(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    EXPECT_TRUE(in.good()) << path;
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

inline std::filesystem::path golden(const std::string& name) {
    return std::filesystem::path(WEFT_SOURCE_DIR) / "tests/golden" / name;
}

struct Parsed {
    explicit Parsed(std::string source)
        : id(sources.add("test.wf", std::move(source))),
          file(parse(id, sources[id], diagnostics)) {}

    // "name: message" of each diagnostic, one a line.
    [[nodiscard]] std::string messages() const {
        std::string out;
        for (const Diagnostic& d : diagnostics.items()) {
            out += std::string(info(d.code).name) + ": " + d.message + "\n";
        }
        return out;
    }
    [[nodiscard]] ast::Module module() const { return ast::Module(file.tree); }
    // The first node of a kind anywhere.
    template <typename T>
    [[nodiscard]] T first() const {
        for (std::uint32_t i = 0; i < file.tree.size(); ++i) {
            if (T::is(file.tree.nodes()[i].kind)) return T(file.tree, NodeId{i});
        }
        return T();
    }

    SourceSet sources;
    Diagnostics diagnostics;
    FileId id;
    ParsedFile file;
};

// A statement inside a workflow.
inline std::string in_workflow(const std::string& lines) {
    return "workflow w()\n  within 1d\n{\n" + lines + "\n}\n";
}

}  // namespace weft::test
