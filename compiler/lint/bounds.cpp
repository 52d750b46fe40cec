#include "compiler/lint/bounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/check/constants.h"
#include "compiler/check/relations.h"
#include "compiler/ir/walk.h"
#include "compiler/lint/lint.h"

namespace weft::lint {

namespace {

using check::Context;

// In the place of an assumption: what undoes a run.
constexpr int kOfUndo = -1;

// Full jitter: each delay is at most first × 2^n, or the cap.
std::int64_t longest_backoff(const Policy& policy) {
    std::int64_t delay_ms = policy.backoff_first_ms;
    std::int64_t sum_ms = 0;
    for (std::uint16_t i = 0; i < policy.retries; ++i) {
        sum_ms += std::min(delay_ms, policy.backoff_cap_ms);
        delay_ms = std::min(delay_ms * 2, policy.backoff_cap_ms);
    }
    return sum_ms;
}

// A duration at its least or most; none when nothing bounds it.
std::optional<std::int64_t> duration(const Context& context, ir::ExprId expr, bool least) {
    auto interval = check::interval_of(context, expr);
    const auto& end = least ? interval.min : interval.max;
    return end ? end->to_int() : std::nullopt;
}

// Of a Duration; a point in time says nothing about how long it is until then.
std::int64_t deadline(const Context& context, ir::ExprId expr) {
    if (!expr.has_value() || !check::type_of(context, expr).has_value()) return 0;
    TypeKind kind = check::kind_of(context, check::type_of(context, expr));
    if (kind != TypeKind::Duration) return 0;
    return duration(context, expr, false).value_or(0);
}

// Every local that a block reads.
class ReadLocals : public ir::PartVisitor {
  public:
    explicit ReadLocals(const ir::Module& module) : module_(module) {}

    void block(ir::BlockId id, ir::BlockRole /*role*/ = ir::BlockRole::Body) {
        for (auto line : module_.blocks[id].stmts) stmt(line);
        if (module_.blocks[id].value.has_value()) expr(module_.blocks[id].value);
    }
    void stmt(ir::StmtId id) { ir::visit_parts(module_, module_.stmts[id], *this); }
    void expr(ir::ExprId id) {
        const ir::Expr& e = module_.exprs[id];
        if (e.kind == ir::ExprKind::Local) locals.insert(e.local);
        ir::for_each_operand(module_, e, [this](ir::ExprId part) { expr(part); });
    }
    void reads(ir::LocalId local) { locals.insert(local); }

    std::set<ir::LocalId> locals;

  private:
    const ir::Module& module_;
};

class Sum : public ir::PartVisitor {
  public:
    Sum(const Context& context, Assume assume)
        : context_(context), module_(context.module), assume_(assume) {}

    Usage lines(ir::BlockId id) {
        Usage out;
        if (!id.has_value()) return out;
        const auto& stmts = module_.blocks[id].stmts;
        for (std::size_t i = 0; i < stmts.size(); ++i) out += statement(stmts, i);
        return out;
    }

    // --- the parts of a statement that no case below knows
    void stmt(ir::StmtId id) { own_ += one(module_.stmts[id]); }
    void block(ir::BlockId id, ir::BlockRole role) {
        if (role == ir::BlockRole::Branch) {
            branches_.push_back(lines(id));
        } else if (role == ir::BlockRole::Body || role == ir::BlockRole::Item) {
            own_ += lines(id);
        } else if (role == ir::BlockRole::Handler && is_worst()) {
            branches_.push_back(lines(id));
        }
    }

    Usage one(const ir::Stmt& stmt) {
        switch (stmt.kind) {
            case ir::Stmt::Kind::Step:
                return step(module_.steps[stmt.row]);
            case ir::Stmt::Kind::Each:
                return each(module_.eaches[stmt.row]);
            case ir::Stmt::Kind::If: {
                const auto& row = module_.ifs[stmt.row];
                return choice(lines(row.then_block), lines(row.else_block));
            }
            case ir::Stmt::Kind::Sleep:
                return sleep(stmt);
            case ir::Stmt::Kind::Wait: {
                const auto& row = module_.waits[stmt.row];
                return waiting(stmt, deadline(context_, row.deadline), is_paced(row));
            }
            case ir::Stmt::Kind::Lock:
                return waiting(stmt, deadline(context_, module_.locks[stmt.row].deadline), true);
            case ir::Stmt::Kind::Review:
                return waiting(stmt, time_of_review(context_, module_.reviews[stmt.row].terms),
                               true);
            case ir::Stmt::Kind::Parallel:
                return parallel(module_.parallels[stmt.row]);
            case ir::Stmt::Kind::Repeat:
                return repeat(module_.repeats[stmt.row]);
            default:
                return parts(stmt);
        }
    }

    Usage step(const ir::Step& step) {
        Usage out = step.worker.has_value() ? effect(step) : composite(step);
        // A detached run has time and money of its own.
        if (step.workflow != ir::kNoWorkflow && !step.detached) {
            out += of_run(step.workflow);
        }
        if (is_worst()) {
            Usage handled;
            for (const auto& handler : step.handlers) handled = handled.max(lines(handler.body));
            out += handled;
        }
        return step.when.has_value() ? choice(out, {}) : out;
    }

  private:
    // Worked out once, however often it is run.
    const Usage& of_run(std::uint32_t workflow) {
        auto known = context_.usage_of_runs.find({workflow, static_cast<int>(assume_)});
        if (known == context_.usage_of_runs.end()) {
            auto usage = std::make_shared<const Usage>(
                usage_of(context_, module_.workflows[workflow].body, assume_));
            known = context_.usage_of_runs
                        .emplace(std::pair(workflow, static_cast<int>(assume_)), std::move(usage))
                        .first;
        }
        return *known->second;
    }

    Usage effect(const ir::Step& step) const {
        const WorkerRow& row = module_.workers[step.worker].row;
        const Policy& policy = step.policy;
        std::int64_t attempts = is_worst() ? 1 + std::int64_t{policy.retries} : 1;
        Usage out;
        out.attempts = Quantity(attempts);
        if (row.effect != EffectClass::Read || row.irreversible) out.effects = Quantity(1);
        if (assume_ != Assume::Least) {
            Quantity time = Quantity(policy.timeout_ms).times(attempts);
            if (is_worst()) time += Quantity(longest_backoff(policy));
            out.time_ms = policy.within_ms > 0 ? time.min(Quantity(policy.within_ms)) : time;
        }
        if (row.reserve_micros > 0) {
            out.micros[row.reserve_currency] = Quantity(row.reserve_micros).times(attempts);
        }
        return out;
    }

    Usage composite(const ir::Step& step) {
        Usage body = lines(step.body);
        if (is_worst() && step.policy.retries > 0) {
            body = body.times(1 + std::int64_t{step.policy.retries});
            body.time_ms += Quantity(longest_backoff(step.policy));
        }
        if (step.policy.within_ms > 0 && body.time_ms.number()) {
            body.time_ms = body.time_ms.min(Quantity(step.policy.within_ms));
        }
        return body;
    }

    Usage each(const ir::Each& each) {
        ++loops_;
        Usage item = lines(each.body);
        --loops_;
        Usage all = each_of(each, item);
        if (loops_ == 0) all.time_ms += std::exchange(waited_once_, {});
        return all;
    }

    Usage each_of(const ir::Each& each, const Usage& item) {
        auto length = check::length_of(context_, each.list);
        const auto& end = assume_ == Assume::Least ? length.min : length.max;
        auto count = end ? end->to_int() : std::nullopt;
        std::int64_t side_by_side = std::max<std::int64_t>(1, each.limit);
        if (assume_ == Assume::Least && !count) return {};
        if (count) {
            Usage out = item.times(*count);
            std::int64_t rounds = (*count + side_by_side - 1) / side_by_side;
            out.time_ms = item.time_ms.times(rounds);
            return out;
        }
        std::string name = fmt::format("length({})", source_of(context_, each.list));
        Usage out = item.times(name);
        out.time_ms = item.time_ms.times(
            side_by_side == 1 ? name : fmt::format("⌈{}/{}⌉", name, side_by_side));
        return out;
    }

    [[nodiscard]] bool is_worst() const {
        return assume_ == Assume::Worst || assume_ == Assume::Paced;
    }

    Usage repeat(const ir::Repeat& row) {
        ++loops_;
        Usage all = lines(row.body);
        --loops_;
        if (!is_worst()) return all;
        all = all.times(row.times);
        // The else runs when the last pass, too, ended in `next`.
        all += lines(row.else_block);
        if (loops_ == 0) all.time_ms += std::exchange(waited_once_, {});
        return all;
    }

    // What others decide takes all the time that they have at worst, and none if all goes well.
    Usage waiting(const ir::Stmt& stmt, std::int64_t longest_ms, bool paced) {
        Usage out = parts(stmt);
        if (!is_worst()) return out;
        const bool once = assume_ == Assume::Paced && loops_ > 0 && paced;
        (once ? waited_once_ : out.time_ms) += Quantity(longest_ms);
        return out;
    }

    // Whether the passes of the repeat around follow what comes, rather than silence: a wait that
    // goes on by itself, pass by pass, is a timer. What an `each` waits for is asked side by side.
    [[nodiscard]] bool is_paced(const ir::Wait& row) const {
        if (!row.else_block.has_value() || !goes_on(row.else_block)) return true;
        return std::ranges::any_of(row.arms,
                                   [&](const ir::WaitArm& arm) { return goes_on(arm.body); });
    }

    // Whether another pass may follow the block: by `next`, or by what stands behind it.
    [[nodiscard]] bool goes_on(ir::BlockId block) const {
        bool found = !module_.blocks[block].leaves;
        const auto visit = [&](const ir::Stmt& stmt) {
            found = found || stmt.kind == ir::Stmt::Kind::Next;
        };
        ir::for_each_statement(module_, block, visit);
        return found;
    }

    // Side by side, but a branch that reads the value of another runs after it.
    Usage parallel(const ir::Parallel& row) {
        Usage out;
        std::vector<After> branches;
        for (const auto& branch : row.branches) {
            Usage one = lines(branch.body);
            branches.push_back({one.time_ms, {}, {}});
            out += one;
        }
        for (std::size_t i = 0; i < branches.size(); ++i) {
            ReadLocals read(module_);
            read.block(row.branches[i].body);
            for (std::size_t other = 0; other < branches.size(); ++other) {
                if (i != other && read.locals.contains(row.branches[other].value)) {
                    branches[i].waits_for.push_back(other);
                }
            }
        }
        Quantity longest;
        for (std::size_t i = 0; i < branches.size(); ++i) {
            longest = longest.max(time_until(branches, i));
        }
        out.time_ms = longest;
        return out;
    }

    struct After {
        Quantity own;
        std::vector<std::size_t> waits_for;
        std::optional<Quantity> all;  // with those that it waits for
    };

    // A cycle among branches was reported.
    Quantity time_until(std::vector<After>& branches, std::size_t at) {
        if (branches[at].all) return *branches[at].all;
        branches[at].all = Quantity();
        Quantity before;
        for (auto other : branches[at].waits_for) {
            before = before.max(time_until(branches, other));
        }
        before += branches[at].own;
        branches[at].all = before;
        return before;
    }

    Usage sleep(const ir::Stmt& stmt) const {
        Usage out;
        auto time = duration(context_, stmt.expr, assume_ == Assume::Least);
        if (time) {
            out.time_ms = Quantity(*time);
        } else if (assume_ != Assume::Least) {
            out.time_ms = Quantity(1).times(source_of(context_, stmt.expr));
        }
        return out;
    }

    // The gate at `at` may run again what stands before it in its block.
    Usage statement(const std::vector<ir::StmtId>& stmts, std::size_t at) {
        const ir::Stmt& stmt = module_.stmts[stmts[at]];
        if (stmt.kind != ir::Stmt::Kind::Gate) return one(stmt);
        const ir::Gate& gate = module_.gates[stmt.row];
        Usage judged;
        for (const auto& requirement : gate.requirements) {
            for (auto id : requirement.steps) judged += one(module_.stmts[id]);
        }
        Usage out = judged;
        Usage end;
        if (!is_worst()) return out;
        for (const auto& rung : gate.rungs) {
            if (rung.kind == ir::Rung::Kind::Retry) {
                Usage again = judged;
                auto first = std::find(stmts.begin(), stmts.end(), rung.from);
                for (auto it = first; it != stmts.end() && *it != stmts[at]; ++it) {
                    again += statement(stmts, static_cast<std::size_t>(it - stmts.begin()));
                }
                out += again.times(rung.times);
            } else if (rung.kind == ir::Rung::Kind::Review) {
                out += judged;  // a revision is judged anew
                const bool once = assume_ == Assume::Paced && loops_ > 0;
                (once ? waited_once_ : out.time_ms) +=
                    Quantity(time_of_review(context_, rung.terms));
            } else {
                end = end.max(lines(rung.body));
            }
        }
        out += end;
        return out;
    }

    Usage choice(const Usage& a, const Usage& b) const {
        return assume_ == Assume::Least ? a.min(b) : a.max(b);
    }

    // A statement of another kind: all of its bodies, and one of its branches.
    Usage parts(const ir::Stmt& stmt) {
        Usage own = std::exchange(own_, {});
        auto branches = std::exchange(branches_, {});
        ir::visit_parts(module_, stmt, *this);
        std::swap(own, own_);
        std::swap(branches, branches_);
        if (branches.empty()) return own;
        Usage chosen = branches.front();
        for (const auto& branch : branches) chosen = choice(chosen, branch);
        own += chosen;
        return own;
    }

    const Context& context_;
    const ir::Module& module_;
    Assume assume_;
    Usage own_;
    std::vector<Usage> branches_;
    int loops_ = 0;         // around what is summed
    Quantity waited_once_;  // in the outermost of them
};

// Multiplies what undoes each step by how often the step may have been done.
class UndoSum : public ir::PartVisitor {
  public:
    UndoSum(const Context& context) : context_(context), module_(context.module) {}

    void stmt(ir::StmtId id) {
        const ir::Stmt& stmt = module_.stmts[id];
        if (stmt.kind == ir::Stmt::Kind::Each) {
            const auto& each = module_.eaches[stmt.row];
            Usage around = std::exchange(sum, {});
            ir::visit_parts(module_, stmt, *this);
            auto length = check::length_of(context_, each.list).max;
            auto count = length ? length->to_int() : std::nullopt;
            const Span& span = module_.exprs[each.list].span;
            auto text = module_.sources[span.file].text();
            Usage all = count ? sum.times(*count)
                              : sum.times(fmt::format(
                                    "length({})", text.substr(span.begin, span.end - span.begin)));
            around += all;
            sum = std::move(around);
            return;
        }
        if (stmt.kind == ir::Stmt::Kind::Repeat) {
            Usage around = std::exchange(sum, {});
            ir::visit_parts(module_, stmt, *this);
            around += sum.times(module_.repeats[stmt.row].times);
            sum = std::move(around);
            return;
        }
        bool replaced = stmt.kind == ir::Stmt::Kind::Step &&
                        module_.steps[stmt.row].undo.kind == ir::Undo::Kind::Run;
        if (replaced) {
            sum += usage_of(context_, module_.steps[stmt.row].undo.body, Assume::Worst);
        } else {
            ir::visit_parts(module_, stmt, *this);
            if (stmt.kind == ir::Stmt::Kind::Step) of_run(module_.steps[stmt.row]);
        }
    }
    void block(ir::BlockId id, ir::BlockRole role = ir::BlockRole::Body) {
        if (role == ir::BlockRole::Undo) return;
        for (auto line : module_.blocks[id].stmts) stmt(line);
    }

    Usage sum;

  private:
    // Its compensations take their place among those of the run around.
    void of_run(const ir::Step& step) {
        if (step.workflow == ir::kNoWorkflow || step.detached) return;
        auto& known = context_.usage_of_runs[{step.workflow, kOfUndo}];
        if (!known) {
            auto usage = undo_of(context_, module_.workflows[step.workflow].body);
            // Others may have been noted meanwhile; references into the map stay good.
            known = std::make_shared<const Usage>(std::move(usage));
        }
        sum += *known;
    }

    const Context& context_;
    const ir::Module& module_;
};

}  // namespace

Usage usage_of(const Context& context, ir::BlockId block, Assume assume) {
    return Sum(context, assume).lines(block);
}

Usage usage_of_step(const Context& context, const ir::Step& step, Assume assume) {
    return Sum(context, assume).step(step);
}

std::int64_t time_of_review(const Context& context, const ir::ReviewTerms& terms) {
    std::int64_t sum_ms = 0;
    for (const auto& line : terms.lines) sum_ms += deadline(context, line.deadline);
    return sum_ms;
}

Usage undo_of(const Context& context, ir::BlockId block) {
    UndoSum sum(context);
    if (block.has_value()) sum.block(block);
    return sum.sum;
}

WorkflowBounds bounds_of(const Context& context, const ir::Workflow& workflow) {
    WorkflowBounds out;
    out.workflow = workflow.name;
    out.happy = usage_of(context, workflow.body, Assume::Happy);
    out.worst = usage_of(context, workflow.body, Assume::Worst);
    out.undo = undo_of(context, workflow.body);
    out.within_ms = workflow.within_ms;
    out.has_budget = workflow.has_budget;
    out.budget_micros = workflow.budget_micros;
    out.budget_currency = workflow.budget_currency;
    return out;
}

}  // namespace weft::lint
