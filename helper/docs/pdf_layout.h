// From words with boxes to lines, tables and code in reading order, a page at a time. Pure
// geometry: it knows neither poppler nor what a heading is.
//
// Terms. A segment is a run of words on one baseline. A level is all segments at one height. A
// piece is what comes out: a line of prose, a table, or lines of code.
#pragma once

#include <string>
#include <vector>

#include "helper/docs/pdf_words.h"

namespace weft::helper {

struct Segment {
    double x0 = 0;
    double y0 = 0;
    double x1 = 0;
    double y1 = 0;
    double size = 0;
    bool bold = false;  // all of it
    bool mono = false;
    std::string text;

    [[nodiscard]] double middle() const { return (y0 + y1) / 2; }
    [[nodiscard]] double height() const { return y1 - y0; }
};

struct Level {
    std::vector<Segment> segments;  // from left to right
    double y0 = 0;
    double y1 = 0;
    bool leader = false;  // has dots that lead to a page number: a line of a table of contents

    [[nodiscard]] double height() const { return y1 - y0; }
    [[nodiscard]] bool is_multiple() const { return segments.size() > 1 && !leader; }
    [[nodiscard]] Segment joined() const;
};

// Lines of one cell; words broken by a hyphen at a line's end are joined later, by the whole
// document's words.
struct PdfCell {
    std::vector<std::string> lines;
};

struct PdfPiece {
    enum class Kind { Line, Table, Code };
    Kind kind = Kind::Line;
    Segment line;                            // of a line; of the others the box
    bool leader = false;                     // a line of a table of contents
    std::vector<std::vector<PdfCell>> rows;  // of a table
    std::string code;
};

std::vector<Level> make_levels(const PdfPage& page);
std::vector<PdfPiece> lay_out(const std::vector<Level>& levels);

// pdf_table.cpp: the levels from `first` that are a table, if they are one. `end` is set behind it.
bool find_table(const std::vector<Level>& levels, std::size_t first, std::size_t& end,
                PdfPiece& table);

}  // namespace weft::helper
