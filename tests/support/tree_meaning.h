// What a program's tree says, however it is laid out.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "grammar/ast.h"
#include "grammar/literals.h"

namespace weft {

// A tree without positions. Clauses are sorted, so that their order does not count; text blocks
// stand for their value.
inline std::string meaning(const Tree& tree, NodeId id) {
    const Node& node = tree[id];
    std::string out = "(" + std::string(label(node.kind)) + std::to_string(node.aux);
    if (auto text = ast::View(tree, id).as<ast::Text>()) {
        for (const TemplatePart& part : template_parts(text)) {
            out += "|" + std::to_string(static_cast<int>(part.kind)) + part.text;
        }
    } else if (node.subtree == 1 && category(node.kind) != NodeCategory::Clause &&
               node.kind != NodeKind::Block) {
        for (char c : tree.text(id)) {
            if (std::string_view(" \n\t\r").find(c) == std::string_view::npos) out += c;
        }
    }
    std::vector<std::string> clauses;
    for (NodeId child : tree.children(id)) {
        if (node.kind == NodeKind::Text || node.kind == NodeKind::TextBlock) continue;
        std::string part = meaning(tree, child);
        if (category(tree[child].kind) == NodeCategory::Clause && node.kind != NodeKind::Gate) {
            clauses.push_back(part);
        } else {
            out += part;
        }
    }
    std::ranges::sort(clauses);
    for (const std::string& clause : clauses) out += clause;
    return out + ")";
}

}  // namespace weft
