// Views of declarations, with the clauses that only declarations have.
#pragma once

#include "grammar/ast_expr.h"
#include "grammar/ast_view.h"

namespace weft::ast {

struct Module : Of<NodeKind::Module> {
    using Of::Of;
    explicit Module(const Tree& tree) : Of(tree, tree.root()) {}
    [[nodiscard]] std::vector<Decl> declarations() const { return children<Decl>(); }
};

// `use std.docs` has a path, `use "./types.wf"` a file.
struct Use : Of<NodeKind::Use> {
    using Of::Of;
    [[nodiscard]] Path path() const { return child<Path>(); }
    [[nodiscard]] Text file() const { return child<Text>(); }
};

struct Param : Of<NodeKind::Param> {
    using Of::Of;
    [[nodiscard]] Name name() const { return child<Name>(); }
    [[nodiscard]] TypeExpr type() const { return child<TypeExpr>(); }
    [[nodiscard]] Expr default_value() const { return child<Expr>(); }
};

struct JsonName : Of<NodeKind::JsonName> {
    using Of::Of;
    [[nodiscard]] Text name() const { return child<Text>(); }
};

struct Field : Of<NodeKind::Field> {
    using Of::Of;
    [[nodiscard]] Name name() const { return child<Name>(); }
    [[nodiscard]] JsonName json_name() const { return child<JsonName>(); }
    [[nodiscard]] TypeExpr type() const { return child<TypeExpr>(); }
    [[nodiscard]] Expr default_value() const { return child<Expr>(); }
};

template <NodeKind K>
struct NamedDecl : Of<K> {
    using Of<K>::Of;
    [[nodiscard]] Name name() const { return this->template child<Name>(); }
    [[nodiscard]] TypeExpr type() const { return this->template child<TypeExpr>(); }
};

struct Record : NamedDecl<NodeKind::Record> {
    using NamedDecl::NamedDecl;
    [[nodiscard]] bool is_open() const { return has_word("open"); }
    [[nodiscard]] std::vector<Field> fields() const { return children<Field>(); }
};

struct Case : NamedDecl<NodeKind::Case> {
    using NamedDecl::NamedDecl;
    [[nodiscard]] std::vector<Param> fields() const { return children<Param>(); }
};

struct Enum : NamedDecl<NodeKind::Enum> {
    using NamedDecl::NamedDecl;
    [[nodiscard]] std::vector<Case> cases() const { return children<Case>(); }
};

using TypeAlias = NamedDecl<NodeKind::TypeAlias>;

struct Const : NamedDecl<NodeKind::Const> {
    using NamedDecl::NamedDecl;
    [[nodiscard]] Expr value() const { return child<Expr>(); }
};

struct ErrorDecl : NamedDecl<NodeKind::ErrorDecl> {
    using NamedDecl::NamedDecl;
    [[nodiscard]] std::vector<Field> fields() const { return children<Field>(); }
};

// `type()` is the result's.
template <NodeKind K>
struct Callable : NamedDecl<K> {
    using NamedDecl<K>::NamedDecl;
    [[nodiscard]] std::vector<Param> params() const { return this->template children<Param>(); }
};

struct Fn : Callable<NodeKind::Fn> {
    using Callable::Callable;
    [[nodiscard]] Expr body() const { return child<Expr>(); }
};

struct PromptSection : Of<NodeKind::PromptSection> {
    using Of::Of;
    [[nodiscard]] Word role() const { return child<Word>(); }
    [[nodiscard]] Text text_literal() const { return child<Text>(); }
};

struct Prompt : Callable<NodeKind::Prompt> {
    using Callable::Callable;
    [[nodiscard]] std::vector<PromptSection> sections() const { return children<PromptSection>(); }
};

// `read`, `idempotent for D`, `once`, `transaction`; then `irreversible`, `untrusted`.
struct Effect : Of<NodeKind::Effect> {
    using Of::Of;
    [[nodiscard]] Word effect_class() const { return child<Word>(); }
    [[nodiscard]] Expr window() const { return child<Expr>(); }
    [[nodiscard]] bool is_irreversible() const { return has_word("irreversible"); }
    [[nodiscard]] bool is_untrusted() const { return has_word("untrusted"); }
};

struct Probe : Of<NodeKind::Probe> {
    using Of::Of;
    [[nodiscard]] Path worker() const { return child<Path>(); }
    [[nodiscard]] Expr settles_in() const { return child<Expr>(); }
};

struct Fails : Of<NodeKind::Fails> {
    using Of::Of;
    [[nodiscard]] std::vector<Path> errors() const { return children<Path>(); }
};

struct Breaker : Of<NodeKind::Breaker> {
    using Of::Of;
    [[nodiscard]] Expr failures() const { return child<Expr>(); }
    [[nodiscard]] Expr window() const { return child<Expr>(1); }
    [[nodiscard]] Expr open_for() const { return child<Expr>(2); }
};

using AtOnce = ExprOf<NodeKind::AtOnce>;

struct Rate : Of<NodeKind::Rate> {
    using Of::Of;
    [[nodiscard]] Expr count() const { return child<Expr>(); }
    [[nodiscard]] Expr period() const { return child<Expr>(1); }
};

struct Limit : Of<NodeKind::Limit> {
    using Of::Of;
    [[nodiscard]] AtOnce at_once() const { return child<AtOnce>(); }
    [[nodiscard]] Rate rate() const { return child<Rate>(); }
};

using Costs = ExprOf<NodeKind::Costs>;
using TypeParam = NamedDecl<NodeKind::TypeParam>;

// Timeout and Retry are found with child<Timeout>(), child<Retry>().
struct Worker : Of<NodeKind::Worker> {
    using Of::Of;
    [[nodiscard]] Path path() const { return child<Path>(); }
    [[nodiscard]] Was was() const { return child<Was>(); }
    [[nodiscard]] std::vector<TypeParam> type_params() const { return children<TypeParam>(); }
    [[nodiscard]] std::vector<Param> params() const { return children<Param>(); }
    [[nodiscard]] TypeExpr type() const { return child<TypeExpr>(); }
    [[nodiscard]] std::vector<Clause> clauses() const { return children<Clause>(); }
};

using Costing = ExprOf<NodeKind::Costing>;
using Retain = ExprOf<NodeKind::Retain>;
using Subject = ExprOf<NodeKind::Subject>;
using StrictOrder = Of<NodeKind::StrictOrder>;

// Its Within, Costing, Retain, Key, Subject, Timeout … are clauses: child<Within>().
struct Workflow : Callable<NodeKind::Workflow> {
    using Callable::Callable;
    [[nodiscard]] std::vector<Clause> clauses() const { return children<Clause>(); }
    [[nodiscard]] Block body() const { return child<Block>(); }
};

using ScheduleAt = ExprOf<NodeKind::ScheduleAt>;
using ScheduleEvery = ExprOf<NodeKind::ScheduleEvery>;
using ScheduleIn = ExprOf<NodeKind::ScheduleIn>;
using Overlap = Of<NodeKind::Overlap>;
using CatchUp = ExprOf<NodeKind::CatchUp>;

struct Schedule : NamedDecl<NodeKind::Schedule> {
    using NamedDecl::NamedDecl;
    [[nodiscard]] Expr runs() const { return child<Expr>(); }
    [[nodiscard]] Call call() const { return child<Call>(); }
};

}  // namespace weft::ast
