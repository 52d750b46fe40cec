// Which locals a block or lambda takes from outside: everything it reads less what it defines.
#include "compiler/lower/emitter.h"

namespace weft::lowering {
namespace {

class Walker {
  public:
    explicit Walker(const ir::Module& module) : module_(module) {}

    void block(ir::BlockId id) {
        if (!id.has_value()) return;
        const auto& node = module_.blocks[id];
        for (auto stmt : node.stmts) statement(module_.stmts[stmt]);
        expression(node.value);
    }

    void lambda(const ir::Lambda& node) {
        for (auto parameter : node.parameters) defined_.insert(parameter);
        expression(node.body);
    }

    std::set<ir::LocalId> free() {
        std::set<ir::LocalId> out;
        for (auto local : used_) {
            if (!defined_.contains(local)) out.insert(local);
        }
        return out;
    }

  private:
    void expression(ir::ExprId id) {
        if (!id.has_value()) return;
        const auto& e = module_.exprs[id];
        if (e.kind == ir::ExprKind::Local) used_.insert(e.local);
        if (e.kind == ir::ExprKind::Let) defined_.insert(e.local);
        if (e.kind == ir::ExprKind::ListFn) lambda(module_.lambdas[ir::LambdaId{e.index}]);
        expression(e.a);
        expression(e.b);
        for (auto arg : e.args) expression(arg);
    }

    void statement(const ir::Stmt& stmt) {
        expression(stmt.expr);
        switch (stmt.kind) {
            case ir::Stmt::Kind::Let:
                defined_.insert(stmt.local);
                break;
            case ir::Stmt::Kind::Step:
                step(module_.steps[stmt.row]);
                break;
            case ir::Stmt::Kind::Each:
                each(module_.eaches[stmt.row]);
                break;
            case ir::Stmt::Kind::If:
                if_statement(module_.ifs[stmt.row]);
                break;
            case ir::Stmt::Kind::Gate:
                gate(module_.gates[stmt.row]);
                break;
            case ir::Stmt::Kind::Return:
            case ir::Stmt::Kind::Fail:
            case ir::Stmt::Kind::Emit:
            case ir::Stmt::Kind::Sleep:
                break;
        }
    }

    void step(const ir::Step& node) {
        define(node.result);
        for (auto arg : node.args) expression(arg);
        expression(node.when);
        block(node.body);
        for (const auto& handler : node.handlers) {
            define(handler.error);
            block(handler.body);
        }
        block(node.undo.body);
    }

    void each(const ir::Each& node) {
        define(node.result);
        define(node.item);
        expression(node.list);
        block(node.body);
        block(node.undo.body);
    }

    void if_statement(const ir::If& node) {
        define(node.result);
        expression(node.condition);
        block(node.then_block);
        block(node.else_block);
    }

    void gate(const ir::Gate& node) {
        define(node.verdict);
        for (const auto& requirement : node.requirements) {
            for (auto stmt : requirement.steps) statement(module_.stmts[stmt]);
            expression(requirement.condition);
            expression(requirement.score);
            expression(requirement.threshold);
        }
        for (const auto& rung : node.rungs) {
            for (const auto& [local, value] : rung.with) {
                used_.insert(local);
                expression(value);
            }
            for (auto value : rung.values) used_.insert(value);
            expression(rung.value);
            block(rung.body);
        }
    }

    void define(ir::LocalId local) {
        if (local.has_value()) defined_.insert(local);
    }

    const ir::Module& module_;
    std::set<ir::LocalId> used_;
    std::set<ir::LocalId> defined_;
};

}  // namespace

std::set<ir::LocalId> free_locals(const ir::Module& module, ir::BlockId block) {
    Walker walker(module);
    walker.block(block);
    return walker.free();
}

std::set<ir::LocalId> free_locals(const ir::Module& module, const ir::Lambda& lambda) {
    Walker walker(module);
    walker.lambda(lambda);
    return walker.free();
}

}  // namespace weft::lowering
