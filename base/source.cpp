#include "base/source.h"

#include <algorithm>

namespace weft {

SourceFile::SourceFile(std::string path, std::string text)
    : path_(std::move(path)), text_(std::move(text)) {
    line_starts_.push_back(0);
    for (std::uint32_t i = 0; i < text_.size(); ++i) {
        if (text_[i] == '\n') line_starts_.push_back(i + 1);
    }
}

std::uint32_t SourceFile::line_count() const {
    return static_cast<std::uint32_t>(line_starts_.size());
}

LineColumn SourceFile::position(std::uint32_t offset) const {
    offset = std::min(offset, static_cast<std::uint32_t>(text_.size()));
    auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
    auto line = static_cast<std::uint32_t>(after - line_starts_.begin());
    std::uint32_t column = 1;
    for (std::uint32_t i = line_starts_[line - 1]; i < offset; ++i) {
        bool continuation = (static_cast<unsigned char>(text_[i]) & 0xC0) == 0x80;
        if (!continuation) ++column;
    }
    return {line, column};
}

std::string_view SourceFile::line(std::uint32_t number) const {
    WEFT_CHECK(number >= 1 && number <= line_count());
    std::uint32_t begin = line_starts_[number - 1];
    std::size_t end = number < line_count() ? line_starts_[number] - 1 : text_.size();
    if (end > begin && text_[end - 1] == '\r') --end;
    return std::string_view(text_).substr(begin, end - begin);
}

std::uint32_t SourceFile::line_start(std::uint32_t number) const {
    WEFT_CHECK(number >= 1 && number <= line_count());
    return line_starts_[number - 1];
}

FileId SourceSet::add(std::string path, std::string text) {
    return files_.add(SourceFile(std::move(path), std::move(text)));
}

std::string_view SourceSet::text(Span span) const {
    return files_[span.file].text().substr(span.begin, span.end - span.begin);
}

}  // namespace weft
