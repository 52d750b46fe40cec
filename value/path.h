// Where in a tree of values a check stands: ".answers[3].citations". One growing text that is cut
// back when a part is left, so that a check that fits costs no allocation for paths.
#pragma once

#include <string>
#include <string_view>

namespace weft {

class Path {
  public:
    // A part of the path for as long as this lives.
    class Part {
      public:
        Part(Path& path, std::size_t length) : path_(path), length_(length) {}
        Part(const Part&) = delete;
        Part& operator=(const Part&) = delete;
        ~Part() { path_.text_.resize(length_); }

      private:
        Path& path_;
        std::size_t length_;
    };

    [[nodiscard]] Part member(std::string_view name) {
        const auto length = text_.size();
        text_ += '.';
        text_ += name;
        return {*this, length};
    }
    [[nodiscard]] Part index(std::size_t i) {
        const auto length = text_.size();
        text_ += '[' + std::to_string(i) + ']';
        return {*this, length};
    }
    [[nodiscard]] Part key(std::string_view key) {
        const auto length = text_.size();
        text_ += "[\"";
        text_ += key;
        text_ += "\"]";
        return {*this, length};
    }
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    std::string text_;
};

}  // namespace weft
