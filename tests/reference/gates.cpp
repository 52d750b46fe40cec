// Gates: requirements, the verdict, and the ladder of rungs.
#include <algorithm>

#include "tests/reference/run.h"

namespace weft::reference {
namespace {

constexpr std::uint32_t kNoRung = 0xFFFF'FFFF;

Value verdict(bool accepted, const GateMemo& memo) {
    return Value::record(
        {Value::boolean(accepted), memo.rung, memo.scores, Value::list(memo.reasons)});
}

}  // namespace

// The rung that is next when so many were taken; a retry may be taken several times, the last rung
// for ever.
std::size_t Run::rung_after(const ir::Gate& node, std::uint32_t taken) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i + 1 < node.rungs.size(); ++i) {
        sum += node.rungs[i].kind == ir::Rung::Kind::Retry ? node.rungs[i].times : 1;
        if (taken < sum) return i;
    }
    return node.rungs.size() - 1;
}

Task<std::optional<ir::StmtId>> Run::gate(Branch& branch, std::uint32_t row, std::uint32_t& taken,
                                          std::map<std::size_t, std::size_t>& marks) {
    const auto& node = module_.gates[row];
    bool evaluates = true;
    for (;;) {
        if (evaluates && co_await judge(branch, node, row, taken)) co_return std::nullopt;
        evaluates = false;
        const auto number = rung_after(node, taken++);
        const auto& rung = node.rungs[number];
        switch (rung.kind) {
            case ir::Rung::Kind::Retry:
                co_await go_back(branch, rung, marks.at(number));
                co_return rung.from;
            case ir::Rung::Kind::Review: {
                const auto decision = co_await review_rung(branch, node, rung);
                if (decision == DecisionCode::Approve) co_return std::nullopt;
                evaluates = decision == DecisionCode::Revise;
                break;
            }
            case ir::Rung::Kind::Fail: {
                const Value given = co_await value(branch, rung.value);
                const Value error = evaluator_.raised(given);
                for (;;) co_await raise(branch, error);
            }
            case ir::Rung::Kind::Return: {
                Value given;
                if (rung.value.has_value()) given = co_await value(branch, rung.value);
                co_await at_site(branch);
                throw Returned{given};
            }
            case ir::Rung::Kind::Accept: {
                Value reason = co_await value(branch, rung.value);
                co_await accept(branch, node, row, reason, number);
                co_return std::nullopt;
            }
            case ir::Rung::Kind::Block:
                co_await block(branch, rung.body);
                break;
        }
    }
}

// All requirements are evaluated, and what came of them is logged.
Task<bool> Run::judge(Branch& branch, const ir::Gate& node, std::uint32_t row,
                      std::uint32_t taken) {
    std::vector<Value> errors;
    for (const auto& requirement : node.requirements) {
        errors.push_back(co_await ask_workers(branch, requirement));
    }
    std::vector<Value> records;
    for (std::size_t i = 0; i < errors.size(); ++i) {
        records.push_back(co_await requirement(branch, node.requirements[i], errors[i]));
    }
    co_await at_site(branch);
    auto& memo = branch.gates[row];
    GateBody body;
    body.requirements = static_cast<std::uint8_t>(records.size());
    std::vector<Value> scores;
    memo.reasons.clear();
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto& parts = records[i].items();
        if (!parts[2].as_bool()) body.missed = static_cast<std::uint16_t>(body.missed | (1U << i));
        scores.push_back(parts[0]);
        memo.reasons.push_back(parts[3]);
    }
    const bool passed = body.missed == 0;
    const auto rung = static_cast<std::int64_t>(rung_after(node, taken));
    memo.rung = Value::integer(passed ? -1 : rung);
    memo.scores = Value::list(scores);
    body.verdict = passed ? GateVerdict::Passed : GateVerdict::Missed;
    body.rung = passed ? kNoRung : static_cast<std::uint32_t>(rung);
    body.round = memo.rounds++;
    const Value payload = Value::record({Value::list(records), memo.rung});
    log(RecordKind::Gate, "gate " + node.path, branch.id, body, &payload);
    branch.env()[node.verdict.index] = verdict(passed, memo);
    co_return passed;
}

// The calls of one requirement; gives the error of one that failed for good, else none.
Task<Value> Run::ask_workers(Branch& branch, const ir::Requirement& node) {
    if (node.steps.empty()) co_return Value();
    Scope scope{.undo_height = branch.undo.size(), .irreversible = branch.irreversible};
    Frame& frame = *branch.frame;
    frame.scopes.push_back(&scope);
    const auto depth = frame.scopes.size();
    std::optional<Value> error;
    try {
        for (const auto stmt : node.steps) co_await statement(branch, module_.stmts[stmt]);
    } catch (const Taken& taken) {
        if (taken.by != &scope) {
            frame.scopes.resize(depth - 1);
            throw;
        }
        error = taken.error;
    } catch (...) {
        frame.scopes.resize(depth - 1);
        throw;
    }
    frame.scopes.resize(depth - 1);
    if (!error) co_return Value();
    co_await undo_down_to(branch, scope.undo_height);
    while (branch.must_stop()) co_await leave_off(branch);
    co_await next_turn(branch);
    for (const auto stmt : node.steps) {
        branch.env()[module_.steps[module_.stmts[stmt].row].result.index] = Value();
    }
    co_return *error;
}

// score, threshold, whether it holds, reason
Task<Value> Run::requirement(Branch& branch, const ir::Requirement& node, Value error) {
    if (!error.is_none()) {
        co_return Value::record(
            {Value(), Value(), Value::boolean(false), Value::text(message_of(error))});
    }
    Value score;
    Value threshold;
    if (node.score.has_value()) {
        score = co_await value(branch, node.score);
        threshold = co_await value(branch, node.threshold);
    }
    const Value holds = co_await value(branch, node.condition);
    co_return Value::record({score, threshold, holds, Value::text(node.text)});
}

Task<> Run::accept(Branch& branch, const ir::Gate& node, std::uint32_t row, Value reason,
                   std::size_t number) {
    co_await at_site(branch);
    auto& memo = branch.gates[row];
    memo.reasons.push_back(reason);
    GateBody body;
    body.verdict = GateVerdict::Accepted;
    body.rung = static_cast<std::uint32_t>(memo.rung.as_int());
    body.round = memo.rounds - 1;
    const Value payload = Value::record({reason});
    log(RecordKind::Gate, "gate " + node.path, branch.id, body, &payload);
    // The log has the number of the last look at the requirements, the program that of the rung.
    GateMemo own = memo;
    own.rung = Value::integer(static_cast<std::int64_t>(number));
    branch.env()[node.verdict.index] = verdict(true, own);
}

// What was done since the rung's step is undone, and it is run again with other tune values.
Task<> Run::go_back(Branch& branch, const ir::Rung& rung, std::size_t mark) {
    std::vector<Value> given;
    for (const auto& [tune, expr] : rung.with) given.push_back(co_await value(branch, expr));
    for (std::size_t i = 0; i < given.size(); ++i) {
        branch.env()[rung.with[i].first.index] = given[i];
    }
    co_await at_site(branch);
    co_await undo_down_to(branch, mark);
    while (branch.must_stop()) co_await leave_off(branch);
    co_await next_turn(branch);
    ++branch.generation;
}

Task<DecisionCode> Run::review_rung(Branch& branch, const ir::Gate& node, const ir::Rung& rung) {
    ReviewTask task;
    task.place = "review " + node.path;
    task.title = node.name + ":";
    for (std::size_t i = 0; i < rung.values.size(); ++i) {
        const auto& shown = module_.locals[rung.values[i]];
        task.title += (i == 0 ? " " : ", ") + shown.name;
        task.types.push_back(shown.type);
        task.shown.push_back(branch.env()[rung.values[i].index]);
    }
    const Value answer = co_await ask(branch, rung.terms, std::move(task));
    const auto decision = static_cast<DecisionCode>(answer.items()[0].as_int());
    if (decision == DecisionCode::Approve) {
        auto& given = branch.env()[node.verdict.index];
        auto fields = given.items();
        fields[0] = Value::boolean(true);
        given = Value::record(fields);
    }
    if (decision == DecisionCode::Revise) {
        for (std::size_t i = 0; i < rung.values.size(); ++i) {
            branch.env()[rung.values[i].index] = answer.items()[1].items()[i];
        }
    }
    co_return decision;
}

}  // namespace weft::reference
