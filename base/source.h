// Source texts and places in them. A span is a half-open byte range of one file; lines and columns
// (both from 1; a column counts code points) are computed when something is shown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"

namespace weft {

using FileId = Id<struct FileTag>;

struct Span {
    FileId file;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;

    auto operator<=>(const Span&) const = default;
};

struct LineColumn {
    std::uint32_t line = 1;
    std::uint32_t column = 1;
};

class SourceFile {
  public:
    SourceFile(std::string path, std::string text);

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string_view text() const { return text_; }
    [[nodiscard]] std::uint32_t line_count() const;
    [[nodiscard]] LineColumn position(std::uint32_t offset) const;
    // The text of a line (from 1) without its line end.
    [[nodiscard]] std::string_view line(std::uint32_t number) const;
    [[nodiscard]] std::uint32_t line_start(std::uint32_t number) const;

  private:
    std::string path_;
    std::string text_;
    std::vector<std::uint32_t> line_starts_;
};

// All files of one compilation, in the order in which they were loaded.
class SourceSet {
  public:
    FileId add(std::string path, std::string text);
    [[nodiscard]] const SourceFile& operator[](FileId id) const { return files_[id]; }
    [[nodiscard]] std::size_t size() const { return files_.size(); }
    [[nodiscard]] std::string_view text(Span span) const;

  private:
    IdVector<FileId, SourceFile> files_;
};

}  // namespace weft
