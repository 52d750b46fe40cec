// A flow as an SVG picture: one column from top to bottom, ways side by side in frames, so that no
// line crosses another. First every node is measured, then it is drawn.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/plan/flow.h"
#include "weft/markup.h"

namespace weft::plan {
namespace {

constexpr int kLine = 17;       // height of a line of text
constexpr int kPad = 10;        // between a frame and what is in it
constexpr int kGap = 26;        // between two nodes, for the arrow
constexpr int kTextWidth = 56;  // characters of a line
constexpr int kUndoWidth = 36;
constexpr int kCharacter = 7;  // width of one
constexpr int kBoxMin = 150;

int length(std::string_view text) {
    return static_cast<int>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Words onto lines of so many characters; a longer word is cut.
std::vector<std::string> wrapped(std::string_view text, int width) {
    std::vector<std::string> out(1);
    std::string word;
    const auto put = [&] {
        if (word.empty()) return;
        const bool fits = out.back().empty() || length(out.back()) + 1 + length(word) <= width;
        if (!fits) out.emplace_back();
        if (!out.back().empty()) out.back() += ' ';
        out.back() += word;
        word.clear();
    };
    for (const char c : text) {
        if (c == ' ') {
            put();
            continue;
        }
        const bool starts = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
        if (starts && length(word) >= width) put();
        word += c;
    }
    put();
    return out;
}

struct TextLine {
    std::string text;
    std::string_view style;  // class of the stylesheet
};

// A node with what was measured.
struct Box {
    const Node* node = nullptr;
    std::vector<TextLine> lines;    // in its own frame
    std::vector<std::string> undo;  // in a frame to its right
    std::vector<Box> body;
    std::vector<std::vector<Box>> lanes;
    int own_width = 0;   // of its frame
    int own_height = 0;  // of its text
    int width = 0;       // with everything
    int height = 0;
};

bool holds_others(const Node& node) {
    return !node.body.empty() || !node.lanes.empty();
}

// A way without anything on it goes on.
std::string lane_label(const Lane& lane) {
    if (!lane.nodes.empty()) return lane.label;
    return lane.label.empty() ? "goes on" : lane.label + ": goes on";
}

int text_width(const std::vector<TextLine>& lines) {
    int most = 0;
    for (const auto& line : lines) most = std::max(most, length(line.text));
    return most * kCharacter;
}

int undo_width(const Box& box) {
    if (box.undo.empty()) return 0;
    int most = 0;
    for (const auto& line : box.undo) most = std::max(most, length(line));
    return most * kCharacter + 2 * kPad;
}

// Blanks that a viewer does not drop.
std::string hanging(int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += "\u00A0";
    return out;
}

void put_lines(Box& box, const std::string& text, std::string_view style, int indent = 0) {
    bool first = true;
    for (auto& line : wrapped(text, kTextWidth - indent)) {
        box.lines.push_back({hanging(first ? 0 : indent) + line, style});
        first = false;
    }
}

int column_height(const std::vector<Box>& column) {
    int out = 0;
    for (const auto& box : column) out += box.height + (out > 0 ? kGap : 0);
    return out;
}
int column_width(const std::vector<Box>& column) {
    int out = column.empty() ? 0 : kBoxMin;
    for (const auto& box : column) out = std::max(out, box.width);
    return out;
}

std::vector<Box> measured(const std::vector<Node>& nodes);

Box measure(const Node& node) {
    Box out;
    out.node = &node;
    put_lines(out, node.title, "title");
    for (const auto& note : node.notes) {
        const bool listed = node.kind == Kind::Decision;
        put_lines(out, (listed ? "• " : "") + note, "note", listed ? 2 : 0);
    }
    for (std::size_t i = 0; i < node.steps_of_ladder.size(); ++i) {
        put_lines(
            out,
            fmt::format("{} {}", i == 0 ? "if not:" : "if still not:", node.steps_of_ladder[i]),
            "rung");
    }
    if (!node.undo.empty()) out.undo = wrapped(node.undo, kUndoWidth);
    out.body = measured(node.body);
    for (const auto& lane : node.lanes) out.lanes.push_back(measured(lane.nodes));
    const auto undo_lines = static_cast<int>(out.undo.size());
    out.own_height = std::max(static_cast<int>(out.lines.size()), undo_lines) * kLine + 2 * kPad;
    out.own_width = std::max(kBoxMin, text_width(out.lines) + 2 * kPad);
    const int aside = out.undo.empty() ? 0 : kGap + undo_width(out);
    out.width = out.own_width + aside;
    out.height = out.own_height;
    if (!holds_others(node)) return out;
    int inside = 0;
    if (!out.body.empty()) {
        inside = column_width(out.body);
        out.height += column_height(out.body) + kGap / 2 + kPad;
    }
    if (!out.lanes.empty()) {
        int across = 0;
        int tallest = 0;
        for (std::size_t i = 0; i < out.lanes.size(); ++i) {
            const int label = length(lane_label(node.lanes[i])) * kCharacter;
            across += std::max(column_width(out.lanes[i]), label) + (i > 0 ? 2 * kPad : 0);
            tallest = std::max(tallest, column_height(out.lanes[i]));
        }
        inside = std::max(inside, across);
        out.height += tallest + kLine + kGap + kPad;
    }
    out.width = std::max(out.width, inside) + 2 * kPad;
    return out;
}

std::vector<Box> measured(const std::vector<Node>& nodes) {
    std::vector<Box> out;
    for (const auto& node : nodes) out.push_back(measure(node));
    return out;
}

std::string_view style_of(const Node& node) {
    switch (node.kind) {
        case Kind::Decision:
        case Kind::Choice:
            return "decision";
        case Kind::Review:
            return "people";
        case Kind::Wait:
        case Kind::Pause:
        case Kind::Lock:
            return "wait";
        case Kind::Return:
            return "end";
        case Kind::Fail:
            return "fail";
        case Kind::Event:
            return "event";
        default:
            return holds_others(node) ? "group" : "step";
    }
}

class SvgDrawing {
  public:
    std::string all(const std::vector<Flow>& flows) {
        int y = 20;
        int width = 0;
        for (const auto& flow : flows) {
            const int before = y;
            width = std::max(width, one(flow, y));
            y = std::max(y, before) + 2 * kGap;
        }
        return fmt::format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
            "viewBox=\"0 0 {0} {1}\" font-family=\"DejaVu Sans, Verdana, sans-serif\" "
            "font-size=\"11\">\n"
            "<style>\n"
            "text {{ fill: #222 }} .title {{ font-weight: bold }} .note {{ fill: #444 }} "
            ".rung {{ fill: #7a3b00 }} .head {{ font-size: 17px; font-weight: bold }}\n"
            "rect {{ fill: #fff; stroke: #667 }} .step {{ fill: #eef4ff }} .decision {{ fill: "
            "#fff4e0 }} "
            ".people {{ fill: #e9f7ea }} .wait {{ fill: #f3eefc }} .end {{ fill: #e3f3e3 }} "
            ".fail {{ fill: #fde8e8 }} .event {{ fill: #f6f6f6 }} .group {{ fill: #fafbfd }} "
            ".undo {{ fill: #fff; stroke: #a55; stroke-dasharray: 4 3 }}\n"
            "line {{ stroke: #667 }} .dashed {{ stroke: #a55; stroke-dasharray: 4 3 }}\n"
            "</style>\n"
            "<rect x=\"0\" y=\"0\" width=\"{0}\" height=\"{1}\" "
            "style=\"stroke:none\"/>\n{2}</svg>\n",
            width + 40, y, out_);
    }

  private:
    void text(int x, int y, std::string_view text, std::string_view style) {
        out_ +=
            fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\" xml:space=\"preserve\">{}</text>\n",
                        x, y, style, escape_markup(text));
    }
    void rect(int x, int y, int width, int height, std::string_view style) {
        out_ += fmt::format(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\" class=\"{}\"/>\n", x, y,
            width, height, style);
    }
    void arrow(int x, int from, int to) {
        out_ += fmt::format(
            "<line x1=\"{0}\" y1=\"{1}\" x2=\"{0}\" y2=\"{2}\"/>"
            "<path d=\"M{3} {4} L{0} {2} L{5} {4}\" fill=\"none\" stroke=\"#667\"/>\n",
            x, from, to, x - 4, to - 6, x + 4);
    }

    // Gives its width; `y` is below it then.
    int one(const Flow& flow, int& y) {
        text(20, y + kLine, flow.name, "head");
        y += 2 * kLine;
        int width = length(flow.name) * 11;
        const auto put = [&](const std::string& line, std::string_view style) {
            for (const auto& part : wrapped(line, 2 * kTextWidth)) {
                y += kLine;
                text(20, y, part, style);
                width = std::max(width, length(part) * kCharacter);
            }
        };
        if (!flow.doc.empty()) put(flow.doc, "note");
        for (const auto& fact : flow.facts) put(fact, "note");
        y += kGap;
        const auto boxes = measured(flow.nodes);
        column(boxes, 20, y);
        width = std::max(width, column_width(boxes));
        y += column_height(boxes) + kGap / 2;
        for (const auto& line : flow.on_failure) put(line, "rung");
        for (const auto& node : flow.afterwards) {
            y += kGap / 2;
            const auto box = measure(node);
            draw(box, 20, y);
            width = std::max(width, box.width);
            y += box.height;
        }
        return width;
    }

    void column(const std::vector<Box>& boxes, int x, int y) {
        const Box* above = nullptr;
        for (const auto& box : boxes) {
            const bool ends = above != nullptr && (above->node->kind == Kind::Return ||
                                                   above->node->kind == Kind::Fail);
            if (above != nullptr) {
                if (!ends) arrow(x + kBoxMin / 2, y, y + kGap);
                y += kGap;
            }
            draw(box, x, y);
            y += box.height;
            above = &box;
        }
    }

    void draw(const Box& box, int x, int y) {
        const auto& node = *box.node;
        const bool framed = holds_others(node);
        rect(x, y, framed ? box.width : box.own_width, framed ? box.height : box.own_height,
             style_of(node));
        int at = y + kPad;
        for (const auto& line : box.lines) {
            at += kLine;
            text(x + kPad, at - 5, line.text, line.style);
        }
        if (!box.undo.empty()) undo(box, x, y);
        at = y + box.own_height;
        if (!box.body.empty()) {
            column(box.body, x + kPad, at);
            at += column_height(box.body) + kGap / 2;
        }
        int lane_x = x + kPad;
        for (std::size_t i = 0; i < box.lanes.size(); ++i) {
            if (i > 0) {
                out_ += fmt::format("<line x1=\"{0}\" y1=\"{1}\" x2=\"{0}\" y2=\"{2}\"/>\n",
                                    lane_x - kPad, at, y + box.height);
            }
            text(lane_x, at + kLine - 4, lane_label(node.lanes[i]), "rung");
            column(box.lanes[i], lane_x, at + kLine + kGap / 2);
            const int label = length(lane_label(node.lanes[i])) * kCharacter;
            lane_x += std::max(column_width(box.lanes[i]), label) + 2 * kPad;
        }
    }

    // Beside the frame, or inside of it at the right when it holds others.
    void undo(const Box& box, int x, int y) {
        const int left = x + box.own_width + (holds_others(*box.node) ? 0 : kGap);
        const int height = static_cast<int>(box.undo.size()) * kLine + kPad;
        if (!holds_others(*box.node)) {
            out_ +=
                fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"dashed\"/>\n",
                            x + box.own_width, y + kLine, left, y + kLine);
        }
        rect(left, y + 5, undo_width(box), height, "undo");
        int at = y + 5;
        for (const auto& line : box.undo) {
            at += kLine;
            text(left + kPad, at - 2, line, "rung");
        }
    }

    std::string out_;
};

}  // namespace

std::string to_svg(const std::vector<Flow>& flows) {
    return SvgDrawing().all(flows);
}

}  // namespace weft::plan
