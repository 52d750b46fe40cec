// What a reader of any format makes: blocks over one stored text. Knows no format and no library.
//
// The text is UTF-8 and holds every block in reading order, with one blank line between two. A
// block is a byte range of it, so a citation can always name the exact substring that it rests on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weft::helper {

// The cases of docs.BlockKind, by their names in stdlib/docs.wf.
enum class BlockKind { Heading, Paragraph, Item, Table, Code };

struct Block {
    BlockKind kind = BlockKind::Paragraph;
    int level = 0;        // of a heading or a list item, from 1; else 0
    int page = 1;         // from 1
    std::string element;  // "h2[3]": the third h2; empty where a format has no elements
    std::size_t start = 0;
    std::size_t end = 0;
    std::string section;  // "1 Basics > 1.2 Files"
};

struct Document {
    std::string title;
    std::string media;
    int pages = 1;
    std::string text;
    std::vector<Block> blocks;
    std::map<std::string, std::string> meta;
};

// Why a document can't be read. `name` is one of the errors of stdlib/docs.wf.
struct Failure {
    std::string name;
    std::string message;  // what is wrong, to stand after the name of the file: "is encrypted"
};

template <typename T>
using Parsed = std::expected<T, Failure>;

inline std::unexpected<Failure> refuse(std::string name, std::string message) {
    return std::unexpected(Failure{std::move(name), std::move(message)});
}

// Bounds on what is read. They keep a result well under the largest value of the machine (16 MiB).
inline constexpr std::size_t kTextBytesMax = std::size_t{8} << 20U;
inline constexpr std::size_t kBlocksMax = 50'000;
inline constexpr std::size_t kPdfBytesMax = std::size_t{256} << 20U;
inline constexpr std::size_t kPackageBytesMax = std::size_t{128} << 20U;
inline constexpr std::size_t kMarkupBytesMax = std::size_t{16} << 20U;
inline constexpr int kPagesMax = 5'000;
inline constexpr int kNestingMax = 200;  // elements inside elements

// Puts blocks behind one another and keeps the trail of headings. Text is cleaned on the way in
// (text.h); a block without any is left out.
class DocumentBuilder {
  public:
    void heading(int level, std::string_view text, std::string_view tag, int page = 1);
    void add(BlockKind kind, int level, std::string_view text, std::string_view tag, int page = 1);

    [[nodiscard]] bool full() const { return full_; }
    [[nodiscard]] bool empty() const { return document_.blocks.empty(); }
    [[nodiscard]] const Document& document() const { return document_; }
    Document& document() { return document_; }
    // Fails when there is no text, or was more than the bounds allow.
    Parsed<Document> finish();

  private:
    void append(BlockKind kind, int level, std::string_view text, std::string_view tag, int page);

    Document document_;
    std::map<std::string, int, std::less<>> counts_;
    std::vector<std::pair<int, std::string>> trail_;
    std::string section_;
    bool full_ = false;
};

}  // namespace weft::helper
