#include <algorithm>

#include "compiler/format/pieces.h"

namespace weft::format_detail {

namespace {

std::uint32_t width(std::string_view text) {
    text = text.substr(0, text.find('\n'));
    return static_cast<std::uint32_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

struct OutLine {
    std::string text;
    std::uint32_t depth = 0;
    AlignKind align = AlignKind::None;
    std::size_t align_at = 0;
    bool ends_in_text = false;
};

class Printer {
  public:
    explicit Printer(const std::vector<Piece>& pieces) : pieces_(pieces) { measure(); }

    std::string print() {
        lines_.emplace_back();
        for (std::size_t i = 0; i < pieces_.size(); ++i) piece(i);
        align();
        std::string out;
        for (const OutLine& line : lines_) {
            // Blanks before a line end inside a text are content.
            auto end = line.ends_in_text ? line.text.size() - 1 : line.text.find_last_not_of(' ');
            out += line.text.substr(0, end + 1);
            out += '\n';
        }
        return out;
    }

  private:
    // Flat widths from the start, where each group ends, and whether something in it forces a
    // break.
    void measure() {
        std::vector<std::size_t> open;
        flat_.assign(pieces_.size() + 1, 0);
        close_.assign(pieces_.size(), 0);
        forced_.assign(pieces_.size() + 1, 0);
        for (std::size_t i = 0; i < pieces_.size(); ++i) {
            const Piece& piece = pieces_[i];
            bool blank = piece.kind == PieceKind::Space || piece.kind == PieceKind::SoftSpace;
            flat_[i + 1] = flat_[i] + (blank                           ? 1
                                       : piece.kind == PieceKind::Word ? width(piece.text)
                                                                       : 0);
            bool forces = piece.kind == PieceKind::Line || piece.kind == PieceKind::Comment;
            forced_[i + 1] = forced_[i] + (forces ? 1 : 0);
            if (piece.kind == PieceKind::Open) open.push_back(i);
            if (piece.kind == PieceKind::Close) {
                close_[open.back()] = i;
                open.pop_back();
            }
        }
    }

    [[nodiscard]] bool fits(std::size_t open) const {
        std::size_t end = close_[open];
        if (forced_[end] != forced_[open]) return false;
        // What follows the group can't be parted from it before the next place to break.
        while (end < pieces_.size() && pieces_[end].kind != PieceKind::Line &&
               pieces_[end].kind != PieceKind::Soft && pieces_[end].kind != PieceKind::SoftSpace &&
               pieces_[end].kind != PieceKind::Comment) {
            ++end;
        }
        return width(lines_.back().text) + flat_[end] - flat_[open] <= kColumns;
    }

    void piece(std::size_t i) {
        const Piece& piece = pieces_[i];
        bool flat = groups_.empty() || groups_.back();
        switch (piece.kind) {
            case PieceKind::Word:
                return word(piece);
            case PieceKind::Space:
                lines_.back().text += ' ';
                return;
            case PieceKind::Line:
                return new_line(piece.depth);
            case PieceKind::Blank:
                blank_ = true;
                return;
            case PieceKind::Open:
                groups_.push_back(fits(i));
                return;
            case PieceKind::Close:
                groups_.pop_back();
                return;
            case PieceKind::Soft:
                if (!flat) new_line(piece.depth);
                return;
            case PieceKind::SoftSpace:
                if (!flat) return new_line(piece.depth);
                lines_.back().text += ' ';
                return;
            case PieceKind::Comment:
                lines_.back().text += "  " + piece.text;
                comment_ended_ = true;
                depth_after_comment_ = piece.depth;
                return;
            case PieceKind::Align:
                lines_.back().align = piece.align;
                lines_.back().align_at = lines_.back().text.size();
                return;
        }
    }

    void new_line(std::uint32_t depth) {
        comment_ended_ = false;
        bool fresh = lines_.size() == 1 && lines_[0].text.empty();
        if (blank_ && !fresh) lines_.emplace_back();
        blank_ = false;
        if (!fresh) lines_.emplace_back();
        lines_.back().text.assign(depth * kIndent, ' ');
        lines_.back().depth = depth;
    }

    void word(const Piece& piece) {
        if (comment_ended_) new_line(depth_after_comment_);
        std::string_view text = piece.text;
        std::uint32_t indent = (lines_.back().depth + 1) * kIndent;
        bool first = true;
        while (true) {
            auto end = text.find('\n');
            std::string_view line = text.substr(0, end);
            if (first || piece.verbatim) {
                lines_.back().text += line;
            } else {
                auto blanks = std::min(line.find_first_not_of(" \t"), line.size());
                line.remove_prefix(std::min<std::size_t>(blanks, piece.fence));
                if (!line.empty()) lines_.back().text += std::string(indent, ' ');
                lines_.back().text += line;
            }
            if (end == std::string_view::npos) return;
            first = false;
            std::uint32_t depth = lines_.back().depth;
            lines_.back().ends_in_text = true;
            lines_.emplace_back();
            lines_.back().depth = depth;
            text.remove_prefix(end + 1);
        }
    }

    void align() {
        for (std::size_t begin = 0; begin < lines_.size();) {
            std::size_t end = begin + 1;
            if (lines_[begin].align == AlignKind::None) {
                begin = end;
                continue;
            }
            while (end < lines_.size() && lines_[end].align == lines_[begin].align &&
                   lines_[end].depth == lines_[begin].depth) {
                ++end;
            }
            std::uint32_t column = 0;
            for (std::size_t i = begin; i < end; ++i) {
                column = std::max(column, width(lines_[i].text.substr(0, lines_[i].align_at)));
            }
            for (std::size_t i = begin; i < end; ++i) {
                auto have = width(lines_[i].text.substr(0, lines_[i].align_at));
                lines_[i].text.insert(lines_[i].align_at, column - have, ' ');
            }
            begin = end;
        }
    }

    const std::vector<Piece>& pieces_;
    std::vector<std::uint32_t> flat_;
    std::vector<std::size_t> close_;
    std::vector<std::uint32_t> forced_;
    std::vector<OutLine> lines_;
    std::vector<bool> groups_;  // flat?
    bool blank_ = false;
    bool comment_ended_ = false;
    std::uint32_t depth_after_comment_ = 0;
};

}  // namespace

std::string print_pieces(const std::vector<Piece>& pieces) {
    return Printer(pieces).print();
}

}  // namespace weft::format_detail
