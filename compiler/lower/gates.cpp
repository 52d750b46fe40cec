// Gates. The ladder is counted by one hidden register, the number of rungs taken so far: a rung
// that may be taken n times stands for n numbers. A retry rung goes back to a label before its
// step, after undoing what was done since.
#include <algorithm>
#include <ranges>

#include "base/check.h"
#include "compiler/lower/emitter.h"

namespace weft::lowering {

namespace {

// How many takings come before the end of each rung.
std::vector<std::int64_t> takings(const ir::Gate& node) {
    std::vector<std::int64_t> out;
    std::int64_t sum = 0;
    for (const auto& rung : node.rungs) {
        sum += rung.kind == ir::Rung::Kind::Retry ? static_cast<std::int64_t>(rung.times) : 1;
        out.push_back(sum);
    }
    return out;
}

}  // namespace

// The ladder never comes to the rung out of turn; the guard shows it to the verifier.
void Emitter::jump_back(Reg counter, std::int64_t low, std::int64_t high, Label target,
                        Label stuck) {
    std::uint32_t mark = builder_.mark();
    Reg limit = builder_.temporary();
    Reg test = builder_.temporary();
    literal(Value::integer(high), limit);
    builder_.emit3(Opcode::LessEqual, test, counter, limit);
    builder_.jump(Opcode::JumpIfNot, test, stuck);
    literal(Value::integer(low), limit);
    builder_.emit3(Opcode::Less, test, limit, counter);
    builder_.jump(Opcode::JumpIfNot, test, stuck);
    builder_.release(mark);
    builder_.jump(Opcode::Jump, {}, target);
}

void Emitter::open_gates(const ir::Block& block) {
    for (auto id : block.stmts) {
        const auto& stmt = module_.stmts[id];
        if (stmt.kind != ir::Stmt::Kind::Gate) continue;
        const auto& node = module_.gates[stmt.row];
        GateState state;
        state.taken = builder_.hidden(node.path + " rungs taken");
        literal(Value::integer(0), state.taken);
        for (std::size_t i = 0; i < node.rungs.size(); ++i) {
            if (node.rungs[i].kind != ir::Rung::Kind::Retry) continue;
            state.marks[i] = builder_.hidden(node.path + " undo mark");
            state.starts[i] = builder_.label();
            retries_.emplace(node.rungs[i].from, std::pair(stmt.row, i));
        }
        gates_.insert_or_assign(stmt.row, std::move(state));
    }
}

void Emitter::mark_retry_start(ir::StmtId stmt) {
    auto [first, last] = retries_.equal_range(stmt);
    for (auto it = first; it != last; ++it) {
        const auto& [row, rung] = it->second;
        auto& state = gates_.at(row);
        builder_.bind(state.starts.at(rung));
        builder_.emit(Opcode::UndoMark, state.marks.at(rung));
    }
}

void Emitter::gate(const ir::Gate& node, GateState& state) {
    GateRow row{node.path, {}, {}};
    for (const auto& requirement : node.requirements) {
        row.requirements.push_back({requirement.text, requirement.op});
    }
    for (const auto& rung : node.rungs) row.rungs.push_back(rung.text);
    tables_.image.gates.push_back(std::move(row));
    state.row = static_cast<std::uint32_t>(tables_.image.gates.size() - 1);

    std::vector<Reg> errors;
    for (std::size_t i = 0; i < node.requirements.size(); ++i) {
        errors.push_back(builder_.hidden(node.path + " error"));
    }
    Label evaluate = builder_.label();
    Label done = builder_.label();
    builder_.bind(evaluate);
    std::size_t count = node.requirements.size();
    for (std::size_t i = 0; i < count; ++i) requirement_steps(node.requirements[i], errors[i]);
    Reg records = builder_.temporaries(count + 1);
    for (std::size_t i = 0; i < count; ++i) {
        requirement_record(node.requirements[i], errors[i], FunctionBuilder::at(records, i));
    }
    rung_number(node, state.taken, FunctionBuilder::at(records, count));
    Reg verdict = local(node.verdict);
    builder_.at_place(tables_.place(node.span));
    builder_.emit(Opcode::Gate, verdict, records, static_cast<std::uint32_t>(count),
                  site_here(SiteKind::Gate, state.row));
    Reg accepted = builder_.temporary();
    builder_.emit(Opcode::Field, accepted, verdict, 0);
    builder_.jump(Opcode::JumpIf, accepted, done);

    Label next = builder_.label();
    state.stuck = builder_.label();
    builder_.bind(next);
    Reg number = builder_.hidden(node.path + " rung");
    rung_number(node, state.taken, number);
    Reg one = builder_.temporary();
    literal(Value::integer(1), one);
    builder_.emit3(Opcode::Add, state.taken, state.taken, one);
    for (std::size_t i = 0; i < node.rungs.size(); ++i) {
        Label other = builder_.label();
        std::uint32_t mark = builder_.mark();
        Reg test = builder_.temporary();
        Reg wanted = builder_.temporary();
        literal(Value::integer(static_cast<std::int64_t>(i)), wanted);
        builder_.emit3(Opcode::Equal, test, number, wanted);
        builder_.jump(Opcode::JumpIfNot, test, other);
        tables_.rungs.push_back(
            {number_, builder_.next_pc(), node.path, static_cast<std::uint32_t>(i)});
        rung(node, state, i, evaluate, next, done);
        builder_.bind(other);
        builder_.release(mark);
    }
    builder_.bind(state.stuck);
    builder_.emit(Opcode::Trap, {}, {}, 0,
                  tables_.text_constant("the gate's ladder has no rung left"));
    builder_.bind(done);
}

// A requirement whose worker fails for good is a miss with that reason.
void Emitter::requirement_steps(const ir::Requirement& requirement, Reg error) {
    none(error);
    if (requirement.steps.empty()) return;
    Label failed = builder_.label();
    Label end = builder_.label();
    open_scope(error, failed);
    for (auto stmt : requirement.steps) statement(module_.stmts[stmt]);
    close_scope();
    // The machine may have written the register before; a success leaves it none.
    none(error);
    builder_.jump(Opcode::Jump, {}, end);
    builder_.bind(failed);
    for (auto stmt : requirement.steps) none(local(module_.steps[module_.stmts[stmt].row].result));
    builder_.bind(end);
}

void Emitter::requirement_record(const ir::Requirement& requirement, Reg error, Reg target) {
    Reg parts = builder_.temporaries(4);  // score, threshold, passed, reason
    auto part = [&](std::size_t i) { return FunctionBuilder::at(parts, i); };
    Label evaluated = builder_.label();
    Label end = builder_.label();
    builder_.jump(Opcode::JumpIfNone, error, evaluated);
    none(part(0));
    none(part(1));
    literal(Value::boolean(false), part(2));
    builder_.emit(Opcode::Field, part(3), error, 1);
    builder_.jump(Opcode::Jump, {}, end);
    builder_.bind(evaluated);
    if (requirement.score.has_value()) {
        into(requirement.score, part(0));
        into(requirement.threshold, part(1));
    } else {
        none(part(0));
        none(part(1));
    }
    into(requirement.condition, part(2));
    literal(Value::text(requirement.text), part(3));
    builder_.bind(end);
    builder_.emit(Opcode::MakeRecord, target, parts, 4);
}

void Emitter::rung_number(const ir::Gate& node, Reg taken, Reg target) {
    const auto below = takings(node);
    std::uint32_t mark = builder_.mark();
    Reg limit = builder_.temporary();
    Reg test = builder_.temporary();
    literal(Value::integer(static_cast<std::int64_t>(node.rungs.size()) - 1), target);
    for (std::size_t i = node.rungs.size() - 1; i-- > 0;) {
        Label skip = builder_.label();
        literal(Value::integer(below[i]), limit);
        builder_.emit3(Opcode::Less, test, taken, limit);
        builder_.jump(Opcode::JumpIfNot, test, skip);
        literal(Value::integer(static_cast<std::int64_t>(i)), target);
        builder_.bind(skip);
    }
    builder_.release(mark);
}

void Emitter::rung(const ir::Gate& node, GateState& state, std::size_t number, Label evaluate,
                   Label next, Label done) {
    const auto& rung = node.rungs[number];
    builder_.at_place(tables_.place(rung.span));
    switch (rung.kind) {
        case ir::Rung::Kind::Retry: {
            std::vector<ir::ExprId> values;
            for (const auto& [tune, value] : rung.with) values.push_back(value);
            Reg first = neighbours(values);
            for (std::size_t i = 0; i < values.size(); ++i) {
                builder_.emit(Opcode::Move, local(rung.with[i].first),
                              FunctionBuilder::at(first, i));
            }
            builder_.emit(Opcode::UndoTo, state.marks.at(number), {}, 0,
                          site_here(SiteKind::Undo, 0));
            builder_.emit(Opcode::NextGeneration);
            const auto high = takings(node)[number];
            jump_back(state.taken, high - rung.times, high, state.starts.at(number), state.stuck);
            break;
        }
        case ir::Rung::Kind::Review:
            review_rung(node, state, number, evaluate, next, done);
            break;
        case ir::Rung::Kind::Fail:
            fail_with(rung.value);
            break;
        case ir::Rung::Kind::Return:
            leave_with(rung.value, rung.span);
            break;
        case ir::Rung::Kind::Accept: {
            Reg reason = expression(rung.value);
            builder_.emit(Opcode::Accept, local(node.verdict), reason, 0,
                          site_here(SiteKind::Gate, state.row));
            // From a review one comes here without another look at the requirements, and the last
            // look has the review's number.
            const auto before = node.rungs | std::views::take(number);
            if (std::ranges::any_of(before, [](const ir::Rung& one) {
                    return one.kind == ir::Rung::Kind::Review;
                })) {
                Reg own = builder_.temporary();
                literal(Value::integer(static_cast<std::int64_t>(number)), own);
                builder_.emit3(Opcode::WithField, local(node.verdict), local(node.verdict), own, 1);
            }
            builder_.jump(Opcode::Jump, {}, done);
            break;
        }
        case ir::Rung::Kind::Block:
            block(rung.body, nullptr);
            break;
    }
}

void Emitter::review_rung(const ir::Gate& node, GateState& state, std::size_t number,
                          Label evaluate, Label next, Label done) {
    const auto& rung = node.rungs[number];
    ReviewRow row;
    row.path = node.path;
    row.title = node.name + ":";
    std::vector<Reg> values;
    for (auto value : rung.values) {
        const auto& shown = module_.locals[value];
        row.title += (row.names.empty() ? " " : ", ") + shown.name;
        row.names.push_back(shown.name);
        row.types.push_back(shown.type);
        values.push_back(local(value));
    }
    Reg answer = ask(rung.terms, std::move(row), values);
    Label not_approved = builder_.label();
    jump_unless_decided(answer, 0, not_approved);
    Reg wanted = builder_.temporary();
    literal(Value::boolean(true), wanted);
    builder_.emit3(Opcode::WithField, local(node.verdict), local(node.verdict), wanted, 0);
    builder_.jump(Opcode::Jump, {}, done);
    builder_.bind(not_approved);
    Label refused = builder_.label();
    jump_unless_decided(answer, 3, refused);
    Reg revised = builder_.temporary();
    builder_.emit(Opcode::Field, revised, answer, 1);
    for (std::size_t i = 0; i < values.size(); ++i) {
        literal(Value::integer(static_cast<std::int64_t>(i)), wanted);
        builder_.emit3(Opcode::Index, values[i], revised, wanted);
    }
    const auto high = takings(node)[number];
    jump_back(state.taken, high - 1, high, evaluate, state.stuck);
    builder_.bind(refused);
    jump_back(state.taken, high - 1, high, next, state.stuck);
}

}  // namespace weft::lowering
