// A flow as numbered lines.
#include <fmt/format.h>

#include "compiler/plan/flow.h"

namespace weft::plan {
namespace {

class Writer {
  public:
    std::string all(const Flow& flow) {
        line(0, flow.name);
        if (!flow.doc.empty()) line(1, flow.doc);
        for (const auto& fact : flow.facts) line(1, fact);
        line(0, "");
        nodes(flow.nodes, "", 0);
        if (!flow.on_failure.empty() || !flow.afterwards.empty()) line(0, "");
        for (const auto& text : flow.on_failure) line(0, text);
        for (const auto& node : flow.afterwards) {
            line(0, node.title + ":");
            nodes(node.body, "", 1);
        }
        return std::move(out_);
    }

  private:
    void line(int depth, const std::string& text) {
        if (!text.empty()) out_.append(static_cast<std::size_t>(depth) * 3, ' ');
        out_ += text;
        out_ += '\n';
    }

    void nodes(const std::vector<Node>& list, const std::string& number, int depth) {
        int count = 0;
        for (const auto& one : list) node(one, fmt::format("{}{}.", number, ++count), depth);
    }

    void node(const Node& node, const std::string& number, int depth) {
        std::string head = fmt::format("{} {}", number, node.title);
        const bool first_beside = node.kind == Kind::Step && !node.notes.empty();
        if (first_beside) head += fmt::format(" ({})", node.notes.front());
        line(depth, head);
        for (std::size_t i = first_beside ? 1 : 0; i < node.notes.size(); ++i) {
            line(depth + 1, (node.kind == Kind::Decision ? "needs " : "") + node.notes[i]);
        }
        if (!node.undo.empty()) line(depth + 1, node.undo);
        for (std::size_t i = 0; i < node.steps_of_ladder.size(); ++i) {
            line(depth + 1, fmt::format("{} {}", i == 0 ? "if not:" : "if still not:",
                                        node.steps_of_ladder[i]));
        }
        nodes(node.body, number, depth + 1);
        int letter = 0;
        for (const auto& lane : node.lanes) {
            const auto name = fmt::format("{}{}", number, static_cast<char>('a' + letter++ % 26));
            if (!lane.label.empty()) {
                line(depth + 1, lane.label + (lane.nodes.empty() ? ": goes on" : ":"));
            }
            nodes(lane.nodes, name, depth + (lane.label.empty() ? 1 : 2));
        }
    }

    std::string out_;
};

}  // namespace

std::string to_text(const Flow& flow) {
    return Writer().all(flow);
}

}  // namespace weft::plan
