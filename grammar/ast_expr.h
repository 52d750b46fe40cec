// Views of expressions, text and types. Numbers and text are decoded by literals.h.
#pragma once

#include "grammar/ast_view.h"

namespace weft::ast {

using Missing = Of<NodeKind::Missing>;
using IntLiteral = Of<NodeKind::Int>;
using DecimalLiteral = Of<NodeKind::Decimal>;
using MoneyLiteral = Of<NodeKind::Money>;
using DurationLiteral = Of<NodeKind::Duration>;
using DateLiteral = Of<NodeKind::Date>;
using TimeLiteral = Of<NodeKind::Time>;
using NoneLiteral = Of<NodeKind::None>;

struct BoolLiteral : Of<NodeKind::Bool> {
    using Of::Of;
    [[nodiscard]] bool value() const { return text() == "true"; }
};

struct Regex : Of<NodeKind::Regex> {
    using Of::Of;
    // Between the slashes, with `\/` made `/`.
    [[nodiscard]] std::string pattern() const;
};

using Hole = ExprOf<NodeKind::Hole>;
using TextPart = Of<NodeKind::TextPart>;
using TemplateBody = Of<NodeKind::TemplateBody>;

struct TemplateEach : Of<NodeKind::TemplateEach> {
    using Of::Of;
    [[nodiscard]] Name binder() const { return child<Name>(); }
    [[nodiscard]] Expr list() const { return child<Expr>(); }
    [[nodiscard]] TemplateBody body() const { return child<TemplateBody>(); }
};

struct TemplateIf : Of<NodeKind::TemplateIf> {
    using Of::Of;
    [[nodiscard]] Expr condition() const { return child<Expr>(); }
    [[nodiscard]] TemplateBody then_body() const { return child<TemplateBody>(); }
    [[nodiscard]] TemplateBody else_body() const { return child<TemplateBody>(1); }
};

// "…" and """…""" alike; its parts as written, see literals.h for what they mean.
struct Text : View {
    using View::View;
    [[nodiscard]] static bool is(NodeKind k) {
        return k == NodeKind::Text || k == NodeKind::TextBlock;
    }
    [[nodiscard]] bool is_block() const { return kind() == NodeKind::TextBlock; }
    [[nodiscard]] std::vector<Hole> holes() const { return children<Hole>(); }
};

struct ListLiteral : Of<NodeKind::List> {
    using Of::Of;
    [[nodiscard]] std::vector<Expr> items() const { return children<Expr>(); }
};

struct MapEntry : Of<NodeKind::MapEntry> {
    using Of::Of;
    [[nodiscard]] Expr key() const { return child<Expr>(); }
    [[nodiscard]] Expr value() const { return child<Expr>(1); }
};

struct MapLiteral : Of<NodeKind::Map> {
    using Of::Of;
    [[nodiscard]] std::vector<MapEntry> entries() const { return children<MapEntry>(); }
};

struct NameRef : Of<NodeKind::NameRef> {
    using Of::Of;
    // UpperCamel: a type, a case or an error.
    [[nodiscard]] bool is_upper() const {
        auto t = text();
        return !t.empty() && t[0] >= 'A' && t[0] <= 'Z';
    }
};

// `Money<EUR>` where `.from` follows.
struct TypeValue : Of<NodeKind::TypeValue> {
    using Of::Of;
    [[nodiscard]] TypeExpr type() const { return child<TypeExpr>(); }
};

struct FieldAccess : Of<NodeKind::FieldAccess> {
    using Of::Of;
    [[nodiscard]] Expr base() const { return child<Expr>(); }
    [[nodiscard]] Name field() const { return child<Name>(); }
};

struct IndexExpr : Of<NodeKind::Index> {
    using Of::Of;
    [[nodiscard]] Expr base() const { return child<Expr>(); }
    [[nodiscard]] Expr index() const { return child<Expr>(1); }
};

struct Argument : ExprOf<NodeKind::Argument> {
    using ExprOf::ExprOf;
    [[nodiscard]] Name name() const { return child<Name>(); }
};

// Also how records, cases and errors are built.
struct Call : Of<NodeKind::Call> {
    using Of::Of;
    [[nodiscard]] Expr callee() const { return child<Expr>(); }
    [[nodiscard]] std::vector<Argument> arguments() const { return children<Argument>(); }
};

// `rag.search` as {"rag", "search"}, of a NameRef, or of FieldAccess over names; else empty.
std::vector<std::string_view> dotted_name(Expr expr);

struct Lambda : Of<NodeKind::Lambda> {
    using Of::Of;
    [[nodiscard]] std::vector<Name> parameters() const { return children<Name>(); }
    [[nodiscard]] Expr body() const { return child<Expr>(); }
};

struct Unary : Of<NodeKind::Unary> {
    using Of::Of;
    [[nodiscard]] Operator op() const { return static_cast<Operator>(node().aux); }
    [[nodiscard]] Expr operand() const { return child<Expr>(); }
};

struct Binary : Of<NodeKind::Binary> {
    using Of::Of;
    [[nodiscard]] Operator op() const { return static_cast<Operator>(node().aux); }
    [[nodiscard]] Expr left() const { return child<Expr>(); }
    [[nodiscard]] Expr right() const { return child<Expr>(1); }
};

struct TypeName : Of<NodeKind::TypeName> {
    using Of::Of;
    [[nodiscard]] Path path() const { return child<Path>(); }
    [[nodiscard]] std::vector<TypeExpr> arguments() const { return children<TypeExpr>(); }
};

struct OptionalType : Of<NodeKind::OptionalType> {
    using Of::Of;
    [[nodiscard]] TypeExpr base() const { return child<TypeExpr>(); }
};

// `T where condition`
struct RefinedType : Of<NodeKind::RefinedType> {
    using Of::Of;
    [[nodiscard]] TypeExpr base() const { return child<TypeExpr>(); }
    [[nodiscard]] Expr condition() const { return child<Expr>(); }
};

using PatternAny = Of<NodeKind::PatternAny>;
// A literal, a range of literals, or none.
using PatternLiteral = ExprOf<NodeKind::PatternLiteral>;

struct PatternName : Of<NodeKind::PatternName> {
    using Of::Of;
    [[nodiscard]] Name name() const { return child<Name>(); }
};

struct PatternCase : Of<NodeKind::PatternCase> {
    using Of::Of;
    [[nodiscard]] Path path() const { return child<Path>(); }
    // In the order of the case's fields; `_` skips one.
    [[nodiscard]] std::vector<Name> names() const { return children<Name>(); }
};

}  // namespace weft::ast
