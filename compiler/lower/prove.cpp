#include "compiler/lower/prove.h"

#include <algorithm>
#include <map>
#include <optional>

#include "compiler/ir/walk.h"

namespace weft::lowering {

namespace {

using Kind = ir::Stmt::Kind;
using RungKind = ir::Rung::Kind;

// How often the gate may take the rung again, or may be judged anew behind it.
std::uint64_t rounds_of(const ir::Rung& rung) {
    if (rung.kind == RungKind::Retry) return rung.times;
    return rung.kind == RungKind::Review ? 1 : 0;
}

// How often each call is made, and what all calls of a workflow come to.
class Counting {
  public:
    Counting(const ir::Module& module, Proofs& out) : module_(module), out_(out) {}

    WorkflowProof of(const ir::Workflow& workflow) {
        total_ = {};
        total_.irreversible = workflow.may_be_irreversible;
        function(workflow.body, 1, false);
        auto total = std::move(total_);
        // They bound themselves: what they do is no part of what the run may use.
        for (const auto* hook : {&workflow.before_step, &workflow.after_step, &workflow.on_retry,
                                 &workflow.on_failure, &workflow.finally}) {
            function(hook->body, 1, false);
        }
        return total;
    }

  private:
    // The code of a function of its own, which runs so often in a run.
    void function(ir::BlockId body, std::uint64_t runs, bool in_undo) {
        const auto around = std::tuple(runs_, factor_, in_undo_);
        runs_ = runs;
        factor_ = 1;
        in_undo_ = in_undo;
        block(body);
        std::tie(runs_, factor_, in_undo_) = around;
    }

    [[nodiscard]] std::uint64_t here() const { return bound_product(runs_, factor_); }

    // Runs `work` where it is done so many times as often.
    template <typename Work>
    void repeated(std::uint64_t count, Work work) {
        const auto around = factor_;
        factor_ = bound_product(factor_, count);
        work();
        factor_ = around;
    }

    void block(ir::BlockId id) {
        if (!id.has_value()) return;
        const auto& stmts = module_.blocks[id].stmts;
        // Gates of this block, and from which of its lines on they go back how often.
        std::vector<std::uint64_t> rounds(stmts.size(), 1);
        for (std::size_t gate = 0; gate < stmts.size(); ++gate) {
            const ir::Stmt& stmt = module_.stmts[stmts[gate]];
            if (stmt.kind == Kind::Gate) note_rounds(module_.gates[stmt.row], stmts, gate, rounds);
        }
        for (std::size_t i = 0; i < stmts.size(); ++i) {
            repeated(rounds[i], [&] { statement(module_.stmts[stmts[i]]); });
        }
    }

    static void note_rounds(const ir::Gate& gate, const std::vector<ir::StmtId>& stmts,
                            std::size_t at, std::vector<std::uint64_t>& rounds) {
        std::vector<std::uint64_t> more(at, 0);
        for (const auto& rung : gate.rungs) {
            if (rung.kind != RungKind::Retry) continue;
            auto from = std::find(stmts.begin(), stmts.end(), rung.from);
            for (auto i = static_cast<std::size_t>(from - stmts.begin()); i < at; ++i) {
                more[i] = bound_sum(more[i], rung.times);
            }
        }
        for (std::size_t i = 0; i < at; ++i) {
            rounds[i] = bound_product(rounds[i], bound_sum(1, more[i]));
        }
    }

    void statement(const ir::Stmt& stmt) {
        switch (stmt.kind) {
            case Kind::Step:
                step(stmt.row);
                break;
            case Kind::Each: {
                const auto& each = module_.eaches[stmt.row];
                function(each.body, bound_product(here(), each.items_max), in_undo_);
                undo(each.undo);
                break;
            }
            case Kind::Parallel:
                for (const auto& branch : module_.parallels[stmt.row].branches) {
                    function(branch.body, here(), in_undo_);
                }
                break;
            case Kind::If:
                block(module_.ifs[stmt.row].then_block);
                block(module_.ifs[stmt.row].else_block);
                break;
            case Kind::Gate:
                gate(module_.gates[stmt.row]);
                break;
            case Kind::Repeat: {
                const auto& row = module_.repeats[stmt.row];
                repeated(passes_of(stmt.row), [&] { block(row.body); });
                block(row.else_block);
                break;
            }
            case Kind::Wait:
                for (const auto& arm : module_.waits[stmt.row].arms) block(arm.body);
                block(module_.waits[stmt.row].else_block);
                break;
            case Kind::Lock:
                block(module_.locks[stmt.row].else_block);
                break;
            default:
                break;
        }
    }

    // Without a `next` there is one pass and no loop.
    [[nodiscard]] std::uint64_t passes_of(std::uint32_t row) const {
        bool goes_on = false;
        const auto look = [&](const ir::Stmt& stmt) {
            goes_on = goes_on || (stmt.kind == Kind::Next && stmt.row == row);
        };
        ir::for_each_statement(module_, module_.repeats[row].body, look);
        return goes_on ? module_.repeats[row].times : 1;
    }

    void step(std::uint32_t row) {
        const ir::Step& step = module_.steps[row];
        if (step.body.has_value()) {
            // Its own compensation is registered by each pass.
            repeated(std::uint64_t{1} + step.policy.retries, [&] {
                block(step.body);
                if (!module_.blocks[step.body].leaves) undo(step.undo);
            });
        } else {
            call(row, step);
            undo(step.undo);
        }
        for (const auto& handler : step.handlers) block(handler.body);
    }

    void call(std::uint32_t row, const ir::Step& step) {
        out_.steps[row].times = factor_;
        if (step.is_run()) {
            if (!step.detached) add_run(out_.workflows[step.workflow]);
            return;
        }
        const WorkerRow& worker = module_.workers[step.worker].row;
        const auto attempts = bound_product(here(), std::uint64_t{1} + step.policy.retries);
        if (in_undo_) {
            total_.undo_attempts = bound_sum(total_.undo_attempts, attempts);
            return;
        }
        total_.attempts = bound_sum(total_.attempts, attempts);
        if (worker.effect != EffectClass::Read || worker.irreversible) {
            total_.effects = bound_sum(total_.effects, here());
        }
        if (worker.reserve_micros > 0) {
            spend(worker.reserve_currency,
                  bound_product(attempts, static_cast<std::uint64_t>(worker.reserve_micros)));
        }
    }

    void add_run(const WorkflowProof& run) {
        const auto count = here();
        total_.attempts = bound_sum(total_.attempts, bound_product(run.attempts, count));
        total_.effects = bound_sum(total_.effects, bound_product(run.effects, count));
        total_.undo_attempts =
            bound_sum(total_.undo_attempts, bound_product(run.undo_attempts, count));
        for (const auto& one : run.spend) spend(one.currency, bound_product(one.micros, count));
    }

    void spend(const std::string& currency, std::uint64_t micros) {
        auto at = std::ranges::lower_bound(total_.spend, currency, {}, &SpendProof::currency);
        if (at == total_.spend.end() || at->currency != currency) {
            at = total_.spend.insert(at, {currency, 0});
        }
        at->micros = bound_sum(at->micros, micros);
    }

    void gate(const ir::Gate& gate) {
        std::uint64_t judged = 1;
        for (const auto& rung : gate.rungs) judged = bound_sum(judged, rounds_of(rung));
        repeated(judged, [&] {
            for (const auto& requirement : gate.requirements) {
                for (auto id : requirement.steps) statement(module_.stmts[id]);
            }
        });
        std::uint64_t later = 1;
        for (auto rung = gate.rungs.rbegin(); rung != gate.rungs.rend(); ++rung) {
            repeated(later, [&] { block(rung->body); });
            // A review goes back to be judged anew, or to the rung after it.
            const std::uint64_t refused = rung->kind == RungKind::Review ? 1 : 0;
            later = bound_sum(later, bound_sum(rounds_of(*rung), refused));
        }
    }

    void undo(const ir::Undo& undo) {
        if (undo.kind == ir::Undo::Kind::Run) function(undo.body, here(), true);
    }

    const ir::Module& module_;
    Proofs& out_;
    WorkflowProof total_;
    std::uint64_t runs_ = 1;
    std::uint64_t factor_ = 1;
    bool in_undo_ = false;
};

// Whether an irreversible effect may be behind a place: none where no path leads.
using Past = std::optional<bool>;

Past either(Past a, Past b) {
    if (!a) return b;
    return b ? *a || *b : *a;
}

// Walks a workflow in order; what undoes is no part of the way.
class Passing {
  public:
    Passing(const ir::Module& module, Proofs& out) : module_(module), out_(out) {}

    void of(const ir::Workflow& workflow) {
        lines(workflow.body, false);
        is_hook_ = true;
        for (const auto* hook : {&workflow.before_step, &workflow.after_step, &workflow.on_retry,
                                 &workflow.on_failure, &workflow.finally}) {
            lines(hook->body, false);
        }
    }

  private:
    struct Loop {
        Past next;
        Past done;
    };

    Past lines(ir::BlockId id, Past at) {
        if (!id.has_value()) return at;
        for (auto line : module_.blocks[id].stmts) at = statement(module_.stmts[line], at);
        return at;
    }

    Past statement(const ir::Stmt& stmt, Past at) {
        switch (stmt.kind) {
            case Kind::Step:
                return step(stmt.row, at);
            case Kind::Each: {
                const auto& each = module_.eaches[stmt.row];
                const bool around = std::exchange(covered_, covers(each.undo));
                at = side_by_side({each.body}, at);
                covered_ = around;
                undo(each.undo);
                return at;
            }
            case Kind::Parallel: {
                std::vector<ir::BlockId> bodies;
                for (const auto& branch : module_.parallels[stmt.row].branches) {
                    bodies.push_back(branch.body);
                }
                return side_by_side(bodies, at);
            }
            case Kind::If: {
                const auto& row = module_.ifs[stmt.row];
                const Past then = lines(row.then_block, at);
                return either(then, lines(row.else_block, at));
            }
            case Kind::Gate:
                return gate(module_.gates[stmt.row], at);
            case Kind::Repeat:
                return repeat(stmt.row, at);
            case Kind::Next:
                loops_[stmt.row].next = either(loops_[stmt.row].next, at);
                return {};
            case Kind::Done:
                loops_[stmt.row].done = either(loops_[stmt.row].done, at);
                return {};
            case Kind::Wait:
                return wait(module_.waits[stmt.row], at);
            case Kind::Lock: {
                const auto& row = module_.locks[stmt.row];
                return either(at, row.else_block.has_value() ? lines(row.else_block, at) : Past{});
            }
            case Kind::Return:
            case Kind::Fail:
                return {};
            default:
                return at;
        }
    }

    Past step(std::uint32_t row, Past before) {
        const ir::Step& step = module_.steps[row];
        Past at = before;
        if (step.body.has_value()) {
            const bool around = std::exchange(covered_, covers(step.undo));
            at = lines(step.body, before);
            covered_ = around;
        } else {
            auto& facts = out_.steps[row];
            facts.past_return = before.value_or(false);
            facts.remedy = remedy(step);
            if (before && is_irreversible(step)) at = true;
        }
        undo(step.undo);
        for (const auto& handler : step.handlers) at = either(at, lines(handler.body, before));
        return step.when.has_value() ? either(before, at) : at;
    }

    [[nodiscard]] bool covers(const ir::Undo& undo) const {
        return undo.kind == ir::Undo::Kind::Missing ? covered_ : undo.kind == ir::Undo::Kind::Run;
    }

    [[nodiscard]] bool is_irreversible(const ir::Step& step) const {
        if (step.is_run()) {
            return !step.detached && module_.workflows[step.workflow].may_be_irreversible;
        }
        return module_.workers[step.worker].row.irreversible;
    }

    [[nodiscard]] Remedy remedy(const ir::Step& step) const {
        if (in_undo_) return Remedy::Undoes;
        if (step.is_run()) return step.detached ? Remedy::Lives : Remedy::OfRun;
        if (!is_hook_ && step.undo.kind == ir::Undo::Kind::Run) return Remedy::Undone;
        const WorkerRow& worker = module_.workers[step.worker].row;
        if (worker.irreversible) return Remedy::Irreversible;
        if (worker.effect == EffectClass::Read) return Remedy::Reads;
        const bool silent = step.undo.kind == ir::Undo::Kind::Missing;
        return silent && covered_ ? Remedy::Covered : Remedy::Stands;
    }

    // What undoes is not past anything: it runs when the run has failed.
    void undo(const ir::Undo& undo) {
        if (undo.kind != ir::Undo::Kind::Run) return;
        const bool around = std::exchange(in_undo_, true);
        lines(undo.body, false);
        in_undo_ = around;
    }

    // One that may hold an irreversible effect is the point of no return as a whole.
    Past side_by_side(const std::vector<ir::BlockId>& bodies, Past at) {
        const bool holds =
            std::ranges::any_of(bodies, [&](ir::BlockId body) { return holds_irreversible(body); });
        const Past inside = at ? Past(*at || holds) : at;
        for (auto body : bodies) lines(body, inside);
        return inside;
    }

    [[nodiscard]] bool holds_irreversible(ir::BlockId body) const {
        struct Finder : ir::PartVisitor {
            explicit Finder(const Passing& p) : passing(p) {}
            void block(ir::BlockId id, ir::BlockRole role = ir::BlockRole::Body) {
                if (role == ir::BlockRole::Undo || found) return;
                for (auto line : passing.module_.blocks[id].stmts) stmt(line);
            }
            void stmt(ir::StmtId id) {
                const ir::Stmt& stmt = passing.module_.stmts[id];
                if (stmt.kind == Kind::Step) {
                    const ir::Step& step = passing.module_.steps[stmt.row];
                    found = found || (!step.body.has_value() && passing.is_irreversible(step));
                }
                if (!found) ir::visit_parts(passing.module_, stmt, *this);
            }
            const Passing& passing;
            bool found = false;
        };
        if (!body.has_value()) return false;
        Finder finder(*this);
        finder.block(body);
        return finder.found;
    }

    Past gate(const ir::Gate& gate, Past at) {
        for (const auto& requirement : gate.requirements) {
            for (auto id : requirement.steps) statement(module_.stmts[id], at);
        }
        Past out = at;
        for (const auto& rung : gate.rungs) {
            if (rung.body.has_value()) out = either(out, lines(rung.body, at));
        }
        return out;
    }

    // What a pass did stands before the next one.
    Past repeat(std::uint32_t row, Past at) {
        const ir::Repeat& node = module_.repeats[row];
        Past head = at;
        while (true) {
            loops_[row] = {};
            lines(node.body, head);
            const Past again = either(head, loops_[row].next);
            if (again == head) break;
            head = again;
        }
        return either(loops_[row].done, lines(node.else_block, head));
    }

    Past wait(const ir::Wait& wait, Past at) {
        Past out;
        for (const auto& arm : wait.arms) out = either(out, lines(arm.body, at));
        if (wait.else_block.has_value()) out = either(out, lines(wait.else_block, at));
        return out;
    }

    const ir::Module& module_;
    Proofs& out_;
    std::map<std::uint32_t, Loop> loops_;
    bool covered_ = false;
    bool in_undo_ = false;
    bool is_hook_ = false;
};

// Those that a workflow runs come before it.
class InOrder {
  public:
    InOrder(const ir::Module& module, Proofs& out) : module_(module), out_(out) {
        seen_.resize(module.workflows.size());
        for (std::uint32_t i = 0; i < module.workflows.size(); ++i) visit(i);
    }

  private:
    void visit(std::uint32_t number) {
        if (seen_[number]) return;
        seen_[number] = true;
        const ir::Workflow& workflow = module_.workflows[number];
        auto before = [&](const ir::Stmt& stmt) {
            if (stmt.kind != Kind::Step) return;
            const auto& step = module_.steps[stmt.row];
            if (step.is_run()) visit(step.workflow);
        };
        ir::for_each_statement(module_, workflow.body, before);
        out_.workflows[number] = Counting(module_, out_).of(workflow);
        Passing(module_, out_).of(workflow);
    }

    const ir::Module& module_;
    Proofs& out_;
    std::vector<bool> seen_;
};

std::uint8_t labels_in(const TypeTable& types, TypeId type) {
    if (!type.has_value()) return 0;
    const Type& t = types[type];
    unsigned out = t.kind == TypeKind::Labelled ? 1U << static_cast<unsigned>(t.label) : 0U;
    if (t.element.has_value()) out |= labels_in(types, t.element);
    if (t.kind == TypeKind::Record) {
        for (const auto& field : t.fields) out |= labels_in(types, field.type);
    }
    for (const auto& one : t.cases) {
        for (const auto& field : one.fields) out |= labels_in(types, field.type);
    }
    return static_cast<std::uint8_t>(out);
}

}  // namespace

Proofs prove(const ir::Module& module) {
    Proofs out;
    out.steps.resize(module.steps.size());
    out.workflows.resize(module.workflows.size());
    InOrder(module, out);
    return out;
}

std::vector<std::uint8_t> argument_labels(const ir::Module& module, const ir::Step& step) {
    std::vector<std::uint8_t> out;
    for (auto arg : step.args) out.push_back(labels_in(module.types, module.exprs[arg].type));
    return out;
}

}  // namespace weft::lowering
