// each and parallel: the functions of their branches, and the fork that starts them.
#include <algorithm>

#include "compiler/lower/emitter.h"

namespace weft::lowering {

void Emitter::each(const ir::Each& node) {
    auto captures = free_locals(module_, node.body);
    captures.erase(node.item);
    Emitter branch(tables_, node.path, FunctionKind::Branch);
    branch.parameter(node.item);
    for (auto capture : captures) branch.parameter(capture);
    branch.finish_with(node.body);

    Reg undo_mark = open_undone(node.undo, node.path);
    ForkRow fork{node.path, branch.number(), node.limit, module_.blocks[node.body].type};
    fork.join = node.collects ? JoinRule::Collect : JoinRule::All;
    fork.bound = node.errors_max;
    tables_.image.forks.push_back(std::move(fork));
    auto row = static_cast<std::uint32_t>(tables_.image.forks.size() - 1);
    Reg list = expression(node.list);
    Reg first = captured(captures);
    builder_.at_place(tables_.place(node.span));
    const auto site = site_here(SiteKind::Fork, row);
    tables_.certify(node, site);
    builder_.emit3(Opcode::ForkEach, local(node.result), list, first, site);
    close_undone(node.undo, node.path, undo_mark);
}

// What any branch takes from outside goes to all of them, so that one list of captures does.
void Emitter::parallel(const ir::Parallel& node) {
    std::set<ir::LocalId> captures;
    for (const auto& branch : node.branches) captures.merge(free_locals(module_, branch.body));
    for (const auto& branch : node.branches) captures.erase(branch.value);
    ForkRow fork;
    fork.path = node.path;
    fork.function = WorkerRow::kNoRow;
    fork.limit = static_cast<std::uint32_t>(node.branches.size());
    fork.result_type = module_.blocks[node.branches.back().body].type;
    fork.join = node.join;
    fork.bound = node.needed;
    fork.branches = branches(node, captures);
    tables_.image.forks.push_back(std::move(fork));
    auto row = static_cast<std::uint32_t>(tables_.image.forks.size() - 1);

    Reg first = captured(captures);
    Reg joined = builder_.temporary();
    builder_.at_place(tables_.place(node.span));
    builder_.emit3(Opcode::ForkAll, joined, {}, first, site_here(SiteKind::Fork, row));
    if (node.result.has_value()) {
        if (node.gives_one) {
            element(joined, 0, local(node.result));
        } else {
            builder_.emit(Opcode::Move, local(node.result), joined);
        }
    }
    for (std::size_t i = 0; i < node.branches.size(); ++i) {
        const auto& branch = node.branches[i];
        if (branch.result.has_value()) element(joined, i, local(branch.result));
    }
}

std::vector<BranchRow> Emitter::branches(const ir::Parallel& node,
                                         const std::set<ir::LocalId>& captures) {
    std::vector<BranchRow> out;
    for (const auto& branch : node.branches) {
        BranchRow row;
        row.path = branch.path;
        Emitter emitter(tables_, branch.path, FunctionKind::Branch);
        const auto read = free_locals(module_, branch.body);
        for (std::uint32_t i = 0; i < node.branches.size(); ++i) {
            const auto other = node.branches[i].value;
            if (!other.has_value() || !read.contains(other)) continue;
            row.after.push_back(i);
            emitter.parameter(other);
        }
        for (auto capture : captures) emitter.parameter(capture);
        row.function = emitter.number();
        emitter.finish_with(branch.body);
        out.push_back(std::move(row));
    }
    return out;
}

void Emitter::element(Reg list, std::size_t index, Reg target) {
    std::uint32_t mark = builder_.mark();
    Reg number = builder_.temporary();
    literal(Value::integer(static_cast<std::int64_t>(index)), number);
    builder_.emit3(Opcode::Index, target, list, number);
    builder_.release(mark);
}

}  // namespace weft::lowering
