// Where the compiler's sources come from here: the file system, the standard library in the
// program, and for editors a text in memory that stands for one path.
#pragma once

#include <optional>
#include <string>

#include "compiler/compile.h"

namespace weft {

class FileLoader final : public PackageLoader {
  public:
    FileLoader() = default;
    FileLoader(std::string path, std::string text)
        : memory_path_(std::move(path)), memory_text_(std::move(text)) {}

    Result<std::string> read_file(std::string_view path) override;
    Result<std::string> read_standard(std::string_view name) override;

  private:
    std::optional<std::string> memory_path_;
    std::string memory_text_;
};

}  // namespace weft
