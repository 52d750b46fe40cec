// Where the compiler's sources come from here: the file system, the standard library in the
// program, and for editors a text in memory that stands for one path. The weft.toml of the package
// is the one beside its main file.
#pragma once

#include <optional>
#include <string>

#include "compiler/compile.h"

namespace weft {

class FileLoader final : public PackageLoader {
  public:
    explicit FileLoader(std::string path) : path_(std::move(path)) {}
    FileLoader(std::string path, std::string text)
        : path_(std::move(path)), memory_text_(std::move(text)) {}

    Result<std::string> read_file(std::string_view path) override;
    Result<std::string> read_standard(std::string_view name) override;
    std::optional<PackageSettings> settings() override;

  private:
    std::string path_;                        // of the main file
    std::optional<std::string> memory_text_;  // of it, in place of the file's
};

}  // namespace weft
