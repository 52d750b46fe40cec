// Which locals a block or lambda takes from outside: everything it reads less what it defines.
#include "compiler/ir/walk.h"
#include "compiler/lower/emitter.h"

namespace weft::lowering {
namespace {

class Walker : public ir::PartVisitor {
  public:
    explicit Walker(const ir::Module& module) : module_(module) {}

    void block(ir::BlockId id, ir::BlockRole /*role*/ = ir::BlockRole::Body) {
        const auto& node = module_.blocks[id];
        for (auto id_of : node.stmts) stmt(id_of);
        if (node.value.has_value()) expr(node.value);
    }
    void lambda(const ir::Lambda& node) {
        for (auto parameter : node.parameters) defines(parameter);
        expr(node.body);
    }
    void expr(ir::ExprId id) {
        const auto& e = module_.exprs[id];
        if (e.kind == ir::ExprKind::Local) reads(e.local);
        if (e.kind == ir::ExprKind::Let) defines(e.local);
        if (e.kind == ir::ExprKind::ListFn) {
            for (auto parameter : module_.lambdas[ir::LambdaId{e.index}].parameters) {
                defines(parameter);
            }
        }
        ir::for_each_operand(module_, e, [this](ir::ExprId part) { expr(part); });
    }
    void stmt(ir::StmtId id) { ir::visit_parts(module_, module_.stmts[id], *this); }
    void defines(ir::LocalId local) { defined_.insert(local); }
    void reads(ir::LocalId local) { used_.insert(local); }

    std::set<ir::LocalId> free() {
        std::set<ir::LocalId> out;
        for (auto local : used_) {
            if (!defined_.contains(local)) out.insert(local);
        }
        return out;
    }

  private:
    const ir::Module& module_;
    std::set<ir::LocalId> used_;
    std::set<ir::LocalId> defined_;
};

}  // namespace

std::set<ir::LocalId> free_locals(const ir::Module& module, ir::BlockId block) {
    Walker walker(module);
    if (block.has_value()) walker.block(block);
    return walker.free();
}

std::set<ir::LocalId> free_locals(const ir::Module& module, const ir::Lambda& lambda) {
    Walker walker(module);
    walker.lambda(lambda);
    return walker.free();
}

}  // namespace weft::lowering
