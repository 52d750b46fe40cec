// HTML by gumbo, which parses as browsers do, so there is no broken HTML. What is not read as part
// of the page (scripts, navigation, hidden parts, controls) is left out. The tree is never freed:
// gumbo frees by recursion, and the process ends after one document.
#include "helper/docs/html.h"

#include <gumbo.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "helper/docs/readers.h"
#include "helper/docs/text.h"

namespace weft::helper {
namespace {

using Tag = GumboTag;

// Unclosed elements are common in sloppy pages, so this is far above kNestingMax.
constexpr long kOpenElementsMax = 2'000;

bool is_one_of(Tag tag, std::initializer_list<Tag> set) {
    return std::ranges::find(set, tag) != set.end();
}

bool is_element(const GumboNode& node) {
    return node.type == GUMBO_NODE_ELEMENT || node.type == GUMBO_NODE_TEMPLATE;
}

Tag tag_of(const GumboNode& node) {
    return is_element(node) ? node.v.element.tag : GUMBO_TAG_UNKNOWN;
}

std::span<GumboNode* const> children_of(const GumboNode& node) {
    const GumboVector& list =
        node.type == GUMBO_NODE_DOCUMENT ? node.v.document.children : node.v.element.children;
    // Gumbo's vectors are untyped; those of children hold nodes.
    return {reinterpret_cast<GumboNode* const*>(list.data), list.length};
}

std::string_view attribute(const GumboNode& node, const char* name) {
    const auto* found = gumbo_get_attribute(&node.v.element.attributes, name);
    return found == nullptr ? std::string_view() : std::string_view(found->value);
}

bool is_left_out(const GumboNode& node) {
    if (is_one_of(tag_of(node),
                  {GUMBO_TAG_SCRIPT, GUMBO_TAG_STYLE, GUMBO_TAG_TEMPLATE, GUMBO_TAG_NOSCRIPT,
                   GUMBO_TAG_NAV, GUMBO_TAG_HEAD, GUMBO_TAG_IFRAME, GUMBO_TAG_SVG, GUMBO_TAG_OBJECT,
                   GUMBO_TAG_BUTTON, GUMBO_TAG_SELECT, GUMBO_TAG_TEXTAREA, GUMBO_TAG_DATALIST})) {
        return true;
    }
    const auto role = attribute(node, "role");
    if (role == "navigation" || role == "search") return true;
    if (gumbo_get_attribute(&node.v.element.attributes, "hidden") != nullptr) return true;
    if (attribute(node, "aria-hidden") == "true" || attribute(node, "class") == "headerlink") {
        return true;
    }
    std::string style = lower_ascii(attribute(node, "style"));
    std::erase(style, ' ');
    return style.find("display:none") != std::string::npos ||
           style.find("visibility:hidden") != std::string::npos;
}

bool is_block(Tag tag) {
    return is_one_of(
        tag, {GUMBO_TAG_P,          GUMBO_TAG_DIV,     GUMBO_TAG_SECTION,    GUMBO_TAG_ARTICLE,
              GUMBO_TAG_MAIN,       GUMBO_TAG_ASIDE,   GUMBO_TAG_HEADER,     GUMBO_TAG_FOOTER,
              GUMBO_TAG_BLOCKQUOTE, GUMBO_TAG_DL,      GUMBO_TAG_DT,         GUMBO_TAG_DD,
              GUMBO_TAG_FIGURE,     GUMBO_TAG_ADDRESS, GUMBO_TAG_FIGCAPTION, GUMBO_TAG_CAPTION,
              GUMBO_TAG_FORM,       GUMBO_TAG_UL,      GUMBO_TAG_OL,         GUMBO_TAG_HR,
              GUMBO_TAG_DETAILS,    GUMBO_TAG_SUMMARY, GUMBO_TAG_FIELDSET,   GUMBO_TAG_CENTER,
              GUMBO_TAG_TD,         GUMBO_TAG_TH,      GUMBO_TAG_TR,         GUMBO_TAG_BODY});
}

int heading_level(Tag tag) {
    constexpr std::array<Tag, 6> kHeadings = {GUMBO_TAG_H1, GUMBO_TAG_H2, GUMBO_TAG_H3,
                                              GUMBO_TAG_H4, GUMBO_TAG_H5, GUMBO_TAG_H6};
    const auto* found = std::ranges::find(kHeadings, tag);
    return found == kHeadings.end() ? 0 : static_cast<int>(found - kHeadings.begin()) + 1;
}

// A table that lays out a page holds headings or tables: it is read as what it holds.
bool is_layout(const GumboNode& node, int depth) {
    if (depth > kNestingMax || !is_element(node)) return false;
    return std::ranges::any_of(children_of(node), [&](const GumboNode* child) {
        const Tag tag = tag_of(*child);
        return tag == GUMBO_TAG_TABLE || heading_level(tag) > 0 || is_layout(*child, depth + 1);
    });
}

class HtmlReader {
  public:
    // False when elements are nested too deeply.
    bool walk(const GumboNode& node, int depth = 0) {
        if (depth > kNestingMax) return false;
        if (!is_element(node)) {
            if (node.type == GUMBO_NODE_DOCUMENT) return walk_children(node, depth);
            if (node.type != GUMBO_NODE_COMMENT) text_ += node.v.text.text;
            return true;
        }
        if (is_left_out(node)) return true;
        const Tag tag = tag_of(node);
        if (const int level = heading_level(tag); level > 0) return add_heading(node, level, depth);
        switch (tag) {
            case GUMBO_TAG_PRE:
                return add_whole(node, BlockKind::Code, "pre", depth);
            case GUMBO_TAG_TABLE:
                if (!is_layout(node, 0)) return add_table(node, depth);
                break;
            case GUMBO_TAG_LI:
                return add_item(node, depth);
            case GUMBO_TAG_BR:
                text_ += '\n';
                return true;
            case GUMBO_TAG_UL:
            case GUMBO_TAG_OL:
                return add_list(node, depth);
            default:
                break;
        }
        if (!is_block(tag) && tag != GUMBO_TAG_TABLE) return walk_children(node, depth);
        flush();
        const bool ok = walk_children(node, depth);
        flush();
        return ok;
    }

    void flush() {
        const bool item = item_level_ > 0;
        builder_.add(item ? BlockKind::Item : BlockKind::Paragraph, item_level_, marker_ + text_,
                     item ? "li" : "p");
        marker_.clear();
        text_.clear();
    }

    // The text of a subtree alone; what was collected before stays.
    std::optional<std::string> inner_text(const GumboNode& node, int depth) {
        std::string saved = std::exchange(text_, {});
        const bool ok = collect(node, depth);
        std::string inner = std::exchange(text_, std::move(saved));
        if (!ok) return {};
        return inner;
    }

    DocumentBuilder& builder() { return builder_; }

  private:
    bool walk_children(const GumboNode& node, int depth) {
        for (const auto* child : children_of(node)) {
            if (builder_.full()) break;
            if (!walk(*child, depth + 1)) return false;
        }
        return true;
    }

    // As walk, but all in one run of text: block elements only part words.
    bool collect(const GumboNode& node, int depth) {
        if (depth > kNestingMax) return false;
        if (!is_element(node)) {
            if (node.type != GUMBO_NODE_COMMENT) text_ += node.v.text.text;
            return true;
        }
        if (is_left_out(node)) return true;
        const Tag tag = tag_of(node);
        const bool parts = is_block(tag) || is_one_of(tag, {GUMBO_TAG_LI, GUMBO_TAG_BR});
        if (parts) text_ += '\n';
        for (const auto* child : children_of(node)) {
            if (!collect(*child, depth + 1)) return false;
        }
        if (parts && tag != GUMBO_TAG_BR) text_ += '\n';
        return true;
    }

    bool add_heading(const GumboNode& node, int level, int depth) {
        flush();
        const auto text = inner_text(node, depth);
        if (!text) return false;
        builder_.heading(level, *text, "h" + std::to_string(level));
        return true;
    }

    bool add_whole(const GumboNode& node, BlockKind kind, std::string_view tag, int depth) {
        flush();
        const auto text = inner_text(node, depth);
        if (!text) return false;
        builder_.add(kind, 0, *text, tag);
        return true;
    }

    bool add_list(const GumboNode& node, int depth) {
        flush();
        const int outer_number = number_;
        const int outer_level = std::exchange(item_level_, 0);
        number_ = tag_of(node) == GUMBO_TAG_OL ? 1 : 0;
        ++list_depth_;
        const bool ok = walk_children(node, depth);
        flush();
        --list_depth_;
        number_ = outer_number;
        item_level_ = outer_level;
        return ok;
    }

    bool add_item(const GumboNode& node, int depth) {
        flush();
        const int outer = std::exchange(item_level_, std::max(list_depth_, 1));
        if (number_ > 0) marker_ = std::to_string(number_++) + ". ";
        const bool ok = walk_children(node, depth);
        // An item without text shows no number.
        if (one_line(text_).empty()) marker_.clear();
        flush();
        item_level_ = outer;
        return ok;
    }

    bool add_table(const GumboNode& node, int depth) {
        flush();
        std::string rows;
        if (!add_rows(node, depth, rows)) return false;
        builder_.add(BlockKind::Table, 0, rows, "table");
        return true;
    }

    bool add_rows(const GumboNode& node, int depth, std::string& rows) {
        if (depth > kNestingMax) return false;
        for (const auto* child : children_of(node)) {
            const Tag tag = tag_of(*child);
            if (tag == GUMBO_TAG_CAPTION) {
                if (!walk(*child, depth + 1)) return false;
            } else if (is_one_of(tag, {GUMBO_TAG_THEAD, GUMBO_TAG_TBODY, GUMBO_TAG_TFOOT})) {
                if (!add_rows(*child, depth + 1, rows)) return false;
            } else if (tag == GUMBO_TAG_TR) {
                std::string row;
                bool first = true;
                for (const auto* cell : children_of(*child)) {
                    if (!is_one_of(tag_of(*cell), {GUMBO_TAG_TD, GUMBO_TAG_TH})) continue;
                    const auto text = inner_text(*cell, depth + 1);
                    if (!text) return false;
                    if (!std::exchange(first, false)) row += " | ";
                    row += one_line(*text);
                }
                if (row.find_first_not_of(" |") != std::string::npos) rows += row + '\n';
            }
        }
        return true;
    }

    DocumentBuilder builder_;
    std::string text_;    // of the block that is being collected
    std::string marker_;  // number of an item, until its first block is written
    int item_level_ = 0;  // 0: not in an item
    int list_depth_ = 0;
    int number_ = 0;  // of the next item of an ordered list, else 0
};

// Title, language and <meta> out of the head.
void read_head(const GumboNode& node, Document& document, int depth) {
    if (depth > 4 || !is_element(node)) return;
    const Tag tag = tag_of(node);
    if (tag == GUMBO_TAG_HTML) {
        if (const auto lang = attribute(node, "lang"); !lang.empty()) document.meta["lang"] = lang;
    } else if (tag == GUMBO_TAG_TITLE) {
        for (const auto* child : children_of(node)) {
            if (child->type == GUMBO_NODE_TEXT) document.title += child->v.text.text;
        }
    } else if (tag == GUMBO_TAG_META) {
        const std::string name = lower_ascii(attribute(node, "name"));
        for (const std::string_view known :
             {"author", "description", "keywords", "generator", "date"}) {
            if (name == known) document.meta[name] = one_line(attribute(node, "content"));
        }
    } else if (tag == GUMBO_TAG_BODY) {
        return;
    }
    for (const auto* child : children_of(node)) read_head(*child, document, depth + 1);
}

// The character set that a file names in its first kilobyte.
std::string declared_charset(std::string_view bytes) {
    const std::string head = lower_ascii(bytes.substr(0, 1'024));
    std::size_t at = head.find("charset=");
    if (at == std::string::npos) return {};
    at += 8;
    while (at < head.size() && (head[at] == '"' || head[at] == '\'' || head[at] == ' ')) ++at;
    const std::size_t end = head.find_first_of("\"'> ;/", at);
    return end == std::string::npos ? std::string() : head.substr(at, end - at);
}

// Whether elements that only an end tag closes are nested beyond reason. Gumbo's time and memory
// grow with the square of the depth, so this is found out before.
bool is_too_deep(std::string_view html) {
    constexpr std::array<std::string_view, 16> kNames = {
        "div", "span", "section", "article", "blockquote", "table",  "ul",    "ol",
        "dl",  "font", "b",       "i",       "em",         "strong", "small", "center"};
    long depth = 0;
    for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at)) {
        ++at;
        const bool closes = at < html.size() && html[at] == '/';
        if (closes) ++at;
        std::size_t end = at;
        while (end < html.size() && end - at < 12 &&
               std::isalnum(static_cast<unsigned char>(html[end])) != 0) {
            ++end;
        }
        const std::string name = lower_ascii(html.substr(at, end - at));
        if (std::ranges::find(kNames, name) == kNames.end()) continue;
        depth = std::max(depth + (closes ? -1 : 1), 0L);
        if (depth > kOpenElementsMax) return true;
    }
    return false;
}

const GumboNode& parse(std::string_view text) {
    return *gumbo_parse_with_options(&kGumboDefaultOptions, text.data(), text.size())->root;
}

}  // namespace

std::string html_fragment_text(std::string_view html) {
    if (is_too_deep(html)) return {};
    HtmlReader reader;
    return one_line(reader.inner_text(parse(html), 0).value_or(std::string()));
}

Parsed<Document> read_html(std::string_view bytes) {
    if (bytes.size() > kMarkupBytesMax) {
        return refuse("UnsupportedFormat", "is larger than HTML may be (16 MiB)");
    }
    std::string charset;
    std::string text = decode_file(bytes, charset);
    if (charset == "windows-1252") {
        const std::string declared = declared_charset(bytes);
        if (auto converted = from_charset(bytes, declared)) {
            text = std::move(*converted);
            charset = declared;
        }
    }
    const auto too_deep = [] {
        return refuse("Broken",
                      "nests its elements more than " + std::to_string(kNestingMax) + " deep");
    };
    if (is_too_deep(text)) return too_deep();
    const GumboNode& root = parse(text);
    HtmlReader reader;
    auto& document = reader.builder().document();
    read_head(root, document, 0);
    document.media = "text/html";
    document.meta["charset"] = charset;
    if (!reader.walk(root)) return too_deep();
    reader.flush();
    return reader.builder().finish();
}

}  // namespace weft::helper
