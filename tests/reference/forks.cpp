// each and parallel: branches side by side, and how they come together.
#include <algorithm>

#include "compiler/ir/walk.h"
#include "tests/reference/run.h"

namespace weft::reference {
namespace {

bool gives_outcomes(JoinRule join) {
    return join == JoinRule::Settle || join == JoinRule::Collect;
}

// Whether a step below the block has, or a branch that it starts may have, an effect that nothing
// undoes. What undoes does not count.
struct FindIrreversible : ir::PartVisitor {
    explicit FindIrreversible(const ir::Module& m) : module(m) {}
    void block(ir::BlockId id, ir::BlockRole role) {
        if (role == ir::BlockRole::Undo) return;
        for (const auto stmt_id : module.blocks[id].stmts) stmt(stmt_id);
    }
    void stmt(ir::StmtId id) {
        const auto& node = module.stmts[id];
        if (node.kind == ir::Stmt::Kind::Step) {
            const auto& step = module.steps[node.row];
            if (step.worker.has_value()) found |= module.workers[step.worker].row.irreversible;
            if (step.workflow != ir::kNoWorkflow && !step.detached) {
                block(module.workflows[step.workflow].body, ir::BlockRole::Body);
            }
        }
        ir::visit_parts(module, node, *this);
    }
    const ir::Module& module;
    bool found = false;
};

struct FindRead : ir::PartVisitor {
    FindRead(const ir::Module& m, ir::LocalId l) : module(m), local(l) {}
    void expr(ir::ExprId id) {
        const auto& e = module.exprs[id];
        found |= e.kind == ir::ExprKind::Local && e.local == local;
        ir::for_each_operand(module, e, [this](ir::ExprId part) { expr(part); });
    }
    void block(ir::BlockId id, ir::BlockRole /*role*/ = ir::BlockRole::Body) {
        for (const auto stmt_id : module.blocks[id].stmts) stmt(stmt_id);
        if (module.blocks[id].value.has_value()) expr(module.blocks[id].value);
    }
    void stmt(ir::StmtId id) { ir::visit_parts(module, module.stmts[id], *this); }
    void reads(ir::LocalId other) { found |= other == local; }
    const ir::Module& module;
    ir::LocalId local;
    bool found = false;
};

}  // namespace

bool Run::may_be_irreversible(ir::BlockId block) const {
    FindIrreversible find(module_);
    find.block(block, ir::BlockRole::Body);
    return find.found;
}

bool Run::reads(ir::BlockId block, ir::LocalId local) const {
    FindRead find(module_, local);
    find.block(block);
    return find.found;
}

Task<> Run::each(Branch& branch, const ir::Each& node) {
    const auto undo_height = branch.undo.size();
    const Value list = co_await value(branch, node.list);
    Fork plan;
    plan.path = node.path;
    plan.limit = node.limit;
    plan.join = node.collects ? JoinRule::Collect : JoinRule::All;
    plan.bound = node.errors_max;
    plan.each = &node;
    plan.items = list.items();
    plan.count = static_cast<std::uint32_t>(plan.items.size());
    const bool irreversible = plan.count > 0 && may_be_irreversible(node.body);
    auto results = co_await fork(branch, plan, irreversible);
    branch.env()[node.result.index] = Value::list(std::move(results));
    if (node.undo.kind == ir::Undo::Kind::Run) replace_undos(branch, undo_height, node.undo);
}

Task<> Run::parallel(Branch& branch, const ir::Parallel& node) {
    Fork plan;
    plan.path = node.path;
    plan.join = node.join;
    plan.bound = node.needed;
    plan.parallel = &node;
    plan.count = static_cast<std::uint32_t>(node.branches.size());
    plan.limit = plan.count;
    bool irreversible = false;
    for (const auto& one : node.branches) {
        std::set<std::uint32_t> after;
        for (std::uint32_t i = 0; i < plan.count; ++i) {
            const auto other = node.branches[i].value;
            const bool is_itself = &one == &node.branches[i];
            if (!is_itself && other.has_value() && reads(one.body, other)) after.insert(i);
        }
        plan.after.push_back(std::move(after));
        irreversible = irreversible || may_be_irreversible(one.body);
    }
    const auto results = co_await fork(branch, plan, irreversible);
    auto& env = branch.env();
    if (node.result.has_value()) {
        env[node.result.index] = node.gives_one ? results.front() : Value::list(results);
    }
    for (std::size_t i = 0; i < node.branches.size(); ++i) {
        const auto result = node.branches[i].result;
        if (result.has_value()) env[result.index] = results.at(i);
    }
}

// The values of the branches, in source order.
Task<std::vector<Value>> Run::fork(Branch& branch, const Fork& plan, bool may_be_irreversible) {
    for (;;) {
        co_await at_site(branch);
        Fork fork = plan;
        fork.first = next_branch_;
        next_branch_ += fork.count;
        fork.env = branch.env();
        fork.stages.assign(fork.count, Stage::Waiting);
        fork.results.resize(fork.count);
        // Branches that may hold an effect that nothing undoes are the point of no return as a
        // whole.
        if (may_be_irreversible && !branch.is_shielded && !branch.in_undo()) {
            count_irreversible(branch, true);
        }
        ForkBody begin;
        begin.first_branch = fork.first;
        begin.count = fork.count;
        begin.limit = fork.limit;
        const std::string place = "fork " + fork.path;
        log(RecordKind::Fork, place, branch.id, begin);
        branch.fork = &fork;
        start_branches(branch);
        if (!fork.live.empty()) co_await rest(branch, Rest::Fork);
        branch.fork = nullptr;
        JoinBody body;
        body.first_branch = fork.first;
        body.count = fork.count;
        body.ok = fork.ok;
        body.failed = fork.failed;
        log(RecordKind::Join, place, branch.id, body);
        std::ranges::stable_sort(fork.undo, {}, &UndoEntry::order);
        for (auto& entry : fork.undo) branch.undo.push_back(std::move(entry));
        if (fork.last_order > branch.last_order) {
            branch.last_order = fork.last_order;
            branch.last_call = fork.last_call;
            branch.last_place = fork.last_place;
        }
        const bool is_complete = fork.join == JoinRule::Ok
                                     ? fork.is_met
                                     : !fork.error && fork.ok + fork.failed == fork.count;
        if (!is_complete && branch.must_stop()) {
            co_await leave_off(branch);
            continue;
        }
        if (!is_complete) {
            co_await raise(branch, *fork.error, place);
            continue;
        }
        co_await next_turn(branch);
        std::vector<Value> results;
        for (std::uint32_t i = 0; i < fork.count; ++i) {
            const bool counts = fork.join != JoinRule::Ok || fork.stages[i] == Stage::Done;
            if (counts) results.push_back(fork.results[i]);
        }
        co_return results;
    }
}

// As many as may run at once, the first ones first; one that reads others after them.
void Run::start_branches(Branch& parent) {
    Fork& fork = *parent.fork;
    if (fork.error || fork.is_met || parent.must_stop()) return;
    for (std::uint32_t item = 0; item < fork.count && fork.live.size() < fork.limit; ++item) {
        if (fork.stages[item] != Stage::Waiting) continue;
        const bool waits = fork.parallel != nullptr &&
                           std::ranges::any_of(fork.after[item], [&](std::uint32_t other) {
                               return fork.stages[other] != Stage::Done;
                           });
        if (waits) continue;
        const BranchId id = fork.first + item;
        auto& branch = *(branches_[id] = std::make_unique<Branch>());
        branch.id = id;
        branch.parent = &parent;
        branch.item = item;
        branch.generation = parent.generation;
        branch.is_shielded = parent.is_shielded || parent.in_undo();
        Env env = fork.env;
        ir::BlockId body;
        if (fork.each != nullptr) {
            env[fork.each->item.index] = fork.items[item];
            body = fork.each->body;
        } else {
            body = fork.parallel->branches[item].body;
            for (const auto other : fork.after[item]) {
                const auto& given = fork.results[other];
                env[fork.parallel->branches[other].value.index] =
                    gives_outcomes(fork.join) ? given.as_case().fields.front() : given;
            }
        }
        fork.stages[item] = Stage::Live;
        fork.live.insert(id);
        branch.main = branch_main(branch, body, std::move(env));
        branch.waiting = branch.main.handle();
        make_ready(branch);
    }
}

Task<> Run::branch_main(Branch& branch, ir::BlockId body, Env env) {
    Frame frame{Frame::Kind::Own, std::move(env), {}, nullptr};
    branch.frame = &frame;
    std::optional<Value> given;
    std::optional<Value> error;
    try {
        given = co_await block(branch, body);
    } catch (const Untaken& untaken) {
        error = untaken.error;
    } catch (const LeaveOff&) {
    }
    Branch& parent = *branch.parent;
    Fork& fork = *parent.fork;
    bool undoes = fork.is_met;  // it has lost
    if (!fork.is_met && given) done(parent, branch.item, *given);
    if (!fork.is_met && error) {
        undoes = tolerate(parent, branch.item, *error);
        if (!undoes) {
            fork.error = *error;
            if (fork.join == JoinRule::Collect) {
                fork.error = error_value(
                    {.name = "TooManyErrors",
                     .message = std::to_string(fork.failed) + " of " + std::to_string(fork.count) +
                                " failed, and at most " + std::to_string(fork.bound) + " may",
                     .step = fork.path});
            }
            fork.live.erase(branch.id);
            stop_all(fork);
            fork.live.insert(branch.id);
        }
    }
    if (undoes) {
        co_await undo_down_to(branch, 0);
    } else {
        std::ranges::move(branch.undo, std::back_inserter(fork.undo));
        if (branch.last_order > fork.last_order) {
            fork.last_order = branch.last_order;
            fork.last_call = branch.last_call;
            fork.last_place = branch.last_place;
        }
    }
    leave(branch);
}

void Run::done(Branch& parent, std::uint32_t item, Value value) {
    Fork& fork = *parent.fork;
    ++fork.ok;
    fork.stages[item] = Stage::Done;
    fork.results[item] = gives_outcomes(fork.join) ? Value::enum_case(0, {value}) : value;
    if (fork.join != JoinRule::Ok || fork.ok < fork.bound) return;
    fork.is_met = true;
    const BranchId id = fork.first + item;
    fork.live.erase(id);
    stop_all(fork);
    fork.live.insert(id);
}

// Whether the fork goes on although this branch failed; then so do those that wait for it.
bool Run::tolerate(Branch& parent, std::uint32_t item, const Value& error) {
    Fork& fork = *parent.fork;
    const auto items = failing_with(fork, item);
    if (fork.error || !tolerates(fork, items.size())) {
        ++fork.failed;
        return false;
    }
    fork.failed += static_cast<std::uint32_t>(items.size());
    for (const auto failed : items) {
        fork.stages[failed] = Stage::Failed;
        if (gives_outcomes(fork.join))
            fork.results[failed] = Value::enum_case(1, {evaluator_.widened(error)});
    }
    return true;
}

std::vector<std::uint32_t> Run::failing_with(const Fork& fork, std::uint32_t item) {
    std::vector<std::uint32_t> out{item};
    for (std::size_t at = 0; at < out.size(); ++at) {
        for (std::uint32_t other = 0; other < fork.after.size(); ++other) {
            const bool waits =
                fork.stages[other] == Stage::Waiting && fork.after[other].contains(out[at]);
            if (waits && std::ranges::find(out, other) == out.end()) out.push_back(other);
        }
    }
    return out;
}

bool Run::tolerates(const Fork& fork, std::size_t failures) {
    switch (fork.join) {
        case JoinRule::All:
            return false;
        case JoinRule::Ok:
            return fork.count >= fork.failed + failures + fork.bound;
        case JoinRule::Settle:
            return true;
        case JoinRule::Collect:
            return fork.failed + failures <= fork.bound;
    }
    return false;
}

void Run::stop_all(Fork& fork) {
    fork.is_stopping = true;
    for (const auto id : std::vector<BranchId>(fork.live.begin(), fork.live.end())) {
        stop(*branches_.at(id));
    }
    fork.is_stopping = false;
}

void Run::leave(Branch& branch) {
    Branch& parent = *branch.parent;
    parent.fork->live.erase(branch.id);
    ready_.erase(branch.id);
    auto node = branches_.extract(branch.id);
    gone_.push_back(std::move(node.mapped()));
    join_if_done(parent);
}

void Run::join_if_done(Branch& parent) {
    Fork& fork = *parent.fork;
    if (fork.is_stopping) return;
    start_branches(parent);
    if (fork.live.empty()) resume(parent, {});
}

}  // namespace weft::reference
