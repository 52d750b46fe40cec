// Word documents: paragraphs, headings by outline level, lists, tables, text boxes, notes,
// properties. Inserted text is kept and deleted text dropped, as if all changes were accepted.
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"  // WEFT_TRY serves every std::expected
#include "helper/docs/docx_styles.h"
#include "helper/docs/package.h"
#include "helper/docs/readers.h"
#include "helper/docs/text.h"
#include "helper/docs/xml.h"

namespace weft::helper {
namespace {

// The part that a relationship of the given type names, relative to its folder.
Parsed<std::string> related(Package& package, const std::string& part, std::string_view type) {
    auto xml = read_xml(package, part);
    if (!xml) return std::unexpected(xml.error());
    for (const auto node : child_of(*xml, "Relationships").children()) {
        if (std::string_view(attribute_of(node, "Type")).ends_with(type)) {
            return std::string(attribute_of(node, "Target"));
        }
    }
    return std::string();
}

class DocxReader {
  public:
    explicit DocxReader(Package& package) : package_(package) {}

    Parsed<Document> run() {
        WEFT_TRY(main, related(package_, "_rels/.rels", "/officeDocument"));
        if (main.empty()) main = "word/document.xml";
        if (main.starts_with('/')) main.erase(0, 1);
        const std::string folder = main.substr(0, main.rfind('/') + 1);
        if (!package_.holds(main)) {
            return refuse("Broken", "is a Word document without its main part");
        }
        WEFT_TRY(styles, read_xml(package_, folder + "styles.xml"));
        WEFT_TRY(numbering, read_xml(package_, folder + "numbering.xml"));
        styles_.read(styles, numbering);
        WEFT_TRY(body, read_xml(package_, main));
        if (!walk(child_of(child_of(body, "document"), "body"), 0)) return too_deep();
        for (const char* kind : {"footnote", "endnote"}) {
            WEFT_TRY(notes, read_xml(package_, folder + kind + "s.xml"));
            if (!add_notes(child_of(notes, std::string(kind) + "s"), kind)) return too_deep();
        }
        WEFT_TRY_VOID(read_properties());
        builder_.document().media =
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        return builder_.finish();
    }

  private:
    static std::unexpected<Failure> too_deep() {
        return refuse("Broken",
                      "nests its elements more than " + std::to_string(kNestingMax) + " deep");
    }

    // Block level: a body, a cell, a note, a text box.
    bool walk(pugi::xml_node parent, int depth) {
        if (depth > kNestingMax) return false;
        for (const auto node : parent.children()) {
            if (builder_.full()) break;
            const auto name = local_name(node.name());
            if (name == "p") {
                if (!add_paragraph(node, depth)) return false;
            } else if (name == "tbl") {
                std::string rows;
                if (!add_rows(node, rows, depth)) return false;
                builder_.add(BlockKind::Table, 0, rows, "tbl");
            } else if (name == "AlternateContent") {
                if (!walk(chosen(node), depth + 1)) return false;
            } else if (name == "sdt" || name == "sdtContent" || name == "customXml" ||
                       name == "ins" || name == "moveTo" || name == "smartTag") {
                if (!walk(node, depth + 1)) return false;
            }
        }
        return true;
    }

    // One of several forms of the same content.
    static pugi::xml_node chosen(pugi::xml_node alternatives) {
        const auto choice = child_of(alternatives, "Choice");
        return choice ? choice : child_of(alternatives, "Fallback");
    }

    // The text of a paragraph; text boxes that hang on it are put aside.
    bool collect(pugi::xml_node parent, std::string& text, std::vector<pugi::xml_node>& boxes,
                 int depth) {
        if (depth > kNestingMax) return false;
        for (const auto node : parent.children()) {
            const auto name = local_name(node.name());
            if (name == "t") {
                text += node.text().get();
            } else if (name == "tab" || name == "br" || name == "cr" || name == "ptab") {
                text += name == "tab" || name == "ptab" ? ' ' : '\n';
            } else if (name == "noBreakHyphen") {
                text += '-';
            } else if (name == "footnoteReference" || name == "endnoteReference") {
                text +=
                    mark_of(local_name(node.name()) == "footnoteReference" ? "footnote" : "endnote",
                            attribute_of(node, "id"));
            } else if (name == "txbxContent") {
                boxes.push_back(node);
            } else if (name == "AlternateContent") {
                if (!collect(chosen(node), text, boxes, depth + 1)) return false;
            } else if (name != "del" && name != "moveFrom" && name != "pPr" && name != "rPr" &&
                       name != "instrText" && name != "delText") {
                if (!collect(node, text, boxes, depth + 1)) return false;
            }
        }
        return true;
    }

    bool add_paragraph(pugi::xml_node node, int depth) {
        std::string text;
        std::vector<pugi::xml_node> boxes;
        if (!collect(node, text, boxes, depth)) return false;
        const auto properties = child_of(node, "pPr");
        const int level = styles_.heading_level(properties);
        const auto numbering = styles_.numbering_of(properties);
        if (styles_.is_title(properties) && builder_.document().title.empty()) {
            builder_.document().title = one_line(text);
        }
        if (level > 0) {
            builder_.heading(level, text, "h" + std::to_string(level));
        } else if (!numbering.list.empty()) {
            if (!one_line(text).empty()) text.insert(0, styles_.next_marker(numbering));
            builder_.add(BlockKind::Item, numbering.level + 1, text, "p");
        } else {
            builder_.add(BlockKind::Paragraph, 0, text, "p");
        }
        for (const auto box : boxes) {
            if (!walk(box, depth + 1)) return false;
        }
        return true;
    }

    bool add_rows(pugi::xml_node table, std::string& rows, int depth) {
        if (depth > kNestingMax) return false;
        for (const auto node : table.children()) {
            if (is_named(node, "sdt")) {
                if (!add_rows(child_of(node, "sdtContent"), rows, depth + 1)) return false;
            }
            if (!is_named(node, "tr")) continue;
            std::string row;
            bool first = true;
            for (const auto cell : node.children()) {
                if (!is_named(cell, "tc")) continue;
                std::string text;
                if (!cell_text(cell, text, depth + 1)) return false;
                if (!std::exchange(first, false)) row += " | ";
                row += one_line(text);
            }
            rows += row + '\n';
        }
        return true;
    }

    bool cell_text(pugi::xml_node cell, std::string& text, int depth) {
        if (depth > kNestingMax) return false;
        for (const auto node : cell.children()) {
            if (is_named(node, "p")) {
                std::vector<pugi::xml_node> boxes;
                if (!collect(node, text, boxes, depth)) return false;
                text += '\n';
            } else if (!cell_text(node, text, depth + 1)) {
                return false;
            }
        }
        return true;
    }

    // Notes are numbered in the order in which the text refers to them.
    std::string mark_of(std::string_view kind, std::string_view id) {
        const std::string key = std::string(kind) + ' ' + std::string(id);
        const auto [place, _] = notes_.emplace(key, static_cast<int>(notes_.size()) + 1);
        return "[" + std::to_string(place->second) + "]";
    }

    bool add_notes(pugi::xml_node notes, std::string_view kind) {
        for (const auto note : notes.children()) {
            // The first two are the lines between text and notes.
            if (!is_named(note, kind) || !attribute_of(note, "type").empty()) continue;
            std::string text = mark_of(kind, attribute_of(note, "id")) + ' ';
            const std::size_t mark = text.size();
            if (!cell_text(note, text, 0)) return false;
            if (one_line(text).size() >= mark) {
                builder_.add(BlockKind::Paragraph, 0, text, kind);
            }
        }
        return true;
    }

    Parsed<void> read_properties() {
        WEFT_TRY(xml, read_xml(package_, "docProps/core.xml"));
        auto& document = builder_.document();
        for (const auto node : child_of(xml, "coreProperties").children()) {
            const std::string name(local_name(node.name()));
            const std::string value = one_line(node.text().get());
            if (value.empty()) continue;
            if (name == "title") {
                document.title = value;
            } else if (name == "creator") {
                document.meta["author"] = value;
            } else if (name == "language") {
                document.meta["lang"] = value;
            } else {
                document.meta[name] = value;
            }
        }
        return {};
    }

    Package& package_;
    DocxStyles styles_;
    DocumentBuilder builder_;
    std::map<std::string, int> notes_;
};

}  // namespace

Parsed<Document> read_docx(std::string_view bytes) {
    if (bytes.size() > kPackageBytesMax) {
        return refuse("UnsupportedFormat", "is larger than a Word document may be (128 MiB)");
    }
    WEFT_TRY(package, Package::open(bytes));
    return DocxReader(package).run();
}

}  // namespace weft::helper
