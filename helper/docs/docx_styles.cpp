#include "helper/docs/docx_styles.h"

#include <charconv>

#include "helper/docs/text.h"

namespace weft::helper {
namespace {

constexpr int kHeadingLevels = 9;
constexpr int kBasesMax = 20;  // styles may be based on each other in a circle

int number_of(std::string_view text, int fallback) {
    int value = fallback;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::string value_of(pugi::xml_node parent, std::string_view child) {
    return std::string(attribute_of(child_of(parent, child), "val"));
}

// outlineLvl counts from 0; 9 is body text.
int outline_of(pugi::xml_node properties) {
    const auto node = child_of(properties, "outlineLvl");
    if (!node) return 0;
    const int level = number_of(attribute_of(node, "val"), kHeadingLevels);
    return level >= 0 && level < kHeadingLevels ? level + 1 : 0;
}

DocxNumbering direct_numbering(pugi::xml_node properties) {
    const auto node = child_of(properties, "numPr");
    if (!node) return {};
    return {value_of(node, "numId"), number_of(value_of(node, "ilvl"), 0)};
}

}  // namespace

void DocxStyles::read(pugi::xml_node styles, pugi::xml_node numbering) {
    for (const auto node : child_of(styles, "styles").children()) {
        if (!is_named(node, "style")) continue;
        const auto properties = child_of(node, "pPr");
        Style style{lower_ascii(value_of(node, "name")), value_of(node, "basedOn"),
                    outline_of(properties), direct_numbering(properties)};
        if (style.outline == 0 && style.name.starts_with("heading ")) {
            style.outline = number_of(std::string_view(style.name).substr(8), 0);
        }
        styles_[std::string(attribute_of(node, "styleId"))] = std::move(style);
    }
    for (const auto node : child_of(numbering, "numbering").children()) {
        if (is_named(node, "num")) {
            lists_[std::string(attribute_of(node, "numId"))] = value_of(node, "abstractNumId");
        } else if (is_named(node, "abstractNum")) {
            const std::string id(attribute_of(node, "abstractNumId"));
            for (const auto level : node.children()) {
                if (!is_named(level, "lvl")) continue;
                formats_[{id, number_of(attribute_of(level, "ilvl"), 0)}] =
                    value_of(level, "numFmt");
            }
        }
    }
}

const DocxStyles::Style* DocxStyles::style_of(pugi::xml_node properties) const {
    const auto found = styles_.find(attribute_of(child_of(properties, "pStyle"), "val"));
    return found == styles_.end() ? nullptr : &found->second;
}

int DocxStyles::heading_level(pugi::xml_node properties) const {
    if (child_of(properties, "outlineLvl")) return outline_of(properties);
    const Style* style = style_of(properties);
    for (int i = 0; style != nullptr && i < kBasesMax; ++i) {
        if (style->outline > 0) return style->outline;
        const auto base = styles_.find(style->base);
        style = base == styles_.end() ? nullptr : &base->second;
    }
    return 0;
}

bool DocxStyles::is_title(pugi::xml_node properties) const {
    const Style* style = style_of(properties);
    return style != nullptr && style->name == "title";
}

DocxNumbering DocxStyles::numbering_of(pugi::xml_node properties) const {
    auto numbering = direct_numbering(properties);
    const Style* style = style_of(properties);
    for (int i = 0; numbering.list.empty() && style != nullptr && i < kBasesMax; ++i) {
        numbering = style->numbering;
        const auto base = styles_.find(style->base);
        style = base == styles_.end() ? nullptr : &base->second;
    }
    // List 0 takes a paragraph out of the list of its style.
    if (numbering.list == "0") numbering.list.clear();
    return numbering;
}

std::string DocxStyles::next_marker(const DocxNumbering& numbering) {
    const auto list = lists_.find(numbering.list);
    if (list == lists_.end()) return {};
    const auto format = formats_.find({list->second, numbering.level});
    if (format == formats_.end() || format->second == "bullet" || format->second == "none") {
        return {};
    }
    const int number = ++counters_[{numbering.list, numbering.level}];
    // Deeper levels begin again below the next item.
    for (auto it = counters_.upper_bound({numbering.list, numbering.level});
         it != counters_.end() && it->first.first == numbering.list; ++it) {
        it->second = 0;
    }
    return std::to_string(number) + ". ";
}

}  // namespace weft::helper
