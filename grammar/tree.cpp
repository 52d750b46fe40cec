#include "grammar/tree.h"

#include <array>

namespace weft {

namespace {

struct KindInfo {
    std::string_view label;
    NodeCategory category;
};

constexpr std::array kKinds = {
#define X(Kind, label, category, children) KindInfo{label, NodeCategory::category},
#include "grammar/node_kinds.def"
#undef X
};

}  // namespace

std::string_view label(NodeKind kind) {
    return kKinds[static_cast<std::size_t>(kind)].label;
}

NodeCategory category(NodeKind kind) {
    return kKinds[static_cast<std::size_t>(kind)].category;
}

bool is_expr(NodeKind kind) {
    return category(kind) == NodeCategory::Expr || kind == NodeKind::If ||
           kind == NodeKind::IfLet || kind == NodeKind::Match;
}

std::string_view spelling(Operator op) {
    static constexpr std::array<std::string_view, 20> kSpellings = {
        "",   "or", "and", "not", "==", "!=", "<", "<=", ">", ">=",
        "in", "??", "..",  "+",   "-",  "*",  "/", "%",  "-", "div"};
    return kSpellings[static_cast<std::size_t>(op)];
}

std::string dump_tree(const Tree& tree) {
    std::string out;
    std::vector<std::uint32_t> ends;  // of the open subtrees
    for (std::uint32_t i = 0; i < tree.size(); ++i) {
        while (!ends.empty() && ends.back() <= i) ends.pop_back();
        const Node& node = tree.nodes()[i];
        out.append(ends.size() * 2, ' ');
        out += label(node.kind);
        out += ' ' + std::to_string(node.begin) + ".." + std::to_string(node.end);
        if (node.aux != 0) {
            out += ' ';
            out += spelling(static_cast<Operator>(node.aux));
        }
        if (node.subtree == 1 && node.begin != node.end) {
            out += " \"";
            for (char c : tree.text(NodeId{i})) {
                if (c == '\n') {
                    out += "\\n";
                } else {
                    if (c == '"' || c == '\\') out += '\\';
                    out += c;
                }
            }
            out += '"';
        }
        out += '\n';
        ends.push_back(i + node.subtree);
    }
    return out;
}

}  // namespace weft
