// A flow as a Mermaid flowchart. Texts are quoted, with what Mermaid reads in them written as
// codes.
#include <fmt/format.h>

#include "compiler/plan/flow.h"

namespace weft::plan {
namespace {

std::string quoted(const std::string& text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '"':
                out += "#quot;";
                break;
            case '#':
                out += "#35;";
                break;
            case '<':
                out += "#lt;";
                break;
            case '>':
                out += "#gt;";
                break;
            case '&':
                out += "#amp;";
                break;
            case '`':
                out += "#96;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

// Where a flow goes on from: a node, and what stands at the arrow.
struct Exit {
    std::string node;
    std::string label;
};

class MermaidDrawing {
  public:
    std::string all(const std::vector<Flow>& flows) {
        out_ = "flowchart TD\n";
        for (const auto& flow : flows) {
            const bool boxed = flows.size() > 1;
            if (boxed) open(flow.name);
            one(flow);
            if (boxed) close();
        }
        out_ += "  classDef undo stroke-dasharray: 4 3\n";
        return std::move(out_);
    }

  private:
    void line(const std::string& text) {
        out_.append(static_cast<std::size_t>(depth_ + 1) * 2, ' ');
        out_ += text;
        out_ += '\n';
    }
    std::string fresh() { return fmt::format("n{}", ++count_); }
    void open(const std::string& title) {
        line(fmt::format("subgraph g{}[\"{}\"]", ++groups_, quoted(title)));
        ++depth_;
        line("direction TB");
    }
    void close() {
        --depth_;
        line("end");
    }

    void one(const Flow& flow) {
        std::string text = quoted(flow.name);
        for (const auto& fact : flow.facts) text += "<br/>" + quoted(fact);
        const auto start = fresh();
        line(fmt::format("{}([\"{}\"])", start, text));
        auto exits = sequence(flow.nodes, {{start, ""}});
        if (!exits.empty()) join(exits, box("([\"", "End", "\"])"));
        for (const auto& node : flow.afterwards) {
            open(node.title);
            sequence(node.body, {});
            close();
        }
        for (const auto& note : flow.on_failure) {
            const auto id = box("[/\"", quoted(note), "\"/]");
            line(fmt::format("class {} undo", id));
        }
    }

    std::string box(const std::string& left, const std::string& text, const std::string& right) {
        const auto id = fresh();
        line(id + left + text + right);
        return id;
    }

    void join(const std::vector<Exit>& exits, const std::string& node) {
        for (const auto& exit : exits) {
            line(exit.label.empty()
                     ? fmt::format("{} --> {}", exit.node, node)
                     : fmt::format("{} -->|\"{}\"| {}", exit.node, quoted(exit.label), node));
        }
    }

    std::vector<Exit> sequence(const std::vector<Node>& nodes, std::vector<Exit> from) {
        for (const auto& node : nodes) from = draw(node, from);
        return from;
    }

    static std::string text_of(const Node& node) {
        std::string out = quoted(node.title);
        for (const auto& note : node.notes) out += "<br/>" + quoted(note);
        return out;
    }

    std::vector<Exit> draw(const Node& node, const std::vector<Exit>& from) {
        switch (node.kind) {
            case Kind::Return:
            case Kind::Fail:
                join(from, box("([\"", text_of(node), "\"])"));
                return {};
            case Kind::Decision:
                return decision(node, from);
            case Kind::Choice:
            case Kind::Wait: {
                const bool choice = node.kind == Kind::Choice;
                const auto id =
                    box(choice ? "{\"" : "{{\"", text_of(node), choice ? "\"}" : "\"}}");
                join(from, id);
                return lanes(node, id, !choice);
            }
            case Kind::Parallel: {
                const auto id = box("[[\"", text_of(node), "\"]]");
                join(from, id);
                return lanes(node, id, false);
            }
            case Kind::Each:
            case Kind::Repeat:
            case Kind::Group:
                return group(node, from);
            default:
                break;
        }
        const bool people = node.kind == Kind::Review;
        const bool rests = node.kind == Kind::Pause || node.kind == Kind::Lock;
        const auto id = box(people  ? "[/\""
                            : rests ? "{{\""
                                    : "[\"",
                            text_of(node),
                            people  ? "\"/]"
                            : rests ? "\"}}"
                                    : "\"]");
        join(from, id);
        undo(node, id);
        return lanes(node, id, true);
    }

    void undo(const Node& node, const std::string& id) {
        if (node.undo.empty()) return;
        const auto other = box("(\"", quoted(node.undo), "\")");
        line(fmt::format("{} -.- {}", id, other));
        line(fmt::format("class {} undo", other));
    }

    // The ways behind a node; `goes_on`: besides them there is the one straight on.
    std::vector<Exit> lanes(const Node& node, const std::string& id, bool goes_on) {
        std::vector<Exit> out;
        if (goes_on || node.lanes.empty()) out.push_back({id, ""});
        for (const auto& lane : node.lanes) {
            for (auto& exit : sequence(lane.nodes, {{id, lane.label}})) out.push_back(exit);
        }
        return out;
    }

    std::vector<Exit> decision(const Node& node, const std::vector<Exit>& from) {
        const auto id = box("{\"", text_of(node), "\"}");
        join(from, id);
        std::vector<Exit> out = {{id, "yes"}};
        std::string above = id;
        bool first = true;
        for (const auto& rung : node.steps_of_ladder) {
            const auto next = box("[/\"", quoted(rung), "\"/]");
            join({{above, first ? "no" : "still not"}}, next);
            first = false;
            above = next;
            if (!rung.starts_with("ends")) out.push_back({next, "then"});
        }
        for (const auto& lane : node.lanes) {
            for (auto& exit : sequence(lane.nodes, {{above, first ? "no" : "still not"}}))
                out.push_back(exit);
        }
        return out;
    }

    std::vector<Exit> group(const Node& node, const std::vector<Exit>& from) {
        const auto id = box("[[\"", text_of(node), "\"]]");
        join(from, id);
        undo(node, id);
        open(node.title);
        auto out = sequence(node.body, {{id, ""}});
        close();
        if (node.body.empty()) out = {{id, ""}};
        for (const auto& lane : node.lanes) {
            for (auto& exit : sequence(lane.nodes, {{id, lane.label}})) out.push_back(exit);
        }
        return out;
    }

    std::string out_;
    int depth_ = 0;
    int count_ = 0;
    int groups_ = 0;
};

}  // namespace

std::string to_mermaid(const std::vector<Flow>& flows) {
    return MermaidDrawing().all(flows);
}

}  // namespace weft::plan
