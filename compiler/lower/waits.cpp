// What rests until somebody outside of the run does something: reviews, waits for signals, locks.
#include "compiler/lower/emitter.h"

namespace weft::lowering {
namespace {

constexpr std::int64_t kApproved = 0;
constexpr std::int64_t kRejected = 1;

}  // namespace

Reg Emitter::ask(const ir::ReviewTerms& terms, ReviewRow row, const std::vector<Reg>& shown) {
    row.approvals_needed = terms.approvals_needed;
    row.end = terms.end;
    row.form = terms.form;
    row.roles = terms.lines.front().roles;
    for (const auto& line : terms.lines) row.lines.push_back({line.roles});
    tables_.image.reviews.push_back(row);
    auto number = static_cast<std::uint32_t>(tables_.image.reviews.size() - 1);

    const std::size_t count = shown.size() + terms.lines.size() + 1;
    Reg first = builder_.temporaries(count);
    std::size_t at = 0;
    for (Reg value : shown) {
        builder_.emit(Opcode::Move, FunctionBuilder::at(first, at++), value);
    }
    for (const auto& line : terms.lines) into(line.deadline, FunctionBuilder::at(first, at++));
    Reg people = neighbours(terms.except);
    builder_.emit(Opcode::MakeList, FunctionBuilder::at(first, at), people,
                  static_cast<std::uint32_t>(terms.except.size()));
    Reg answer = builder_.hidden(row.path + " review");
    builder_.emit(Opcode::Ask, answer, first, static_cast<std::uint32_t>(count),
                  site_here(SiteKind::Review, number));
    return answer;
}

void Emitter::jump_unless_decided(Reg answer, std::int64_t decision, Label otherwise) {
    Reg is = builder_.temporary();
    Reg wanted = builder_.temporary();
    builder_.emit(Opcode::Field, is, answer, 0);
    literal(Value::integer(decision), wanted);
    builder_.emit3(Opcode::Equal, is, is, wanted);
    builder_.jump(Opcode::JumpIfNot, is, otherwise);
}

void Emitter::raise_error(const std::string& name, Reg message, const std::string& path,
                          const Reg* detail) {
    Reg parts = builder_.temporaries(5);  // name, message, step, attempts, detail
    literal(Value::text(name), parts);
    builder_.emit(Opcode::Move, FunctionBuilder::at(parts, 1), message);
    literal(Value::text(path), FunctionBuilder::at(parts, 2));
    literal(Value::integer(0), FunctionBuilder::at(parts, 3));
    none(FunctionBuilder::at(parts, 4));
    if (detail != nullptr) builder_.emit(Opcode::Move, FunctionBuilder::at(parts, 4), *detail);
    Reg error = builder_.temporary();
    builder_.emit(Opcode::MakeRecord, error, parts, 5);
    builder_.emit(Opcode::Raise, error);
}

void Emitter::review(const ir::Review& node) {
    ReviewRow row;
    row.path = node.path;
    row.goes_on = true;
    std::vector<Reg> shown;
    for (std::size_t i = 0; i < node.values.size(); ++i) {
        row.title += (i == 0 ? "" : ", ") + node.names[i];
        row.names.push_back(node.names[i]);
        row.types.push_back(module_.exprs[node.values[i]].type);
        shown.push_back(expression(node.values[i]));
    }
    Reg answer = ask(node.terms, std::move(row), shown);
    Label not_approved = builder_.label();
    Label expired = builder_.label();
    Label done = builder_.label();
    jump_unless_decided(answer, kApproved, not_approved);
    // Approval: value, by, reason, at. Several values are the fields of a record.
    Reg parts = builder_.temporaries(4);
    Reg values = builder_.temporary();
    builder_.emit(Opcode::Field, values, answer, 1);
    const std::size_t count = node.terms.form.has_value() ? 1 : node.values.size();
    Reg fields = builder_.temporaries(count);
    Reg number = builder_.temporary();
    for (std::size_t i = 0; i < count; ++i) {
        literal(Value::integer(static_cast<std::int64_t>(i)), number);
        builder_.emit3(Opcode::Index, FunctionBuilder::at(fields, i), values, number);
    }
    if (count == 1) {
        builder_.emit(Opcode::Move, parts, fields);
    } else {
        builder_.emit(Opcode::MakeRecord, parts, fields, static_cast<std::uint32_t>(count));
    }
    for (std::uint32_t i = 1; i < 4; ++i) {
        builder_.emit(Opcode::Field, FunctionBuilder::at(parts, i), answer, i + 1);
    }
    builder_.emit(Opcode::MakeRecord, local(node.result), parts, 4);
    builder_.jump(Opcode::Jump, {}, done);

    builder_.bind(not_approved);
    jump_unless_decided(answer, kRejected, expired);
    Reg texts = builder_.temporaries(4);
    literal(Value::text("rejected by "), texts);
    builder_.emit(Opcode::Field, FunctionBuilder::at(texts, 1), answer, 2);
    literal(Value::text(": "), FunctionBuilder::at(texts, 2));
    builder_.emit(Opcode::Field, FunctionBuilder::at(texts, 3), answer, 3);
    Reg message = builder_.temporary();
    builder_.emit(Opcode::Concat, message, texts, 4);
    // Who, and why: the fields that `on Rejected (e)` sees (compiler/check/rejections.h).
    Reg said = builder_.temporaries(2);
    builder_.emit(Opcode::Field, said, answer, 2);
    builder_.emit(Opcode::Field, FunctionBuilder::at(said, 1), answer, 3);
    Reg detail = builder_.temporary();
    builder_.emit(Opcode::MakeRecord, detail, said, 2);
    raise_error("Rejected", message, node.path, &detail);
    builder_.bind(expired);
    literal(Value::text("nobody decided in time"), message);
    raise_error("Expired", message, node.path);
    builder_.bind(done);
}

void Emitter::wait(const ir::Wait& node) {
    WaitRow row;
    row.path = node.path;
    for (const auto& arm : node.arms) row.signals.push_back(arm.signal);
    tables_.image.waits.push_back(std::move(row));
    auto number = static_cast<std::uint32_t>(tables_.image.waits.size() - 1);
    Reg result;
    const Reg* wanted = nullptr;
    if (node.result.has_value()) {
        result = local(node.result);
        wanted = &result;
        none(result);
    }
    Reg answer = builder_.hidden(node.path + " wait");
    Reg deadline = expression(node.deadline);
    builder_.at_place(tables_.place(node.span));
    builder_.emit(Opcode::Wait, answer, deadline, 0, site_here(SiteKind::Wait, number));
    Label end = builder_.label();
    for (std::size_t i = 0; i < node.arms.size(); ++i) {
        const auto& arm = node.arms[i];
        Label next = builder_.label();
        jump_unless_decided(answer, static_cast<std::int64_t>(i), next);
        builder_.emit(Opcode::Field, local(arm.value), answer, 1);
        block(arm.body, wanted);
        builder_.jump(Opcode::Jump, {}, end);
        builder_.bind(next);
    }
    if (node.else_block.has_value()) {
        block(node.else_block, wanted);
    } else {
        Reg message = builder_.temporary();
        literal(Value::text("no signal came in time"), message);
        raise_error("Timeout", message, node.path);
    }
    builder_.bind(end);
}

void Emitter::lock(const ir::Lock& node) {
    tables_.image.locks.push_back({node.path});
    auto number = static_cast<std::uint32_t>(tables_.image.locks.size() - 1);
    std::vector<ir::ExprId> parts = node.keys;
    parts.push_back(node.deadline);
    Reg first = neighbours(parts);
    Reg got = builder_.hidden(node.path + " got");
    builder_.at_place(tables_.place(node.span));
    builder_.emit(Opcode::Lock, got, first, static_cast<std::uint32_t>(parts.size()),
                  site_here(SiteKind::Lock, number));
    Label end = builder_.label();
    builder_.jump(Opcode::JumpIf, got, end);
    if (node.else_block.has_value()) {
        block(node.else_block, nullptr);
    } else {
        Reg message = builder_.temporary();
        literal(Value::text("the lock was not free in time"), message);
        raise_error("Timeout", message, node.path);
    }
    builder_.bind(end);
}

}  // namespace weft::lowering
