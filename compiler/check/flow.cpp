#include "compiler/check/flow.h"

#include <fmt/format.h>

#include <set>

#include "compiler/ir/takers.h"
#include "compiler/ir/walk.h"

namespace weft::check {

namespace {

using Kind = ir::Stmt::Kind;

// A run counts like the steps that it runs; a detached one lives on its own.
bool is_irreversible(const Context& context, const ir::Step& step) {
    if (step.is_run()) {
        return !step.detached && context.module.workflows[step.workflow].may_be_irreversible;
    }
    return step.worker.has_value() && context.module.workers[step.worker].row.irreversible;
}

// The first step, in the order written, for which `Test` holds; what undoes is not looked into.
template <typename Test>
class Finder : public ir::PartVisitor {
  public:
    Finder(const ir::Module& module, Test test) : module_(module), test_(test) {}

    void stmt(ir::StmtId id) {
        if (found_) return;
        const ir::Stmt& stmt = module_.stmts[id];
        if (stmt.kind == Kind::Step) {
            const ir::Step& step = module_.steps[stmt.row];
            if ((step.worker.has_value() || step.is_run()) && test_(step)) {
                found_ = stmt.row;
                return;
            }
            bool replaced = step.undo.kind != ir::Undo::Kind::Missing;
            if (replaced && test_.stops_at_undo) passed_over_ = step.body;
        }
        ir::visit_parts(module_, stmt, *this);
    }
    void block(ir::BlockId id, ir::BlockRole role = ir::BlockRole::Body) {
        if (role == ir::BlockRole::Undo || id == passed_over_) return;
        for (auto id_of : module_.blocks[id].stmts) stmt(id_of);
    }
    [[nodiscard]] std::optional<std::uint32_t> found() const { return found_; }

  private:
    const ir::Module& module_;
    Test test_;
    ir::BlockId passed_over_;
    std::optional<std::uint32_t> found_;
};

template <typename Test>
std::optional<std::uint32_t> find_in(const Context& context, ir::BlockId block, Test test) {
    Finder<Test> finder(context.module, test);
    if (block.has_value()) finder.block(block);
    return finder.found();
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
        if (step.is_run()) return run_lasts(step);
        const WorkerRow& row = context.module.workers[step.worker].row;
        if (row.effect == EffectClass::Read && !row.irreversible) return false;
        return step.undo.kind != ir::Undo::Kind::Run;
    }
    [[nodiscard]] bool run_lasts(const ir::Step& step) const {
        // A detached one stays in any case.
        if (step.undo.kind == ir::Undo::Kind::Run) return false;
        if (step.detached || step.undo.kind == ir::Undo::Kind::None) return true;
        return find_in(context, context.module.workflows[step.workflow].body, *this).has_value();
    }
};

// Walks a workflow in order; `point` is the step at the point of no return, once one may be behind.
class Walk : public ir::PartVisitor {
  public:
    explicit Walk(const Context& context) : context_(context), module_(context.module) {}

    void stmt(ir::StmtId id) {
        const ir::Stmt& stmt = module_.stmts[id];
        if (stmt.kind == Kind::Fail) failure(stmt.span, "this `fail`");
        const ir::Step* step = stmt.kind == Kind::Step ? &module_.steps[stmt.row] : nullptr;
        if (step != nullptr && step->body.has_value() && step->policy.retries > 0) retried(*step);
        if (stmt.kind == Kind::Gate) gate_ends(module_.gates[stmt.row]);
        if (stmt.kind == Kind::Parallel) side_by_side(module_.parallels[stmt.row]);
        if (stmt.kind == Kind::Repeat) return repeat(module_.repeats[stmt.row]);
        if (stmt.kind == Kind::Next && !loops_.empty()) remember(loops_.back().next);
        if (stmt.kind == Kind::Done && !loops_.empty()) remember(loops_.back().done);
        if (stmt.kind == Kind::Review) rejection(module_.reviews[stmt.row]);
        auto around = std::exchange(at_, {point_, point_, {}});
        const bool taken = std::exchange(
            taken_, taken_ || (ir::is_taken_by(module_, stmt, "Rejected") && !holds_point(stmt)));
        ir::visit_parts(module_, stmt, *this);
        taken_ = taken;
        if (at_.after_branches) point_ = at_.after_branches;
        at_ = around;
        if (step != nullptr && is_irreversible(context_, *step) && !point_) point_ = stmt.row;
    }

    void block(ir::BlockId id, ir::BlockRole role = ir::BlockRole::Body) {
        switch (role) {
            case ir::BlockRole::Body:
                lines(id);
                at_.after_body = point_;
                break;
            case ir::BlockRole::Item:
                // Items run side by side: one that holds it is the point of no return as a whole.
                if (!point_) point_ = find_in(context_, id, IsIrreversible{context_});
                lines(id);
                break;
            case ir::BlockRole::Branch:
                point_ = at_.after_body;
                lines(id);
                if (!module_.blocks[id].leaves && !at_.after_branches) at_.after_branches = point_;
                point_ = at_.after_body;
                break;
            case ir::BlockRole::Handler:
                // A failed step had no effect, so its handlers stand before it.
                point_ = at_.before;
                lines(id);
                point_ = at_.after_body;
                break;
            case ir::BlockRole::Undo:
                break;
        }
    }

  private:
    struct At {
        std::optional<std::uint32_t> before;
        std::optional<std::uint32_t> after_body;
        std::optional<std::uint32_t> after_branches;  // of those that go on behind
    };

    void lines(ir::BlockId id) {
        if (!id.has_value()) return;
        for (auto line : module_.blocks[id].stmts) stmt(line);
    }

    // Its branches run side by side: it is the point of no return as a whole.
    void side_by_side(const ir::Parallel& row) {
        for (const auto& branch : row.branches) {
            if (!point_) point_ = find_in(context_, branch.body, IsIrreversible{context_});
        }
    }

    // What a pass did stands before the next one.
    void repeat(const ir::Repeat& row) {
        auto before = point_;
        loops_.emplace_back();
        lines(row.body);
        if (!before && loops_.back().next && row.times > 1) {
            point_ = loops_.back().next;
            lines(row.body);
        }
        auto loop = loops_.back();
        loops_.pop_back();
        point_ = loop.next ? loop.next : before;
        lines(row.else_block);
        auto after_else = module_.blocks[row.else_block].leaves ? before : point_;
        point_ = loop.done ? loop.done : after_else;
    }

    void remember(std::optional<std::uint32_t>& point) const {
        if (!point) point = point_;
    }

    void retried(const ir::Step& step) {
        auto found = find_in(context_, step.body, Lasts{context_});
        if (!found) return;
        const ir::Step& inner = module_.steps[*found];
        auto& d = context_.report(DiagnosticCode::UncompensatedInRetry, inner.span,
                                  fmt::format("`{}` is run again when `{}` is retried, and nothing "
                                              "undoes it",
                                              inner.path, step.path));
        d.secondary.push_back({step.name_span, "retried as a whole"});
    }

    void gate_ends(const ir::Gate& gate) {
        for (const auto& rung : gate.rungs) {
            if (rung.kind == ir::Rung::Kind::Fail) failure(rung.span, "the end of this gate");
        }
    }

    // No `on` reaches past a point of no return inside of its step.
    [[nodiscard]] bool holds_point(const ir::Stmt& stmt) const {
        return stmt.kind == Kind::Step && module_.steps[stmt.row].body.has_value() &&
               find_in(context_, module_.steps[stmt.row].body, IsIrreversible{context_});
    }

    // Whoever is asked may say no: where nothing can be undone any more, that has to lead
    // somewhere.
    void rejection(const ir::Review& review) {
        if (!point_ || taken_) return;
        if (!reported_.insert(review.span).second) return;
        const ir::Step& step = module_.steps[*point_];
        auto& d = context_.report(
            DiagnosticCode::OutcomeNotHandled, review.span,
            fmt::format("`{}` can be rejected after `{}`, which nothing undoes, and no `on` takes "
                        "`Rejected`",
                        review.path, step.path));
        d.secondary.push_back({step.span, "the point of no return"});
        d.notes.push_back(fmt::format("the path: `{}`, then a rejection holds the run", step.path));
        d.help = "say what a rejection leads to, `on Rejected (e) { … }`, or ask before the effect";
    }

    void failure(Span span, std::string_view what) {
        // The second pass of a repeat comes to the same places.
        if (!point_ || !reported_.insert(span).second) return;
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
    struct Loop {  // points at the ends of its passes
        std::optional<std::uint32_t> next;
        std::optional<std::uint32_t> done;
    };

    At at_;
    std::optional<std::uint32_t> point_;
    std::vector<Loop> loops_;
    std::set<Span> reported_;
    bool taken_ = false;  // a rejection, by a step around
};

// Effects that stay and do not say how they are undone, with what can fail behind them.
class Uncompensated : public ir::PartVisitor {
  public:
    explicit Uncompensated(const Context& context) : context_(context), module_(context.module) {}

    void stmt(ir::StmtId id) {
        const ir::Stmt& stmt = module_.stmts[id];
        note_failure(stmt);
        const ir::Step* step = stmt.kind == Kind::Step ? &module_.steps[stmt.row] : nullptr;
        bool around = is_covered_;
        if (step != nullptr && step->worker.has_value() && !around && lasts(*step)) {
            open_.push_back(step);
        }
        bool covers = step != nullptr
                          ? step->body.has_value() && step->undo.kind != ir::Undo::Kind::Missing
                          : stmt.kind == Kind::Each &&
                                module_.eaches[stmt.row].undo.kind != ir::Undo::Kind::Missing;
        is_covered_ = around || covers;
        ir::visit_parts(module_, stmt, *this);
        is_covered_ = around;
    }
    void block(ir::BlockId id, ir::BlockRole role = ir::BlockRole::Body) {
        // What undoes need not be undone.
        if (role == ir::BlockRole::Undo) return;
        bool around = is_covered_;
        ir::StmtId last = role == ir::BlockRole::Item ? ir::StmtId{} : last_that_may_fail(id);
        for (auto line : module_.blocks[id].stmts) {
            is_covered_ = around && line == last;
            stmt(line);
        }
        is_covered_ = around;
    }
    void finish() {
        for (const auto* step : open_) report(*step, "the run is cancelled");
    }

  private:
    [[nodiscard]] bool is_name(ir::ExprId expr) const {
        return module_.exprs[expr].kind == ir::ExprKind::Local;
    }

    // Behind it nothing in the block can fail, so that the step around undoes it for sure.
    [[nodiscard]] ir::StmtId last_that_may_fail(ir::BlockId id) const {
        const ir::Block& block = module_.blocks[id];
        if (block.value.has_value() && !is_name(block.value)) return {};
        for (auto it = block.stmts.rbegin(); it != block.stmts.rend(); ++it) {
            const ir::Stmt& stmt = module_.stmts[*it];
            if (stmt.kind != Kind::Let || !is_name(stmt.expr)) return *it;
        }
        return {};
    }

    [[nodiscard]] bool lasts(const ir::Step& step) const {
        const WorkerRow& row = context_.module.workers[step.worker].row;
        return row.effect != EffectClass::Read && !row.irreversible &&
               step.undo.kind == ir::Undo::Kind::Missing;
    }

    // What fails first behind an effect makes the path that shows why it must be undone.
    void note_failure(const ir::Stmt& stmt) {
        std::string what;
        if (stmt.kind == Kind::Step && module_.steps[stmt.row].worker.has_value()) {
            what = fmt::format("`{}` fails", module_.steps[stmt.row].path);
        } else if (stmt.kind == Kind::Fail) {
            what = "the run fails";
        } else if (stmt.kind == Kind::Gate) {
            what = fmt::format("`{}` is missed", module_.gates[stmt.row].path);
        } else {
            return;
        }
        for (const auto* step : open_) report(*step, what);
        open_.clear();
    }

    void report(const ir::Step& step, std::string_view then) const {
        const WorkerRow& row = context_.module.workers[step.worker].row;
        auto& d = context_.report(DiagnosticCode::UncompensatedEffect, step.span,
                                  fmt::format("`{}` changes the world, and `{}` does not say how "
                                              "it is undone",
                                              row.name, step.path));
        d.notes.push_back(fmt::format("the path: `{}` is done, then {}", step.path, then));
        d.help = "add `compensate worker(…)`, or `compensate none \"reason\"` if it may stand";
    }

    const Context& context_;
    const ir::Module& module_;
    bool is_covered_ = false;
    std::vector<const ir::Step*> open_;
};

}  // namespace

bool may_be_irreversible(const Context& context, const ir::Workflow& workflow) {
    return find_in(context, workflow.body, IsIrreversible{context}).has_value();
}

std::optional<std::uint32_t> find_irreversible(const Context& context, ir::BlockId block) {
    return find_in(context, block, IsIrreversible{context});
}

std::optional<std::uint32_t> find_lasting_effect(const Context& context, ir::StmtId stmt) {
    Finder<Lasts> finder(context.module, Lasts{context});
    finder.stmt(stmt);
    return finder.found();
}

void check_flow(const Context& context, const ir::Workflow& workflow) {
    if (!workflow.body.has_value()) return;
    Walk(context).block(workflow.body);
    const ir::Hook body{{}, {}, workflow.body};
    for (const auto* part : {&body, &workflow.before_step, &workflow.after_step, &workflow.on_retry,
                             &workflow.on_failure, &workflow.finally}) {
        if (!part->body.has_value()) continue;
        Uncompensated uncompensated(context);
        uncompensated.block(part->body);
        uncompensated.finish();
    }
}

}  // namespace weft::check
