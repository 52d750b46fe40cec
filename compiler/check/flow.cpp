#include "compiler/check/flow.h"

#include <fmt/format.h>

namespace weft::check {

namespace {

using Kind = ir::Stmt::Kind;

bool is_irreversible(const Context& context, const ir::Step& step) {
    return step.worker.has_value() && context.module.workers[step.worker].row.irreversible;
}

// The first step in a block for which `test` holds, in the order written.
template <typename Test>
std::optional<std::uint32_t> find_step(const Context& context, ir::BlockId block, Test test);

template <typename Test>
std::optional<std::uint32_t> find_step_in(const Context& context, ir::StmtId id, Test test) {
    const ir::Module& module = context.module;
    const ir::Stmt& stmt = module.stmts[id];
    switch (stmt.kind) {
        case Kind::Step: {
            const ir::Step& step = module.steps[stmt.row];
            if (step.worker.has_value() && test(step)) return stmt.row;
            bool replaced = step.undo.kind != ir::Undo::Kind::Missing;
            if (step.body.has_value() && !(replaced && test.stops_at_undo)) {
                if (auto found = find_step(context, step.body, test)) return found;
            }
            for (const auto& handler : step.handlers) {
                if (auto found = find_step(context, handler.body, test)) return found;
            }
            return std::nullopt;
        }
        case Kind::Each:
            return find_step(context, module.eaches[stmt.row].body, test);
        case Kind::If: {
            const ir::If& row = module.ifs[stmt.row];
            if (auto found = find_step(context, row.then_block, test)) return found;
            return find_step(context, row.else_block, test);
        }
        case Kind::Gate: {
            for (const auto& rung : module.gates[stmt.row].rungs) {
                if (auto found = find_step(context, rung.body, test)) return found;
            }
            return std::nullopt;
        }
        default:
            return std::nullopt;
    }
}

template <typename Test>
std::optional<std::uint32_t> find_step(const Context& context, ir::BlockId block, Test test) {
    if (!block.has_value()) return std::nullopt;
    for (auto stmt : context.module.blocks[block].stmts) {
        if (auto found = find_step_in(context, stmt, test)) return found;
    }
    return std::nullopt;
}

struct IsIrreversible {
    const Context& context;
    bool stops_at_undo = false;
    bool operator()(const ir::Step& step) const { return is_irreversible(context, step); }
};

struct Lasts {
    const Context& context;
    bool stops_at_undo = true;
    bool operator()(const ir::Step& step) const {
        const WorkerRow& row = context.module.workers[step.worker].row;
        if (row.effect == EffectClass::Read && !row.irreversible) return false;
        return step.undo.kind != ir::Undo::Kind::Run;
    }
};

// Walks a workflow in order; `point` is the step at the point of no return, once one may be behind.
class Walk {
  public:
    explicit Walk(const Context& context) : context_(context), module_(context.module) {}

    void block(ir::BlockId id) {
        if (!id.has_value()) return;
        for (auto stmt : module_.blocks[id].stmts) statement(stmt);
    }

  private:
    void statement(ir::StmtId id) {
        const ir::Stmt& stmt = module_.stmts[id];
        switch (stmt.kind) {
            case Kind::Fail:
                failure(stmt.span, "this `fail`");
                break;
            case Kind::Step:
                step(module_.steps[stmt.row], stmt.row);
                break;
            case Kind::Each: {
                // Its items run side by side: it is the point of no return as a whole.
                const ir::Each& each = module_.eaches[stmt.row];
                auto inside = find_step(context_, each.body, IsIrreversible{context_});
                auto before = point_;
                if (inside && !point_) point_ = inside;
                block(each.body);
                if (!inside) point_ = before;
                break;
            }
            case Kind::If:
                branches(module_.ifs[stmt.row]);
                break;
            case Kind::Gate:
                gate(module_.gates[stmt.row]);
                break;
            default:
                break;
        }
    }

    void branches(const ir::If& row) {
        auto before = point_;
        block(row.then_block);
        auto after_then = leaves(row.then_block) ? before : point_;
        point_ = before;
        block(row.else_block);
        auto after_else = row.else_block.has_value() && leaves(row.else_block) ? before : point_;
        point_ = after_then ? after_then : after_else;
    }

    [[nodiscard]] bool leaves(ir::BlockId id) const { return module_.blocks[id].leaves; }

    void step(const ir::Step& step, std::uint32_t row) {
        auto before = point_;
        if (step.body.has_value()) {
            if (step.policy.retries > 0) retried(step);
            block(step.body);
        }
        auto after = point_;
        // A failed step had no effect, so its own handlers stand before it.
        point_ = before;
        for (const auto& handler : step.handlers) block(handler.body);
        point_ = after;
        if (is_irreversible(context_, step) && !point_) point_ = row;
    }

    void retried(const ir::Step& step) {
        auto found = find_step(context_, step.body, Lasts{context_});
        if (!found) return;
        const ir::Step& inner = module_.steps[*found];
        auto& d = context_.report(DiagnosticCode::UncompensatedInRetry, inner.span,
                                  fmt::format("`{}` is run again when `{}` is retried, and nothing "
                                              "undoes it",
                                              inner.path, step.path));
        d.secondary.push_back({step.name_span, "retried as a whole"});
    }

    void gate(const ir::Gate& gate) {
        for (const auto& rung : gate.rungs) {
            if (rung.kind == ir::Rung::Kind::Fail) failure(rung.span, "the end of this gate");
            if (rung.body.has_value()) {
                auto before = point_;
                block(rung.body);
                point_ = before;
            }
        }
    }

    void failure(Span span, std::string_view what) {
        if (!point_) return;
        const ir::Step& step = module_.steps[*point_];
        auto& d = context_.report(
            DiagnosticCode::FailAfterIrreversible, span,
            fmt::format("{} can be reached after `{}`, which nothing undoes", what, step.path));
        d.secondary.push_back({step.span, "the point of no return"});
        d.notes.push_back(fmt::format("the path: `{}`, then here", step.path));
        d.help = "decide before the irreversible effect, or return";
    }

    const Context& context_;
    const ir::Module& module_;
    std::optional<std::uint32_t> point_;
};

}  // namespace

std::optional<std::uint32_t> find_lasting_effect(const Context& context, ir::StmtId stmt) {
    return find_step_in(context, stmt, Lasts{context});
}

void check_flow(const Context& context, const ir::Workflow& workflow) {
    if (workflow.body.has_value()) Walk(context).block(workflow.body);
}

}  // namespace weft::check
