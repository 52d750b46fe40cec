// The syntax tree: one vector of small nodes over one text, in pre-order, so that the children of a
// node follow it. The tree is lossless: every byte of the text is inside a leaf, or between nodes
// as a word of the grammar or as trivia (comments.h finds those again). It knows nothing of PEGTL,
// types or meaning; ast.h gives it names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"

namespace weft {

// g++ 12 takes an enumerator of a scoped enum for a shadow of a type of the same name (MapEntry).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
enum class NodeKind : std::uint16_t {
#define X(Kind, label, category, children) Kind,
#include "grammar/node_kinds.def"
#undef X
};
#pragma GCC diagnostic pop

enum class NodeCategory { Root, Decl, Stmt, Control, Clause, Expr, Type, Pattern, Part };

std::string_view label(NodeKind kind);
NodeCategory category(NodeKind kind);
// What may stand where an operand stands: the category Expr, and `if` and `match`.
bool is_expr(NodeKind kind);

// Node::aux of Unary and Binary.
enum class Operator : std::uint16_t {
    Unknown,  // of nodes that have no operator
    Or,
    And,
    Not,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Coalesce,
    Range,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Negate,
    WholeDivide,
};

std::string_view spelling(Operator op);

struct Node {
    NodeKind kind;
    std::uint16_t aux = 0;
    std::uint32_t subtree = 1;  // nodes in the subtree, this one included
    std::uint32_t begin = 0;    // bytes of the text, without trivia at either end
    std::uint32_t end = 0;
};
static_assert(sizeof(Node) == 16);

using NodeId = Id<struct NodeTag>;

class Tree {
  public:
    Tree(FileId file, std::string text, std::vector<Node> nodes)
        : file_(file), text_(std::move(text)), nodes_(std::move(nodes)) {}

    [[nodiscard]] FileId file() const { return file_; }
    [[nodiscard]] std::string_view text() const { return text_; }
    [[nodiscard]] std::size_t size() const { return nodes_.size(); }
    // Node 0 is the Module.
    [[nodiscard]] NodeId root() const { return NodeId{0}; }
    [[nodiscard]] const Node& operator[](NodeId id) const {
        WEFT_CHECK(id.index < nodes_.size());
        return nodes_[id.index];
    }
    [[nodiscard]] std::string_view text(NodeId id) const {
        const Node& node = (*this)[id];
        return text().substr(node.begin, node.end - node.begin);
    }
    [[nodiscard]] Span span(NodeId id) const {
        const Node& node = (*this)[id];
        return {file_, node.begin, node.end};
    }
    [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }

    // for (NodeId child : tree.children(id))
    class Children {
      public:
        class Iterator {
          public:
            Iterator(const Tree& tree, std::uint32_t index) : tree_(&tree), index_(index) {}
            NodeId operator*() const { return NodeId{index_}; }
            Iterator& operator++() {
                index_ += tree_->nodes_[index_].subtree;
                return *this;
            }
            bool operator==(const Iterator& other) const { return index_ == other.index_; }

          private:
            const Tree* tree_;
            std::uint32_t index_;
        };
        Children(const Tree& tree, NodeId parent) : tree_(&tree), parent_(parent) {}
        [[nodiscard]] Iterator begin() const { return {*tree_, parent_.index + 1}; }
        [[nodiscard]] Iterator end() const {
            return {*tree_, parent_.index + (*tree_)[parent_].subtree};
        }

      private:
        const Tree* tree_;
        NodeId parent_;
    };
    [[nodiscard]] Children children(NodeId id) const { return {*this, id}; }

  private:
    FileId file_;
    std::string text_;
    std::vector<Node> nodes_;
};

// One node a line, indented by depth: `label begin..end "text"` (the text of leaves only).
std::string dump_tree(const Tree& tree);

}  // namespace weft
