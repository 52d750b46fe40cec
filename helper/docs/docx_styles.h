// What the styles and the numbering of a Word document say about a paragraph: is it a heading, is
// it an item of a list, and which number has it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "helper/docs/xml.h"

namespace weft::helper {

// A list that a paragraph is in; empty `list`: none.
struct DocxNumbering {
    std::string list;
    int level = 0;
};

class DocxStyles {
  public:
    void read(pugi::xml_node styles, pugi::xml_node numbering);

    // 1 to 9 for a heading; else 0.
    [[nodiscard]] int heading_level(pugi::xml_node properties) const;
    [[nodiscard]] bool is_title(pugi::xml_node properties) const;
    [[nodiscard]] DocxNumbering numbering_of(pugi::xml_node properties) const;
    // "3. " for the next item of an ordered list, "" for a bullet. Counts.
    std::string next_marker(const DocxNumbering& numbering);

  private:
    struct Style {
        std::string name;
        std::string base;
        int outline = 0;  // from 1; 0 unknown
        DocxNumbering numbering;
    };
    [[nodiscard]] const Style* style_of(pugi::xml_node properties) const;

    std::map<std::string, Style, std::less<>> styles_;
    std::map<std::string, std::string, std::less<>> lists_;       // list to its abstract list
    std::map<std::pair<std::string, int>, std::string> formats_;  // of an abstract list's level
    std::map<std::pair<std::string, int>, int> counters_;
};

}  // namespace weft::helper
