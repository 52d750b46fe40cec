// The base of all typed views (ast.h): a node of a tree, or nothing.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "grammar/tree.h"

namespace weft::ast {

class View {
  public:
    View() = default;
    View(const Tree& tree, NodeId id) : tree_(&tree), id_(id) {}

    explicit operator bool() const { return tree_ != nullptr; }
    bool operator==(const View&) const = default;

    [[nodiscard]] static bool is(NodeKind) { return true; }
    [[nodiscard]] const Tree& tree() const {
        WEFT_CHECK(tree_ != nullptr);
        return *tree_;
    }
    [[nodiscard]] NodeId id() const { return id_; }
    [[nodiscard]] const Node& node() const { return tree()[id_]; }
    [[nodiscard]] NodeKind kind() const { return node().kind; }
    // Empty for an empty view.
    [[nodiscard]] std::string_view text() const { return tree_ ? tree_->text(id_) : ""; }
    // Nowhere for an empty view.
    [[nodiscard]] Span span() const { return tree_ ? tree_->span(id_) : Span{}; }

    // The same node as a T, or empty when it is something else.
    template <typename T>
    [[nodiscard]] T as() const {
        return tree_ && T::is(kind()) ? T(*tree_, id_) : T();
    }
    // The nth child (from 0) that is a T.
    template <typename T>
    [[nodiscard]] T child(std::size_t nth = 0) const {
        if (!tree_) return T();
        for (NodeId id : tree_->children(id_)) {
            if (T::is((*tree_)[id].kind) && nth-- == 0) return T(*tree_, id);
        }
        return T();
    }
    template <typename T = View>
    [[nodiscard]] std::vector<T> children() const {
        std::vector<T> out;
        if (!tree_) return out;
        for (NodeId id : tree_->children(id_)) {
            if (T::is((*tree_)[id].kind)) out.push_back(T(*tree_, id));
        }
        return out;
    }
    // Whether a Word child reads so: `irreversible`, `open`, `detached`.
    [[nodiscard]] bool has_word(std::string_view word) const {
        if (!tree_) return false;
        for (NodeId id : tree_->children(id_)) {
            if ((*tree_)[id].kind == NodeKind::Word && tree_->text(id) == word) return true;
        }
        return false;
    }

  private:
    const Tree* tree_ = nullptr;
    NodeId id_;
};

template <NodeKind K>
struct Of : View {
    using View::View;
    [[nodiscard]] static bool is(NodeKind kind) { return kind == K; }
};

template <NodeCategory C>
struct InCategory : View {
    using View::View;
    [[nodiscard]] static bool is(NodeKind kind) { return category(kind) == C; }
};

using Decl = InCategory<NodeCategory::Decl>;
using Clause = InCategory<NodeCategory::Clause>;
using Pattern = InCategory<NodeCategory::Pattern>;
using TypeExpr = InCategory<NodeCategory::Type>;

// Anything that stands where an operand stands.
struct Expr : View {
    using View::View;
    [[nodiscard]] static bool is(NodeKind kind) { return is_expr(kind); }
    // Without the parentheses around it.
    [[nodiscard]] Expr bare() const {
        Expr out = *this;
        while (out && out.kind() == NodeKind::Paren) out = out.child<Expr>();
        return out;
    }
};

// A line of a block.
struct Statement : View {
    using View::View;
    [[nodiscard]] static bool is(NodeKind kind) {
        return category(kind) == NodeCategory::Stmt || category(kind) == NodeCategory::Control;
    }
};

using Name = Of<NodeKind::Name>;
using Word = Of<NodeKind::Word>;

// a.b.c
struct Path : Of<NodeKind::Path> {
    using Of::Of;
    [[nodiscard]] std::vector<Name> names() const { return children<Name>(); }
};

struct Was : Of<NodeKind::Was> {
    using Of::Of;
    [[nodiscard]] Path old_name() const { return child<Path>(); }
};

// A part that is one expression with a word before it.
template <NodeKind K>
struct ExprOf : Of<K> {
    using Of<K>::Of;
    [[nodiscard]] Expr value() const { return this->template child<Expr>(); }
};

using By = ExprOf<NodeKind::By>;
using UpTo = ExprOf<NodeKind::UpTo>;
using After = ExprOf<NodeKind::After>;
using Within = ExprOf<NodeKind::Within>;
using Until = ExprOf<NodeKind::Until>;

struct With : ExprOf<NodeKind::With> {
    using ExprOf::ExprOf;
    [[nodiscard]] Name name() const { return child<Name>(); }
};

struct Block : Of<NodeKind::Block> {
    using Of::Of;
    [[nodiscard]] std::vector<Statement> statements() const { return children<Statement>(); }
};

// Block, If or IfLet.
struct Else : Of<NodeKind::Else> {
    using Of::Of;
    [[nodiscard]] Block block() const { return child<Block>(); }
    [[nodiscard]] View body() const { return child<View>(); }
};

}  // namespace weft::ast
