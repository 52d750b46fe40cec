// Views of tests, evals and migrations, and of the statements that only they have.
#pragma once

#include "grammar/ast_stmt.h"

namespace weft::ast {

struct Test : Of<NodeKind::Test> {
    using Of::Of;
    [[nodiscard]] Text title() const { return child<Text>(); }
    [[nodiscard]] Block body() const { return child<Block>(); }
};

// `eval NAME on "cases.jsonl" of Case { … }`: Run, Score, Baseline, Require, Costing, Mock, Let.
struct Eval : NamedDecl<NodeKind::Eval> {
    using NamedDecl::NamedDecl;
    [[nodiscard]] Text data_set() const { return child<Text>(); }
    [[nodiscard]] Block body() const { return child<Block>(); }
};

// `migrate NAME from "HASH" { step brief = old.summary }`
struct Migrate : NamedDecl<NodeKind::Migrate> {
    using NamedDecl::NamedDecl;
    [[nodiscard]] Text from_hash() const { return child<Text>(); }
    [[nodiscard]] Block body() const { return child<Block>(); }
};

struct MockTarget : Of<NodeKind::MockTarget> {
    using Of::Of;
    [[nodiscard]] bool is_step() const { return has_word("step"); }
    [[nodiscard]] Path path() const { return child<Path>(); }
};

using Times = ExprOf<NodeKind::Times>;

struct MockReturns : ExprOf<NodeKind::MockReturns> {
    using ExprOf::ExprOf;
    [[nodiscard]] Expr times() const { return child<Times>().value(); }
    // How long the answer takes.
    [[nodiscard]] Expr after() const { return child<After>().value(); }
};

struct MockFails : Of<NodeKind::MockFails> {
    using Of::Of;
    [[nodiscard]] Expr error() const { return child<Expr>(); }
    [[nodiscard]] Expr times() const { return child<Times>().value(); }
    [[nodiscard]] Expr after() const { return child<After>().value(); }
};

struct MockTimesOut : Of<NodeKind::MockTimesOut> {
    using Of::Of;
    [[nodiscard]] Expr times() const { return child<Times>().value(); }
};

struct MockAction : View {
    using View::View;
    [[nodiscard]] static bool is(NodeKind kind) {
        return kind == NodeKind::MockReturns || kind == NodeKind::MockFails ||
               kind == NodeKind::MockTimesOut;
    }
};

struct Mock : Of<NodeKind::Mock> {
    using Of::Of;
    [[nodiscard]] std::vector<MockTarget> targets() const { return children<MockTarget>(); }
    // One after the other, the last one for ever.
    [[nodiscard]] std::vector<MockAction> actions() const { return children<MockAction>(); }
};

struct Decision : Of<NodeKind::Decision> {
    using Of::Of;
    // approve, reject, revise
    [[nodiscard]] Word verdict() const { return child<Word>(); }
    [[nodiscard]] std::vector<With> revisions() const { return children<With>(); }
    [[nodiscard]] Expr reason() const { return child<Expr>(); }
};

// `decide quality as "reviewer-1" in "editor" after 3h: approve "good enough"`
struct Decide : NamedDecl<NodeKind::Decide> {
    using NamedDecl::NamedDecl;
    [[nodiscard]] Expr actor() const { return child<ExprOf<NodeKind::ActAs>>().value(); }
    [[nodiscard]] Expr role() const { return child<ExprOf<NodeKind::ActIn>>().value(); }
    [[nodiscard]] Expr after() const { return child<After>().value(); }
    [[nodiscard]] Decision decision() const { return child<Decision>(); }
};

struct Send : NamedDecl<NodeKind::Send> {
    using NamedDecl::NamedDecl;
    [[nodiscard]] std::vector<Argument> arguments() const { return children<Argument>(); }
    [[nodiscard]] Expr after() const { return child<After>().value(); }
};

// `crash after brief`
struct Crash : Of<NodeKind::Crash> {
    using Of::Of;
    [[nodiscard]] Word when() const { return child<Word>(); }
    [[nodiscard]] Path step() const { return child<Path>(); }
};

using Expect = ExprOf<NodeKind::Expect>;

struct Score : ExprOf<NodeKind::Score> {
    using ExprOf::ExprOf;
    [[nodiscard]] Name name() const { return child<Name>(); }
};

// `baseline "answers.json"` and, after a comma, the drop that is still allowed.
struct Baseline : Of<NodeKind::Baseline> {
    using Of::Of;
    [[nodiscard]] Expr file() const { return child<Expr>(); }
    [[nodiscard]] Expr tolerance() const { return child<Expr>(1); }
};

}  // namespace weft::ast
