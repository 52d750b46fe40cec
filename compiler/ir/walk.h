// What statements and expressions are made of: the one place that lists the parts of each kind, so
// that analyses which only need to reach everything cover new statements without a change. What an
// analysis says about order or branches is its own.
#pragma once

#include "compiler/ir/module.h"

namespace weft::ir {

// What a block is to the statement that holds it.
enum class BlockRole : std::uint8_t {
    Body,     // runs with the statement, once a pass
    Item,     // runs side by side with others, or with itself once an item
    Branch,   // one of several of which at most one runs
    Handler,  // runs when the statement failed
    Undo,     // runs when the statement is undone
};

// A visitor derives from this and hides what it wants to see; the rest is passed over.
struct PartVisitor {
    void expr(ExprId) {}
    void block(BlockId, BlockRole) {}
    void stmt(StmtId) {}      // a worker's call inside a requirement
    void defines(LocalId) {}  // the statement gives it its value
    void reads(LocalId) {}    // outside of expressions: shown by a review, overridden by a rung
};

// Calls `visit(ExprId)` for each direct part of an expression; of a list function also for the body
// of its lambda.
template <typename Visit>
void for_each_operand(const Module& module, const Expr& e, Visit visit) {
    if (e.a.has_value()) visit(e.a);
    if (e.b.has_value()) visit(e.b);
    for (auto arg : e.args) {
        if (arg.has_value()) visit(arg);
    }
    if (e.kind == ExprKind::ListFn) visit(module.lambdas[LambdaId{e.index}].body);
}

// The parts of one statement; absent ones are left out.
template <typename Visitor>
class Parts {
  public:
    Parts(const Module& module, Visitor& visitor) : module_(module), visitor_(visitor) {}

    void of(const Stmt& stmt) {
        expr(stmt.expr);
        switch (stmt.kind) {
            case Stmt::Kind::Let:
                defines(stmt.local);
                break;
            case Stmt::Kind::Step:
                of(module_.steps[stmt.row]);
                break;
            case Stmt::Kind::Each:
                of(module_.eaches[stmt.row]);
                break;
            case Stmt::Kind::If:
                of(module_.ifs[stmt.row]);
                break;
            case Stmt::Kind::Gate:
                of(module_.gates[stmt.row]);
                break;
            case Stmt::Kind::Parallel:
                of(module_.parallels[stmt.row]);
                break;
            case Stmt::Kind::Repeat:
                of(module_.repeats[stmt.row]);
                break;
            case Stmt::Kind::Wait:
                of(module_.waits[stmt.row]);
                break;
            case Stmt::Kind::Review:
                of(module_.reviews[stmt.row]);
                break;
            case Stmt::Kind::Lock:
                of(module_.locks[stmt.row]);
                break;
            case Stmt::Kind::Return:
            case Stmt::Kind::Fail:
            case Stmt::Kind::Emit:
            case Stmt::Kind::Sleep:
            case Stmt::Kind::SleepUntil:
            case Stmt::Kind::Next:
            case Stmt::Kind::Done:
                break;
        }
    }

  private:
    void of(const Step& step) {
        defines(step.result);
        for (auto arg : step.args) expr(arg);
        expr(step.when);
        expr(step.until);
        expr(step.key);
        expr(step.cache);
        block(step.body, BlockRole::Body);
        for (const auto& handler : step.handlers) {
            defines(handler.error);
            block(handler.body, BlockRole::Handler);
        }
        block(step.undo.body, BlockRole::Undo);
    }

    void of(const Each& each) {
        defines(each.result);
        defines(each.item);
        expr(each.list);
        block(each.body, BlockRole::Item);
        block(each.undo.body, BlockRole::Undo);
    }

    void of(const Parallel& parallel) {
        defines(parallel.result);
        for (const auto& branch : parallel.branches) {
            defines(branch.value);
            defines(branch.result);
            block(branch.body, BlockRole::Item);
        }
    }

    void of(const Repeat& repeat) {
        defines(repeat.item);
        defines(repeat.result);
        expr(repeat.initial);
        block(repeat.body, BlockRole::Body);
        block(repeat.else_block, BlockRole::Branch);
    }

    void of(const Wait& wait) {
        defines(wait.result);
        expr(wait.deadline);
        for (const auto& arm : wait.arms) {
            defines(arm.value);
            block(arm.body, BlockRole::Branch);
        }
        block(wait.else_block, BlockRole::Branch);
    }

    void of(const Review& review) {
        defines(review.result);
        for (auto value : review.values) expr(value);
        of(review.terms);
    }

    void of(const ReviewTerms& terms) {
        for (const auto& line : terms.lines) expr(line.deadline);
        for (auto person : terms.except) expr(person);
    }

    void of(const Lock& lock) {
        for (auto key : lock.keys) expr(key);
        expr(lock.deadline);
        block(lock.else_block, BlockRole::Branch);
    }

    void of(const If& row) {
        defines(row.result);
        expr(row.condition);
        block(row.then_block, BlockRole::Branch);
        block(row.else_block, BlockRole::Branch);
    }

    void of(const Gate& gate) {
        defines(gate.verdict);
        for (const auto& requirement : gate.requirements) {
            for (auto stmt : requirement.steps) visitor_.stmt(stmt);
            expr(requirement.condition);
            expr(requirement.score);
            expr(requirement.threshold);
        }
        for (const auto& rung : gate.rungs) {
            for (const auto& [local, value] : rung.with) {
                visitor_.reads(local);
                expr(value);
            }
            for (auto value : rung.values) visitor_.reads(value);
            of(rung.terms);
            expr(rung.value);
            block(rung.body, BlockRole::Branch);
        }
    }

    void expr(ExprId id) {
        if (id.has_value()) visitor_.expr(id);
    }
    void block(BlockId id, BlockRole role) {
        if (id.has_value()) visitor_.block(id, role);
    }
    void defines(LocalId id) {
        if (id.has_value()) visitor_.defines(id);
    }

    const Module& module_;
    Visitor& visitor_;
};

template <typename Visitor>
void visit_parts(const Module& module, const Stmt& stmt, Visitor& visitor) {
    Parts<Visitor>(module, visitor).of(stmt);
}

// Every statement below a block, in the order written, those of requirements, handlers and undos
// too: `visit(const Stmt&)`.
template <typename Visit>
void for_each_statement(const Module& module, BlockId block, Visit& visit) {
    struct Below : PartVisitor {
        Below(const Module& m, Visit& v) : module(m), visit(v) {}
        void block(BlockId id, BlockRole /*role*/) { for_each_statement(module, id, visit); }
        void stmt(StmtId id) { at(module.stmts[id]); }
        void at(const Stmt& stmt) {
            visit(stmt);
            visit_parts(module, stmt, *this);
        }
        const Module& module;
        Visit& visit;
    };
    if (!block.has_value()) return;
    Below below(module, visit);
    for (auto id : module.blocks[block].stmts) below.stmt(id);
}

}  // namespace weft::ir
