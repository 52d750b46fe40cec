// The words of a PDF with their boxes and fonts, as poppler finds them. The only part of the PDF
// reader that sees poppler; what the words mean is decided in pdf_layout.h and pdf_document.cpp.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "helper/docs/document.h"

namespace weft::helper {

struct PdfWord {
    double x0 = 0;  // points from the left and from the top
    double y0 = 0;
    double x1 = 0;
    double y1 = 0;
    double size = 0;  // of the font
    bool space_after = false;
    bool bold = false;
    bool mono = false;
    std::string text;
};

struct PdfPage {
    double width = 0;
    double height = 0;
    std::vector<PdfWord> words;
    // Of a page in a right-to-left script: its text in poppler's reading order, since boxes sorted
    // from left to right would turn it round. Else empty.
    std::string right_to_left;
};

struct PdfOutlineItem {
    int level = 1;
    std::string title;
};

struct PdfContent {
    std::vector<PdfPage> pages;
    std::vector<PdfOutlineItem> outline;
    std::string title;
    std::map<std::string, std::string> meta;
};

// Fails with Encrypted, Broken, Scanned (pictures only) or Empty.
Parsed<PdfContent> read_pdf_words(std::string_view bytes);

}  // namespace weft::helper
