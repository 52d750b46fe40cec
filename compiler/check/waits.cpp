// Waits for signals, deadlines, sleep and locks.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/choices.h"
#include "compiler/check/constants.h"
#include "compiler/check/names.h"
#include "compiler/check/statements.h"

namespace weft::check {

namespace {

using Kind = ir::Stmt::Kind;

// The number of a signal of the workflow; nothing for an unknown one, which is reported.
std::optional<std::uint32_t> find_signal(Body& body, ast::Name name) {
    auto& frame = *body.workflow;
    std::vector<std::string> legal;
    for (std::uint32_t i = 0; i < frame.signals.size(); ++i) {
        if (frame.signals[i].name == name.text()) {
            frame.awaited[i] = true;
            return i;
        }
        legal.push_back(frame.signals[i].name);
    }
    if (!name) return std::nullopt;
    auto& d = report_unknown(body.context, DiagnosticCode::UnknownName, name.span(), "signal",
                             name.text(), legal);
    if (legal.empty()) {
        d.help = fmt::format("declare it at the top of the workflow: `signal {}: T`", name.text());
    }
    return std::nullopt;
}

// The former name of a signal of the workflow, by which logs and the program's hash go on knowing
// it; "" when it has none.
std::string former_name(const Body& body, std::string_view name) {
    const auto& signals = body.workflow->signals;
    const auto found = std::ranges::find(signals, name, &ir::Signal::name);
    return found == signals.end() ? std::string() : found->was;
}

// The value of a signal that has no other name here.
ir::LocalId add_value(Body& body, std::string_view name, TypeId type, Span span) {
    const auto local = body.context.add_local(std::string(name), type, span);
    body.context.module.locals[local].was = former_name(body, name);
    return local;
}

// An arm that is the signal's value itself.
ir::BlockId value_block(Body& body, ir::LocalId local, Span span) {
    ir::Block block;
    block.value = add_local_ref(body, local, span);
    block.type = type_of(body.context, block.value);
    return body.context.module.blocks.add(std::move(block));
}

ir::BlockId check_wait_else(Body& body, ast::Else part, bool wants_value, TypeId hint) {
    if (!part) return {};
    if (part.block()) return check_block(body, part.block(), {wants_value, hint, {}});
    auto line = part.body().as<ast::Statement>();
    return check_lines(body, {line}, {wants_value, hint, {}});
}

std::optional<ir::WaitArm> check_wait_arm(Body& body, ast::WaitArm node, bool wants_value,
                                          TypeId hint) {
    Context& context = body.context;
    auto signal = find_signal(body, node.signal());
    TypeId type = signal ? body.workflow->signals[*signal].type : TypeId{};
    std::size_t mark = body.mark();
    ir::WaitArm out;
    if (auto binder = node.binder()) {
        out.value = body.declare(std::string(binder.text()), type, binder.span());
        context.watched.push_back({out.value, DiagnosticCode::UnusedDeclaration});
    } else {
        out.value = add_value(body, node.signal().text(), type, node.span());
    }
    context.origins.emplace(out.value.index, fmt::format("signal {}", node.signal().text()));
    out.body = check_block(body, node.block(), {wants_value, hint, {}});
    body.leave(mark);
    if (!signal) return std::nullopt;
    out.signal = *signal;
    return out;
}

// The common type of the blocks that do not leave; their values are made to fit it.
TypeId join_blocks(Body& body, const std::vector<ir::BlockId>& ids, Span span) {
    auto& blocks = body.context.module.blocks;
    std::vector<ir::BlockId> going_on;
    std::vector<ir::ExprId> values;
    for (auto id : ids) {
        if (!id.has_value() || blocks[id].leaves) continue;
        going_on.push_back(id);
        ir::ExprId value = blocks[id].value;
        values.push_back(value.has_value()
                             ? value
                             : add_literal(body.context, {}, body.context.common.none, span));
    }
    if (values.empty()) return {};
    TypeId type = join_branches(body, values, span);
    for (std::size_t i = 0; i < going_on.size(); ++i) blocks[going_on[i]].value = values[i];
    return type;
}

void refuse_in_undo(Body& body, Span span, std::string_view what) {
    if (!body.in_undo) return;
    body.context.report(DiagnosticCode::MisplacedStatement, span,
                        fmt::format("`{}` is refused inside a compensation", what));
}

ir::ExprId duration_literal(Body& body, std::int64_t ms, Span span) {
    return add_literal(body.context, Value::duration(ms), body.context.common.duration, span);
}

// A duration from now, which may be computed; one that is known must be longer than nothing.
ir::ExprId check_within(Body& body, ast::Within within, std::string_view what) {
    ir::ExprId id = expect_expr(body, within.value(), body.context.common.duration, what);
    if (!type_of(body.context, id).has_value()) return duration_literal(body, 1, within.span());
    auto known = known_value(body.context, id);
    if (!known) return id;
    if (known->as_int() > 0) return duration_literal(body, known->as_int(), within.span());
    body.context.report(DiagnosticCode::LiteralOutOfRange, within.value().span(),
                        fmt::format("{} must be longer than nothing", what));
    return duration_literal(body, 1, within.span());
}

}  // namespace

ir::ExprId check_deadline(Body& body, const ast::View& node, std::string_view what) {
    if (auto within = node.child<ast::Within>()) return check_within(body, within, what);
    if (auto until = node.child<ast::Until>()) {
        return expect_expr(body, until.value(), body.context.common.time, what);
    }
    return {};
}

void check_sleep(Body& body, ast::Sleep sleep) {
    Context& context = body.context;
    auto until = sleep.child<ast::Until>();
    ir::ExprId value =
        until ? expect_expr(body, until.value(), context.common.time, "the time to sleep until")
              : expect_expr(body, sleep.value(), context.common.duration, "the time to sleep");
    ir::StmtId id = add_stmt(body, until ? Kind::SleepUntil : Kind::Sleep, 0, sleep.span());
    context.module.stmts[id].expr = value;
}

StatementResult check_wait(Body& body, ast::Wait node, std::string_view name, bool wants_value,
                           TypeId hint) {
    Context& context = body.context;
    refuse_in_undo(body, node.span(), "wait");
    ir::Wait row;
    row.span = node.span();
    std::string called(name);
    if (auto signal = node.signal(); signal && name == "wait") {
        called = former_name(body, signal.text());
        if (called.empty()) called = signal.text();
    }
    row.path = own_path(body, called);
    row.deadline = check_deadline(body, node, "the time to wait");
    std::vector<ir::BlockId> blocks;
    if (auto name_of_one = node.signal()) {
        if (auto signal = find_signal(body, name_of_one)) {
            TypeId type = body.workflow->signals[*signal].type;
            ir::WaitArm arm;
            arm.signal = *signal;
            arm.value = add_value(body, name_of_one.text(), type, node.span());
            context.origins.emplace(arm.value.index, fmt::format("signal {}", name_of_one.text()));
            context.use_local(arm.value);
            arm.body = value_block(body, arm.value, node.span());
            row.arms.push_back(arm);
        }
    }
    for (const auto& arm : node.arms()) {
        auto checked = check_wait_arm(body, arm, wants_value, hint);
        if (!checked) continue;
        auto same = [&](const ir::WaitArm& other) { return other.signal == checked->signal; };
        if (std::any_of(row.arms.begin(), row.arms.end(), same)) {
            context.report(DiagnosticCode::UnreachableCase, arm.span(),
                           fmt::format("`{}` is waited for above", arm.signal().text()));
        }
        row.arms.push_back(*checked);
    }
    for (const auto& arm : row.arms) blocks.push_back(arm.body);
    row.else_block = check_wait_else(body, node.else_part(), wants_value, hint);
    blocks.push_back(row.else_block);
    StatementResult result;
    if (row.arms.empty() || !row.deadline.has_value()) return result;  // reported
    result.leaves = std::ranges::all_of(blocks, [&](ir::BlockId id) {
        return !id.has_value() || context.module.blocks[id].leaves;
    });
    if (wants_value && !result.leaves) {
        row.result = context.add_local(std::string(name), join_blocks(body, blocks, node.span()),
                                       node.span());
        context.use_local(row.result);
        if (row.arms.size() == 1) {
            const auto& signal = body.workflow->signals[row.arms.front().signal];
            context.origins.emplace(row.result.index, fmt::format("signal {}", signal.name));
        }
        result.value = add_local_ref(body, row.result, node.span());
    }
    context.module.waits.push_back(std::move(row));
    add_stmt(body, Kind::Wait, context.module.waits.size() - 1, node.span());
    return result;
}

void check_signals_awaited(Context& context, const WorkflowFrame& frame) {
    for (std::size_t i = 0; i < frame.signals.size(); ++i) {
        if (frame.awaited[i]) continue;
        context.report(DiagnosticCode::SignalNeverAwaited, frame.signals[i].span,
                       fmt::format("nothing waits for the signal `{}`", frame.signals[i].name));
    }
}

void check_lock(Body& body, ast::Lock node) {
    Context& context = body.context;
    refuse_in_undo(body, node.span(), "lock");
    ir::Lock row;
    row.span = node.span();
    row.path = new_path(body, "lock");
    for (const auto& key : node.keys()) {
        ir::ExprId value = expect_expr(body, key, context.common.text, "a lock's key");
        if (type_of(context, value).has_value()) refuse_in_key(body, value, "a lock's key");
        row.keys.push_back(value);
    }
    row.deadline = check_deadline(body, node, "the time to wait for the lock");
    if (auto part = node.else_part()) {
        row.else_block = check_wait_else(body, part, false, {});
        if (!context.module.blocks[row.else_block].leaves) {
            auto& d = context.report(DiagnosticCode::LockElseGoesOn, part.span(),
                                     "this goes on without the lock");
            d.help = "end it with `fail` or `return`";
        }
    }
    if (!row.deadline.has_value() || row.keys.empty()) return;  // reported
    context.module.locks.push_back(std::move(row));
    add_stmt(body, Kind::Lock, context.module.locks.size() - 1, node.span());
}

}  // namespace weft::check
