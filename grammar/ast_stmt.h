// Views of statements; their clauses are in ast_clause.h.
#pragma once

#include "grammar/ast_clause.h"
#include "grammar/ast_decl.h"

namespace weft::ast {

struct Tune : NamedDecl<NodeKind::Tune> {
    using NamedDecl::NamedDecl;
    [[nodiscard]] Expr default_value() const { return child<Expr>(); }
};

struct Let : NamedDecl<NodeKind::Let> {
    using NamedDecl::NamedDecl;
    [[nodiscard]] Expr value() const { return child<Expr>(); }
};

struct Signal : NamedDecl<NodeKind::Signal> {
    using NamedDecl::NamedDecl;
    [[nodiscard]] Was was() const { return child<Was>(); }
};

struct Step : Of<NodeKind::Step> {
    using Of::Of;
    [[nodiscard]] Name name() const { return child<Name>(); }
    [[nodiscard]] Was was() const { return child<Was>(); }
    // Block: a composite step. Call (or another Expr, which is a mistake): one effect. Else the
    // statement after `=`: Each, Parallel, Repeat, If, IfLet, Match, Review, Wait, Run.
    [[nodiscard]] View body() const;
    [[nodiscard]] std::vector<Clause> clauses() const { return children<Clause>(); }
};

using Collecting = ExprOf<NodeKind::Collecting>;

struct Each : Of<NodeKind::Each> {
    using Of::Of;
    [[nodiscard]] Name binder() const { return child<Name>(); }
    [[nodiscard]] Expr list() const { return child<Expr>(); }
    [[nodiscard]] AtOnce at_once() const { return child<AtOnce>(); }
    [[nodiscard]] Collecting collecting() const { return child<Collecting>(); }
    [[nodiscard]] Block block() const { return child<Block>(); }
};

struct Parallel : Of<NodeKind::Parallel> {
    using Of::Of;
    [[nodiscard]] bool first_ok() const { return bool(child<Of<NodeKind::JoinFirst>>()); }
    [[nodiscard]] bool settle() const { return bool(child<Of<NodeKind::JoinSettle>>()); }
    // N of `parallel N ok`.
    [[nodiscard]] Expr count_ok() const { return child<ExprOf<NodeKind::JoinCount>>().value(); }
    [[nodiscard]] Block block() const { return child<Block>(); }
};

struct Repeat : Of<NodeKind::Repeat> {
    using Of::Of;
    [[nodiscard]] Name binder() const { return child<Name>(); }
    [[nodiscard]] TypeExpr type() const { return child<TypeExpr>(); }
    [[nodiscard]] Expr initial() const { return child<Expr>(); }
    [[nodiscard]] Expr up_to() const { return child<UpTo>().value(); }
    [[nodiscard]] Block block() const { return child<Block>(); }
    [[nodiscard]] Else else_part() const { return child<Else>(); }
};

struct If : Of<NodeKind::If> {
    using Of::Of;
    [[nodiscard]] Expr condition() const { return child<Expr>(); }
    [[nodiscard]] Block block() const { return child<Block>(); }
    [[nodiscard]] Else else_part() const { return child<Else>(); }
};

// `if let name = value { … }`
struct IfLet : Of<NodeKind::IfLet> {
    using Of::Of;
    [[nodiscard]] Name binder() const { return child<Name>(); }
    [[nodiscard]] Expr value() const { return child<Expr>(); }
    [[nodiscard]] Block block() const { return child<Block>(); }
    [[nodiscard]] Else else_part() const { return child<Else>(); }
};

struct Arm : Of<NodeKind::Arm> {
    using Of::Of;
    // Several are alternatives.
    [[nodiscard]] std::vector<Pattern> patterns() const { return children<Pattern>(); }
    // Expr, Block or Statement.
    [[nodiscard]] View body() const;
};

struct Match : Of<NodeKind::Match> {
    using Of::Of;
    [[nodiscard]] Expr subject() const { return child<Expr>(); }
    [[nodiscard]] std::vector<Arm> arms() const { return children<Arm>(); }
};

using Require = ExprOf<NodeKind::Require>;

struct RetryFrom : Of<NodeKind::RetryFrom> {
    using Of::Of;
    [[nodiscard]] Name step() const { return child<Name>(); }
    [[nodiscard]] std::vector<With> overrides() const { return children<With>(); }
    [[nodiscard]] Expr up_to() const { return child<UpTo>().value(); }
};

struct Accept : Of<NodeKind::Accept> {
    using Of::Of;
    [[nodiscard]] Text reason() const { return child<Text>(); }
};

struct Otherwise : Of<NodeKind::Otherwise> {
    using Of::Of;
    // RetryFrom, Review, Fail, Return, Accept or Block.
    [[nodiscard]] View rung() const { return child<View>(); }
};

struct Gate : NamedDecl<NodeKind::Gate> {
    using NamedDecl::NamedDecl;
    [[nodiscard]] std::vector<Require> requirements() const { return children<Require>(); }
    [[nodiscard]] std::vector<Otherwise> ladder() const { return children<Otherwise>(); }
};

struct Overdue : Of<NodeKind::Overdue> {
    using Of::Of;
    // `approve` or `reject`; else by() and a Within or Until.
    [[nodiscard]] Word verdict() const { return child<Word>(); }
    [[nodiscard]] Expr by() const { return child<By>().value(); }
};

struct Except : Of<NodeKind::Except> {
    using Of::Of;
    [[nodiscard]] std::vector<Expr> people() const { return children<Expr>(); }
};

using Needing = ExprOf<NodeKind::Needing>;

struct Asking : Of<NodeKind::Asking> {
    using Of::Of;
    [[nodiscard]] TypeExpr type() const { return child<TypeExpr>(); }
};

// Its deadline is child<Within>() or child<Until>().
struct Review : Of<NodeKind::Review> {
    using Of::Of;
    [[nodiscard]] std::vector<Expr> values() const { return children<Expr>(); }
    [[nodiscard]] Expr by() const { return child<By>().value(); }
    [[nodiscard]] Expr needing() const { return child<Needing>().value(); }
    [[nodiscard]] Except except() const { return child<Except>(); }
    [[nodiscard]] TypeExpr asking() const { return child<Asking>().type(); }
    [[nodiscard]] std::vector<Overdue> overdue() const { return children<Overdue>(); }
};

struct WaitArm : Of<NodeKind::WaitArm> {
    using Of::Of;
    [[nodiscard]] Name signal() const { return child<Name>(); }
    [[nodiscard]] Name binder() const { return child<Name>(1); }
    [[nodiscard]] Block block() const { return child<Block>(); }
};

// `wait s within D` has signal(), `wait within D { on s … }` has arms().
struct Wait : Of<NodeKind::Wait> {
    using Of::Of;
    [[nodiscard]] Name signal() const { return child<Name>(); }
    [[nodiscard]] std::vector<WaitArm> arms() const { return children<WaitArm>(); }
    [[nodiscard]] Else else_part() const { return child<Else>(); }
};

// A duration, or child<Until>().
using Sleep = ExprOf<NodeKind::Sleep>;

struct Lock : Of<NodeKind::Lock> {
    using Of::Of;
    [[nodiscard]] std::vector<Expr> keys() const { return children<Expr>(); }
    [[nodiscard]] Else else_part() const { return child<Else>(); }
};

struct Run : Of<NodeKind::Run> {
    using Of::Of;
    [[nodiscard]] bool is_detached() const { return has_word("detached"); }
    [[nodiscard]] Expr call() const { return child<Expr>(); }
};

struct Emit : NamedDecl<NodeKind::Emit> {
    using NamedDecl::NamedDecl;
    [[nodiscard]] std::vector<Argument> arguments() const { return children<Argument>(); }
};

using Fail = ExprOf<NodeKind::Fail>;
using Return = ExprOf<NodeKind::Return>;
using Next = ExprOf<NodeKind::Next>;
using Done = ExprOf<NodeKind::Done>;
using ExprStmt = ExprOf<NodeKind::ExprStmt>;

// BeforeStep, AfterStep, OnRetry, OnFailure, Finally: up to two names, and a block.
template <NodeKind K>
struct Hook : Of<K> {
    using Of<K>::Of;
    [[nodiscard]] Name first() const { return this->template child<Name>(); }
    [[nodiscard]] Name second() const { return this->template child<Name>(1); }
    [[nodiscard]] Block block() const { return this->template child<Block>(); }
};

using BeforeStep = Hook<NodeKind::BeforeStep>;
using AfterStep = Hook<NodeKind::AfterStep>;
using OnRetry = Hook<NodeKind::OnRetry>;
using OnFailure = Hook<NodeKind::OnFailure>;
using Finally = Hook<NodeKind::Finally>;

}  // namespace weft::ast
