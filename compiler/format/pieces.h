// Between the tree and the text: what the layout is made of (pieces.cpp makes them, print.cpp sets
// them in lines). Depths are in steps of indentation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grammar/tree.h"

namespace weft::format_detail {

inline constexpr std::uint32_t kColumns = 100;
inline constexpr std::uint32_t kIndent = 2;

enum class PieceKind {
    Word,  // text, never broken; may hold line ends of its own
    Space,
    Line,   // a line end, always; the next line stands at `depth`
    Blank,  // the next line end makes an empty line too
    Open,   // of a group: flat when all of it fits, else each Soft in it is a line end
    Close,
    Soft,       // nothing when flat
    SoftSpace,  // a blank when flat
    Comment,    // at the end of the line
    Align,      // neighbouring lines with the same `align` go on in one column
};

enum class AlignKind : std::uint8_t { None, Field, WorkerClause, Require, Mock };

struct Piece {
    PieceKind kind = PieceKind::Word;
    std::uint32_t depth = 0;
    std::string text;
    AlignKind align = AlignKind::None;
    bool verbatim = true;     // of a text block: false when its lines move with the fence
    std::uint32_t fence = 0;  // blanks before its closing fence
};

std::vector<Piece> make_pieces(const Tree& tree);
std::string print_pieces(const std::vector<Piece>& pieces);

}  // namespace weft::format_detail
