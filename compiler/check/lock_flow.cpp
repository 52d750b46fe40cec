// A run holds at most one lock, so that two runs can't wait for each other: no path asks for a
// second one, and nothing that runs several times side by side asks for any.
#include "compiler/check/flow.h"

namespace weft::check {

namespace {

using Kind = ir::Stmt::Kind;

class LockWalk {
  public:
    explicit LockWalk(const Context& context) : context_(context), module_(context.module) {}

    void block(ir::BlockId id) {
        if (!id.has_value()) return;
        for (auto stmt : module_.blocks[id].stmts) statement(module_.stmts[stmt]);
    }

  private:
    void statement(const ir::Stmt& stmt) {
        switch (stmt.kind) {
            case Kind::Lock:
                lock(module_.locks[stmt.row]);
                break;
            case Kind::Step: {
                const ir::Step& step = module_.steps[stmt.row];
                block(step.body);
                for (const auto& handler : step.handlers) alternatives({handler.body});
                break;
            }
            case Kind::Each:
                ++many_;
                block(module_.eaches[stmt.row].body);
                --many_;
                break;
            case Kind::Parallel:
                ++many_;
                for (const auto& branch : module_.parallels[stmt.row].branches) {
                    block(branch.body);
                }
                --many_;
                break;
            case Kind::Repeat: {
                const ir::Repeat& row = module_.repeats[stmt.row];
                if (row.times > 1) ++many_;
                block(row.body);
                if (row.times > 1) --many_;
                alternatives({row.else_block});
                break;
            }
            case Kind::If: {
                const ir::If& row = module_.ifs[stmt.row];
                alternatives({row.then_block, row.else_block});
                break;
            }
            case Kind::Gate: {
                std::vector<ir::BlockId> blocks;
                for (const auto& rung : module_.gates[stmt.row].rungs) blocks.push_back(rung.body);
                alternatives(blocks);
                break;
            }
            case Kind::Wait: {
                const ir::Wait& row = module_.waits[stmt.row];
                std::vector<ir::BlockId> blocks = {row.else_block};
                for (const auto& arm : row.arms) blocks.push_back(arm.body);
                alternatives(blocks);
                break;
            }
            default:
                break;
        }
    }

    // One of them runs; a lock that any of them asks for may be held after it.
    void alternatives(const std::vector<ir::BlockId>& blocks) {
        const Span* before = held_;
        const Span* after = held_;
        for (auto id : blocks) {
            held_ = before;
            block(id);
            if (after == nullptr && id.has_value() && !module_.blocks[id].leaves) after = held_;
        }
        held_ = after;
    }

    void lock(const ir::Lock& row) {
        if (many_ > 0) {
            auto& d = context_.report(DiagnosticCode::SecondLock, row.span,
                                      "each item, branch or pass would ask for a lock of its own");
            d.help = "take it before them, with all keys";
        } else if (held_ != nullptr) {
            auto& d = context_.report(DiagnosticCode::SecondLock, row.span,
                                      "the run may hold a lock already when it comes here");
            d.secondary.push_back({*held_, "this one"});
            d.help = "ask for all keys at once: `lock a, b within …`";
        }
        if (held_ == nullptr) held_ = &row.span;
        alternatives({row.else_block});
    }

    const Context& context_;
    const ir::Module& module_;
    const Span* held_ = nullptr;
    std::uint32_t many_ = 0;
};

}  // namespace

void check_locks(const Context& context, const ir::Workflow& workflow) {
    LockWalk(context).block(workflow.body);
}

}  // namespace weft::check
