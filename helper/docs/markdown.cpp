// Markdown by cmark-gfm, with GitHub's tables, task lists, strike-through and footnotes.
#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include <string>
#include <utility>

#include "helper/docs/html.h"
#include "helper/docs/readers.h"
#include "helper/docs/text.h"

namespace weft::helper {
namespace {

std::string_view literal(cmark_node* node) {
    const char* text = cmark_node_get_literal(node);
    return text == nullptr ? std::string_view() : std::string_view(text);
}

std::string_view type_of(cmark_node* node) {
    return cmark_node_get_type_string(node);
}

class MarkdownReader {
  public:
    // False when blocks are nested too deeply.
    bool walk(cmark_node* node, int depth = 0) {
        if (depth > kNestingMax) return false;
        const auto type = cmark_node_get_type(node);
        if (type == CMARK_NODE_HEADING) {
            const int level = cmark_node_get_heading_level(node);
            builder_.heading(level, inline_text(node), "h" + std::to_string(level));
        } else if (type == CMARK_NODE_PARAGRAPH) {
            add_paragraph(node);
        } else if (type == CMARK_NODE_CODE_BLOCK) {
            builder_.add(BlockKind::Code, 0, literal(node), "pre");
        } else if (type == CMARK_NODE_HTML_BLOCK) {
            builder_.add(BlockKind::Paragraph, 0, html_fragment_text(literal(node)), "p");
        } else if (type_of(node) == "table") {
            add_table(node);
        } else if (type == CMARK_NODE_LIST) {
            return walk_list(node, depth);
        } else if (type == CMARK_NODE_FOOTNOTE_DEFINITION) {
            marker_ = "[" + std::string(literal(node)) + "] ";
            return walk_children(node, depth);
        } else {
            return walk_children(node, depth);
        }
        return true;
    }

    DocumentBuilder& builder() { return builder_; }

  private:
    bool walk_children(cmark_node* node, int depth) {
        for (auto* child = cmark_node_first_child(node); child != nullptr && !builder_.full();
             child = cmark_node_next(child)) {
            if (!walk(child, depth + 1)) return false;
        }
        return true;
    }

    bool walk_list(cmark_node* node, int depth) {
        const bool ordered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
        int number = cmark_node_get_list_start(node);
        ++list_depth_;
        for (auto* item = cmark_node_first_child(node); item != nullptr;
             item = cmark_node_next(item)) {
            if (ordered) marker_ = std::to_string(number++) + ". ";
            if (!walk_children(item, depth + 1)) return false;
            marker_.clear();
        }
        --list_depth_;
        return true;
    }

    void add_paragraph(cmark_node* node) {
        const bool item = list_depth_ > 0;
        builder_.add(item ? BlockKind::Item : BlockKind::Paragraph, list_depth_,
                     marker_ + inline_text(node), item ? "li" : "p");
        marker_.clear();
    }

    void add_table(cmark_node* node) {
        std::string rows;
        for (auto* row = cmark_node_first_child(node); row != nullptr; row = cmark_node_next(row)) {
            bool first = true;
            for (auto* cell = cmark_node_first_child(row); cell != nullptr;
                 cell = cmark_node_next(cell)) {
                if (!std::exchange(first, false)) rows += " | ";
                rows += one_line(inline_text(cell));
            }
            rows += '\n';
        }
        builder_.add(BlockKind::Table, 0, rows, "table");
    }

    // Inline nodes by cmark's own iterator, so that their depth doesn't matter.
    static std::string inline_text(cmark_node* node) {
        std::string out;
        cmark_iter* walk = cmark_iter_new(node);
        for (auto event = cmark_iter_next(walk); event != CMARK_EVENT_DONE;
             event = cmark_iter_next(walk)) {
            if (event != CMARK_EVENT_ENTER) continue;
            cmark_node* at = cmark_iter_get_node(walk);
            const auto type = cmark_node_get_type(at);
            if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE) {
                out += literal(at);
            } else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK) {
                out += '\n';
            } else if (type == CMARK_NODE_FOOTNOTE_REFERENCE) {
                out += '[';
                out += literal(at);
                out += ']';
            }
        }
        cmark_iter_free(walk);
        return out;
    }

    DocumentBuilder builder_;
    std::string marker_;
    int list_depth_ = 0;
};

// "---", lines "key: value", "---" at the very start; only plain values are taken.
std::string_view take_front_matter(std::string_view text, Document& document) {
    if (!text.starts_with("---\n")) return text;
    const std::size_t end = text.find("\n---\n", 3);
    if (end == std::string_view::npos) return text;
    std::string_view head = text.substr(4, end < 4 ? 0 : end - 4);
    while (!head.empty()) {
        const std::size_t stop = std::min(head.find('\n'), head.size());
        const std::string_view line = head.substr(0, stop);
        head.remove_prefix(std::min(stop + 1, head.size()));
        const std::size_t colon = line.find(": ");
        if (colon == std::string_view::npos || line[0] == ' ' || line[0] == '#') continue;
        std::string value = one_line(line.substr(colon + 2));
        if (value.size() > 1 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0]) {
            value = value.substr(1, value.size() - 2);
        }
        const std::string key = lower_ascii(line.substr(0, colon));
        if (key == "title") {
            document.title = value;
        } else {
            document.meta[key] = value;
        }
    }
    return text.substr(end + 5);
}

}  // namespace

Parsed<Document> read_markdown(std::string_view bytes) {
    if (bytes.size() > kMarkupBytesMax) {
        return refuse("UnsupportedFormat", "is larger than Markdown may be (16 MiB)");
    }
    MarkdownReader reader;
    auto& document = reader.builder().document();
    std::string charset;
    const std::string whole = decode_file(bytes, charset);
    const std::string_view text = take_front_matter(whole, document);
    cmark_gfm_core_extensions_ensure_registered();
    cmark_parser* parser = cmark_parser_new(CMARK_OPT_FOOTNOTES | CMARK_OPT_VALIDATE_UTF8);
    for (const char* name : {"table", "strikethrough", "tasklist", "autolink"}) {
        if (auto* extension = cmark_find_syntax_extension(name); extension != nullptr) {
            cmark_parser_attach_syntax_extension(parser, extension);
        }
    }
    cmark_parser_feed(parser, text.data(), text.size());
    cmark_node* root = cmark_parser_finish(parser);
    cmark_parser_free(parser);
    const bool ok = reader.walk(root);
    cmark_node_free(root);
    if (!ok) {
        return refuse("Broken",
                      "nests its blocks more than " + std::to_string(kNestingMax) + " deep");
    }
    document.media = "text/markdown";
    document.meta["charset"] = charset;
    return reader.builder().finish();
}

}  // namespace weft::helper
