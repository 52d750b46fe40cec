// Golden files: one .wf file holds source, expected diagnostics beside the line
// (`//~ name: message`), and sections below markers (`//--- ir`). The runner compares what the
// compiler says with what stands there, or rewrites the file.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"

namespace weft::golden {

struct Section {
    std::string name;  // "ir"
    std::string text;
};

struct File {
    std::string path;
    std::string source;             // up to the first marker, expectations left out of no line
    std::vector<Section> sections;  // in the order of the file
};

File read(const std::string& path);
// The names of all .wf files straight in a folder, in order.
std::vector<std::string> list(const std::string& folder);

// `source` without its expectations, so that rewriting starts from nothing.
std::string without_expectations(std::string_view source);
// `source` with an expectation behind the line of each diagnostic of `file`.
std::string with_expectations(std::string_view source, const Diagnostics& diagnostics,
                              const SourceSet& sources, FileId file);

// What the file should be, given the diagnostics of its main file and a text for each section.
std::string render(const File& file, const Diagnostics& diagnostics, const SourceSet& sources,
                   FileId main,
                   const std::function<std::string(std::string_view section)>& make_section);

// Rewrite (the test program was started with --update) or compare: empty when the file is as it
// should be, else the first line that differs.
std::string settle(const File& file, const std::string& expected);

}  // namespace weft::golden
