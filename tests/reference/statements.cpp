// Blocks and the statements that neither call nor wait for people.
#include <algorithm>

#include "tests/reference/run.h"

namespace weft::reference {

// An expression's value. One that traps past the point of no return is computed again when the run
// is released.
Task<Value> Run::value(Branch& branch, ir::ExprId expr) {
    for (;;) {
        Value error;
        try {
            co_return evaluator_.of(expr, branch.env());
        } catch (const Trapped& trapped) {
            error = trapped.error;
        }
        co_await raise(branch, error);
    }
}

Task<std::vector<Value>> Run::values(Branch& branch, const std::vector<ir::ExprId>& exprs) {
    std::vector<Value> out;
    for (const auto expr : exprs) out.push_back(co_await value(branch, expr));
    co_return out;
}

// Its statements in order; a gate may go back to an earlier one.
Task<Value> Run::block(Branch& branch, ir::BlockId id) {
    const auto& node = module_.blocks[id];
    std::map<ir::StmtId, std::uint32_t> taken;                       // rungs, by gate
    std::map<ir::StmtId, std::map<std::size_t, std::size_t>> marks;  // by gate and rung
    const auto mark = [&](ir::StmtId stmt) {
        for (const auto gate_id : node.stmts) {
            const auto& other = module_.stmts[gate_id];
            if (other.kind != ir::Stmt::Kind::Gate) continue;
            const auto& rungs = module_.gates[other.row].rungs;
            for (std::size_t i = 0; i < rungs.size(); ++i) {
                const bool begins = rungs[i].kind == ir::Rung::Kind::Retry && rungs[i].from == stmt;
                if (begins) marks[gate_id][i] = branch.undo.size();
            }
        }
    };
    for (std::size_t i = 0; i < node.stmts.size(); ++i) {
        const auto stmt_id = node.stmts[i];
        const auto& stmt = module_.stmts[stmt_id];
        mark(stmt_id);
        if (stmt.kind != ir::Stmt::Kind::Gate) {
            co_await statement(branch, stmt);
            continue;
        }
        const auto back = co_await gate(branch, stmt.row, taken[stmt_id], marks[stmt_id]);
        if (!back) continue;
        const auto found = std::ranges::find(node.stmts, *back);
        i = static_cast<std::size_t>(found - node.stmts.begin()) - 1;
    }
    if (!node.value.has_value()) co_return Value();
    co_return co_await value(branch, node.value);
}

Task<> Run::statement(Branch& branch, const ir::Stmt& stmt) {
    using Kind = ir::Stmt::Kind;
    switch (stmt.kind) {
        case Kind::Let: {
            Value given = co_await value(branch, stmt.expr);
            branch.env()[stmt.local.index] = given;
            break;
        }
        case Kind::Step:
            co_await step(branch, module_.steps[stmt.row]);
            break;
        case Kind::Each:
            co_await each(branch, module_.eaches[stmt.row]);
            break;
        case Kind::If:
            co_await if_statement(branch, module_.ifs[stmt.row]);
            break;
        case Kind::Gate:
            break;  // of the block around
        case Kind::Return: {
            Value given;
            if (stmt.expr.has_value()) given = co_await value(branch, stmt.expr);
            co_await at_site(branch);
            throw Returned{given};
        }
        case Kind::Fail: {
            const Value given = co_await value(branch, stmt.expr);
            const Value error = evaluator_.raised(given);
            for (;;) co_await raise(branch, error);
        }
        case Kind::Emit:
            co_await emit_event(branch, stmt);
            break;
        case Kind::Sleep:
        case Kind::SleepUntil:
            co_await sleep(branch, stmt);
            break;
        case Kind::Parallel:
            co_await parallel(branch, module_.parallels[stmt.row]);
            break;
        case Kind::Repeat:
            co_await repeat(branch, stmt.row);
            break;
        case Kind::Next:
        case Kind::Done: {
            Value given;
            if (stmt.kind == Kind::Next) given = branch.env()[module_.repeats[stmt.row].item.index];
            if (stmt.expr.has_value()) given = co_await value(branch, stmt.expr);
            if (stmt.kind == Kind::Next) throw Next{stmt.row, given};
            throw Done{stmt.row, given};
        }
        case Kind::Wait:
            co_await wait(branch, module_.waits[stmt.row]);
            break;
        case Kind::Review:
            co_await review(branch, module_.reviews[stmt.row]);
            break;
        case Kind::Lock:
            co_await lock(branch, module_.locks[stmt.row]);
            break;
    }
}

Task<> Run::if_statement(Branch& branch, const ir::If& node) {
    if (node.result.has_value()) branch.env()[node.result.index] = Value();
    const bool holds = (co_await value(branch, node.condition)).as_bool();
    const auto chosen = holds ? node.then_block : node.else_block;
    if (!chosen.has_value()) co_return;
    Value given = co_await block(branch, chosen);
    if (node.result.has_value()) branch.env()[node.result.index] = given;
}

Task<> Run::repeat(Branch& branch, std::uint32_t row) {
    const auto& node = module_.repeats[row];
    Value item = co_await value(branch, node.initial);
    branch.env()[node.item.index] = item;
    for (std::uint32_t passes = 0; passes < node.times; ++passes) {
        std::optional<Value> result;
        try {
            co_await block(branch, node.body);
        } catch (const Next& next) {
            if (next.repeat != row) throw;
            item = next.value;
        } catch (const Done& done) {
            if (done.repeat != row) throw;
            result = done.value;
        }
        if (result) {
            branch.env()[node.result.index] = *result;
            co_return;
        }
        branch.env()[node.item.index] = item;
        ++branch.generation;
    }
    Value otherwise = co_await block(branch, node.else_block);
    branch.env()[node.result.index] = otherwise;
}

Task<> Run::emit_event(Branch& branch, const ir::Stmt& stmt) {
    const Value given = co_await value(branch, stmt.expr);
    co_await at_site(branch);
    log(RecordKind::Event, "event " + stmt.name, branch.id, EventBody{}, &given);
}

Task<> Run::sleep(Branch& branch, const ir::Stmt& stmt) {
    const Value given = co_await value(branch, stmt.expr);
    for (;;) {
        co_await at_site(branch);
        auto timer = set_timer({.role = Timer::Role::Rest,
                                .due_ms = due_of(given),
                                .branch = &branch,
                                .until = is_named(given)},
                               TimerPurpose::Sleep, "sleep");
        const auto event = co_await rest(branch, Rest::Timer);
        if (event.what == Event::What::Turn) co_return;
        drop_timer(timer);
        co_await leave_off(branch);
    }
}

}  // namespace weft::reference
