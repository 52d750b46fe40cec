// A PDF as a document: repeated lines at the edges of pages dropped, headings by the outline or by
// size, lines joined to paragraphs, words that a line's end had parted made whole.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "helper/docs/pdf_edges.h"
#include "helper/docs/pdf_layout.h"
#include "helper/docs/pdf_words.h"
#include "helper/docs/readers.h"
#include "helper/docs/text.h"

namespace weft::helper {
namespace {

constexpr double kHeadingScale = 1.12;  // larger than the body by this: a heading
constexpr std::size_t kHeadingBytesMax = 200;
constexpr std::size_t kHeadingLinesMax = 3;
constexpr double kLeadingSlack = 1.35;  // a gap wider than the usual one by this parts paragraphs

std::string letters_of(std::string_view text) {
    std::string out;
    for (const char c : lower_ascii(text)) {
        const auto byte = static_cast<unsigned char>(c);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || byte >= 0x80) out += c;
    }
    return out;
}

// "1.6.2 Regular expressions": the depth of its number and where the words begin.
int number_depth(std::string_view text, std::size_t& words) {
    std::size_t i = 0;
    int depth = 0;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') {
        while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
        ++depth;
        if (i >= text.size() || text[i] != '.') break;
        ++i;
    }
    words = i;
    if (depth == 0 || i >= text.size() || text[i] != ' ') return 0;
    ++words;
    return depth;
}

// The length of the sign of an item, which is no part of its text; 0: none.
std::size_t bullet_size(std::string_view text) {
    for (const std::string_view sign :
         {"• ", "◦ ", "▪ ", "‣ ", "● ", "○ ", "– ", "— ", "* ", "- "}) {
        if (text.starts_with(sign)) return sign.size();
    }
    return 0;
}

bool starts_item(std::string_view text) {
    if (bullet_size(text) > 0) return true;
    std::size_t i = text.starts_with("(") ? 1 : 0;
    const std::size_t from = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    if (i == from && i < text.size() && text[i] >= 'a' && text[i] <= 'z') ++i;
    return i > from && i - from <= 3 && i + 1 < text.size() && (text[i] == '.' || text[i] == ')') &&
           text[i + 1] == ' ';
}

class PdfReader {
  public:
    explicit PdfReader(PdfContent content) : content_(std::move(content)) {}

    Parsed<Document> run() {
        std::vector<std::vector<Level>> pages;
        for (const auto& page : content_.pages) pages.push_back(make_levels(page));
        drop_edges(content_.pages, pages);
        learn(pages);
        for (std::size_t i = 0; i < pages.size(); ++i) {
            page_ = static_cast<int>(i) + 1;
            if (content_.pages[i].right_to_left.empty()) {
                add_page(lay_out(pages[i]));
            } else {
                add_right_to_left(content_.pages[i].right_to_left);
            }
        }
        auto& document = builder_.document();
        document.media = "application/pdf";
        document.pages = static_cast<int>(pages.size());
        document.title = content_.title;
        document.meta = std::move(content_.meta);
        return builder_.finish();
    }

  private:
    // The size of the body's font, the usual leading, all words, and what the outline says.
    void learn(const std::vector<std::vector<Level>>& pages) {
        std::map<long, std::size_t> sizes;
        std::map<long, std::size_t> leadings;
        for (const auto& levels : pages) {
            for (std::size_t i = 0; i < levels.size(); ++i) {
                for (const auto& s : levels[i].segments) {
                    sizes[std::lround(s.size * 10)] += s.text.size();
                    learn_words(s.text);
                }
                if (i == 0) continue;
                const double pitch = levels[i].y1 - levels[i - 1].y1;
                const double size = levels[i].segments.front().size;
                if (pitch > 0.8 * size && pitch < 2.2 * size) {
                    ++leadings[std::lround(pitch / size * 20)];
                }
            }
        }
        const auto by_count = [](const auto& a, const auto& b) { return a.second < b.second; };
        if (!sizes.empty()) {
            body_ = static_cast<double>(std::ranges::max_element(sizes, by_count)->first) / 10;
        }
        if (!leadings.empty()) {
            leading_ =
                static_cast<double>(std::ranges::max_element(leadings, by_count)->first) / 20;
        }
        std::set<long, std::greater<>> larger;
        for (const auto& [size, bytes] : sizes) {
            if (static_cast<double>(size) / 10 > body_ * kHeadingScale) larger.insert(size);
        }
        for (const long size : larger) heading_sizes_.push_back(static_cast<double>(size) / 10);
        for (const auto& item : content_.outline) {
            outline_.emplace(letters_of(item.title), item.level);
            std::size_t words = 0;
            if (number_depth(item.title, words) > 0) {
                outline_.emplace(letters_of(item.title.substr(words)), item.level);
            }
        }
    }

    void learn_words(std::string_view text) {
        std::string word;
        for (const char c : lower_ascii(text) + ' ') {
            const auto byte = static_cast<unsigned char>(c);
            if ((c >= 'a' && c <= 'z') || c == '-' || byte >= 0x80) {
                word += c;
            } else if (!word.empty()) {
                words_.insert(std::move(word));
                word.clear();
            }
        }
    }

    // Joins a line to what stands before it. A hyphen at the end goes, unless the whole word is
    // known only with it.
    void join(std::string& text, std::string_view line) const {
        if (text.empty()) {
            text = line;
            return;
        }
        const std::string_view hyphen = text.ends_with("‐") ? "‐" : "-";
        if (!text.ends_with(hyphen) || line.empty() || line[0] < 'a' || line[0] > 'z') {
            text += ' ';
            text += line;
            return;
        }
        const std::size_t stem_end = text.size() - hyphen.size();
        const std::size_t stem_start = text.find_last_of(" (\"'/", stem_end) + 1;
        const std::string stem = lower_ascii(text.substr(stem_start, stem_end - stem_start));
        std::size_t length = 0;
        while (length < line.size() &&
               ((line[length] >= 'a' && line[length] <= 'z') || line[length] == '-')) {
            ++length;
        }
        const std::string rest(line.substr(0, length));
        if (stem.empty() || stem.ends_with('-')) {
            text += line;
        } else if (words_.contains(stem + '-' + rest) && !words_.contains(stem + rest)) {
            text.resize(stem_end);
            text += '-';
            text += line;
        } else {
            text.resize(stem_end);
            text += line;
        }
    }

    // The level of the heading that `lines` of the pieces from `at` are; 0: none.
    int heading_level(const std::vector<PdfPiece>& pieces, std::size_t at, std::size_t lines,
                      std::string& text) const {
        text.clear();
        double size = 0;
        bool bold = true;
        for (std::size_t i = at; i < at + lines; ++i) {
            if (i >= pieces.size() || pieces[i].kind != PdfPiece::Kind::Line) return 0;
            join(text, pieces[i].line.text);
            size = std::max(size, pieces[i].line.size);
            bold = bold && pieces[i].line.bold;
        }
        if (text.size() > kHeadingBytesMax || (!bold && size < body_ * 1.05)) return 0;
        std::size_t words = 0;
        const int depth = number_depth(text, words);
        if (!outline_.empty()) {
            auto found = outline_.find(letters_of(text));
            if (found == outline_.end() && depth > 0) {
                found = outline_.find(letters_of(text.substr(words)));
            }
            return found == outline_.end() ? 0 : found->second;
        }
        if (lines > 1) return 0;
        if (size > body_ * kHeadingScale) return depth > 0 ? depth : rank_of(size);
        return bold && depth > 1 && !text.ends_with('.') ? depth : 0;
    }

    int rank_of(double size) const {
        int rank = 1;
        for (const double s : heading_sizes_) {
            if (s > size + 0.05) ++rank;
        }
        return std::min(rank, 6);
    }

    void add_page(const std::vector<PdfPiece>& pieces) {
        for (std::size_t i = 0; i < pieces.size();) {
            const auto& piece = pieces[i];
            if (piece.kind == PdfPiece::Kind::Code) {
                builder_.add(BlockKind::Code, 0, piece.code, {}, page_);
                ++i;
            } else if (piece.kind == PdfPiece::Kind::Table) {
                add_table(piece);
                ++i;
            } else if (piece.leader) {
                builder_.add(BlockKind::Item, 1, piece.line.text, {}, page_);
                ++i;
            } else if (!add_heading(pieces, i)) {
                add_paragraph(pieces, i);
            }
        }
    }

    void add_table(const PdfPiece& piece) {
        std::string text;
        for (const auto& row : piece.rows) {
            if (!text.empty()) text += '\n';
            for (std::size_t c = 0; c < row.size(); ++c) {
                std::string cell;
                for (const auto& line : row[c].lines) join(cell, line);
                if (c > 0) text += " | ";
                text += cell;
            }
        }
        builder_.add(BlockKind::Table, 0, text, {}, page_);
    }

    bool add_heading(const std::vector<PdfPiece>& pieces, std::size_t& i) {
        std::string text;
        for (std::size_t lines = kHeadingLinesMax; lines > 0; --lines) {
            int level = heading_level(pieces, i, lines, text);
            if (level == 0) continue;
            std::size_t end = i + lines;
            // By size alone: further lines of the same size belong to it.
            while (outline_.empty() && end < pieces.size() &&
                   pieces[end].kind == PdfPiece::Kind::Line &&
                   std::abs(pieces[end].line.size - pieces[i].line.size) < 0.1 &&
                   pieces[end].line.size > body_ * kHeadingScale && is_near(pieces, end) &&
                   text.size() < kHeadingBytesMax) {
                join(text, pieces[end++].line.text);
            }
            builder_.heading(level, text, {}, page_);
            i = end;
            return true;
        }
        return false;
    }

    // Whether a line stands below the one before it at the usual distance.
    bool is_near(const std::vector<PdfPiece>& pieces, std::size_t i) const {
        const auto& last = pieces[i - 1].line;
        const auto& next = pieces[i].line;
        const double pitch = next.y1 - last.y1;
        return pitch > 0 && pitch < kLeadingSlack * leading_ * std::max(last.size, next.size);
    }

    bool continues(const std::vector<PdfPiece>& pieces, std::size_t i, bool item) const {
        if (i >= pieces.size() || pieces[i].kind != PdfPiece::Kind::Line || pieces[i].leader) {
            return false;
        }
        const auto& last = pieces[i - 1].line;
        const auto& next = pieces[i].line;
        if (!is_near(pieces, i) || starts_item(next.text)) return false;
        if (std::abs(next.size - last.size) > 0.12 * last.size) return false;
        std::string text;
        if (next.bold && !last.bold && heading_level(pieces, i, 1, text) > 0) return false;
        // An indented line after a full stop opens a paragraph; in an item the text is indented.
        const double indent = next.x0 - last.x0;
        if (!item && indent > 0.8 * next.size && last.text.ends_with('.')) return false;
        return true;
    }

    void add_paragraph(const std::vector<PdfPiece>& pieces, std::size_t& i) {
        const bool item = starts_item(pieces[i].line.text);
        const double left = pieces[i].line.x0;
        std::string text = pieces[i].line.text;
        text.erase(0, bullet_size(text));
        ++i;
        while (continues(pieces, i, item) && !(item && pieces[i].line.x0 <= left + 1)) {
            join(text, pieces[i++].line.text);
        }
        builder_.add(item ? BlockKind::Item : BlockKind::Paragraph, item ? 1 : 0, text, {}, page_);
    }

    void add_right_to_left(std::string_view text) {
        std::string paragraph;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            const std::string line = one_line(text.substr(at, end - at));
            at = end + 1;
            if (line.empty()) {
                builder_.add(BlockKind::Paragraph, 0, paragraph, {}, page_);
                paragraph.clear();
            } else {
                join(paragraph, line);
            }
        }
        builder_.add(BlockKind::Paragraph, 0, paragraph, {}, page_);
    }

    PdfContent content_;
    DocumentBuilder builder_;
    std::unordered_set<std::string> words_;
    std::unordered_map<std::string, int> outline_;  // by letters_of the title
    std::vector<double> heading_sizes_;             // largest first
    double body_ = 10;
    double leading_ = 1.2;  // from line to line, in multiples of the size
    int page_ = 1;
};

}  // namespace

Parsed<Document> read_pdf(std::string_view bytes) {
    if (bytes.size() > kPdfBytesMax) {
        return refuse("UnsupportedFormat", "is larger than a PDF may be (256 MiB)");
    }
    auto content = read_pdf_words(bytes);
    if (!content) return std::unexpected(content.error());
    return PdfReader(std::move(*content)).run();
}

}  // namespace weft::helper
