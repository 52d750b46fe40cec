// repeat: passes over one value, until one of them is done with it.
#include <fmt/format.h>

#include "compiler/check/choices.h"
#include "compiler/check/constants.h"
#include "compiler/check/origins.h"
#include "compiler/check/statements.h"
#include "compiler/check/trial.h"
#include "compiler/check/types.h"

namespace weft::check {

namespace {

using Kind = ir::Stmt::Kind;

constexpr std::int64_t kPassesMax = 100'000;
// The item's type grows until it holds what every `next` gives: T to T?, Int to Decimal, a label
// more. A few trials reach the end.
constexpr int kTrialsMax = 8;

// The body of all passes, checked for an item of the frame's type.
ir::BlockId check_passes(Body& body, ast::Repeat node, RepeatFrame& frame, ir::LocalId item) {
    body.context.module.locals[item].type = frame.item;
    RepeatFrame* around = std::exchange(body.repeat, &frame);
    ir::BlockId out = check_block(body, node.block());
    body.repeat = around;
    return out;
}

// What holds the item as it begins and as each `next` gives it; none after a mistake.
TypeId item_type(Body& body, ast::Repeat node, ir::ExprId& initial, const RepeatFrame& frame) {
    Context& context = body.context;
    TypeId out = with_labels(context.types(), frame.item, frame.labels);
    if (node.type()) return out;  // what does not fit it is told as it is converted
    for (auto stmt : frame.nexts) {
        ir::ExprId value = context.module.stmts[stmt].expr;
        TypeId given = value.has_value() ? type_of(context, value) : TypeId{};
        if (!given.has_value() || !out.has_value()) continue;
        TypeId both = join(context, out, given);
        if (!both.has_value()) {
            initial = adapt_literal(body, initial, given);
            both = join(context, type_of(context, initial), given);
        }
        if (!both.has_value()) {
            auto& d = context.report(
                DiagnosticCode::TypeMismatch, span_of(context, value),
                fmt::format("`next` gives a {}, but `{}` begins as a {}", context.text(given),
                            node.binder().text(), context.text(out)));
            note_origins(context, d, {value, initial});
            return {};
        }
        out = both;
    }
    return out;
}

// Every loop has an end that the compiler knows.
void check_bound(Context& context, ast::Repeat node) {
    if (node.up_to() || !node.initial() || context.has_syntax_error(node.initial().span())) return;
    Span span = node.initial().span();
    span.begin = node.binder().span().begin;
    auto& d = context.report(
        DiagnosticCode::UnboundedLoop, span,
        fmt::format("nothing says how often `{}` is passed on at most", node.binder().text()));
    d.help = "add `, up to 10 times` behind the first value";
    d.fix = Fix{"bound it by ten passes",
                {{{span.file, span.end, span.end}, ", up to 10 times"}},
                Applicability::MaybeWrong};
}

// The repeat's type: what every `done` and the `else` give.
TypeId result_type(Body& body, ast::Repeat node, const RepeatFrame& frame, ir::Repeat& row) {
    Context& context = body.context;
    std::vector<ir::ExprId> values;
    auto none = [&] { return add_literal(context, {}, context.common.none, node.span()); };
    for (auto stmt : frame.dones) {
        ir::ExprId value = context.module.stmts[stmt].expr;
        values.push_back(value.has_value() ? value : none());
    }
    bool else_gives = !context.module.blocks[row.else_block].leaves;
    if (else_gives) {
        ir::ExprId value = context.module.blocks[row.else_block].value;
        values.push_back(value.has_value() ? value : none());
    }
    TypeId type = join_branches(body, values, node.span());
    for (std::size_t i = 0; i < frame.dones.size(); ++i) {
        context.module.stmts[frame.dones[i]].expr = values[i];
    }
    if (else_gives) context.module.blocks[row.else_block].value = values.back();
    return with_labels(context.types(), type, frame.labels);
}

}  // namespace

StatementResult check_repeat(Body& body, ast::Repeat node, bool wants_value, TypeId hint) {
    Context& context = body.context;
    ir::Repeat row;
    row.path = body.path;
    row.span = node.span();
    const TypeId given = resolve_type(context, body.module, node.type());
    row.initial = given.has_value() ? expect_expr(body, node.initial(), given,
                                                  fmt::format("`{}`", node.binder().text()))
                                    : check_expr(body, node.initial());
    if (node.up_to()) {
        row.times = static_cast<std::uint32_t>(
            constant_int(body, node.up_to(), "the number of passes", 1, kPassesMax).value_or(1));
    }
    check_bound(context, node);
    auto number = static_cast<std::uint32_t>(context.module.repeats.size());
    context.module.repeats.emplace_back();
    RepeatFrame frame{number, given.has_value() ? given : type_of(context, row.initial),
                      body.control};
    std::size_t mark = body.mark();
    row.item = body.declare(std::string(node.binder().text()), frame.item, node.binder().span());
    context.use_local(row.item);
    context.module.repeats[number] = row;  // what the item begins as is asked for inside
    Trial trial(body);
    TypeId wanted;
    for (int count = 1;; ++count) {
        row.body = check_passes(body, node, frame, row.item);
        wanted = item_type(body, node, row.initial, frame);
        if (wanted == frame.item || !wanted.has_value() || count == kTrialsMax) break;
        trial.take_back(node.block().span());
        frame = {number, wanted, body.control};
    }
    if (!wanted.has_value()) frame.item = wanted;  // a mistake that was reported
    row.initial = coerce(body, row.initial, frame.item, "the first value");
    for (auto stmt : frame.nexts) {
        ir::ExprId& value = context.module.stmts[stmt].expr;
        if (value.has_value()) value = coerce(body, value, frame.item, "`next`");
    }
    if (node.block() && !context.module.blocks[row.body].leaves) {
        auto& d = context.report(DiagnosticCode::PassWithoutEnd, node.block().span(),
                                 "a pass can end without saying how the repeat goes on");
        d.help = "end it with `next …` to go on, or `done …` to leave";
    }
    row.else_block = check_block(body, node.else_part().block(), {wants_value, hint, {}});
    body.leave(mark);
    StatementResult result;
    result.leaves = frame.dones.empty() && context.module.blocks[row.else_block].leaves;
    row.result = context.add_local("repeat", result_type(body, node, frame, row), node.span());
    context.use_local(row.result);
    ir::LocalId local = row.result;
    context.module.repeats[number] = std::move(row);
    add_stmt(body, Kind::Repeat, number, node.span());
    if (!result.leaves) result.value = add_local_ref(body, local, node.span());
    return result;
}

namespace {

StatementResult end_of_pass(Body& body, Kind kind, ast::Expr expr, Span span, TypeId hint) {
    Context& context = body.context;
    StatementResult result;
    if (body.repeat == nullptr) {
        context.report(DiagnosticCode::MisplacedStatement, span,
                       fmt::format("`{}` ends a pass of a `repeat`, and this stands in none",
                                   kind == Kind::Next ? "next" : "done"));
        return result;
    }
    result.leaves = true;
    RepeatFrame& frame = *body.repeat;
    ir::ExprId value = expr ? check_expr(body, expr, hint) : ir::ExprId{};
    ir::StmtId id = add_stmt(body, kind, frame.row, span);
    context.module.stmts[id].expr = value;
    frame.labels |= static_cast<LabelSet>(body.control & ~frame.outside);
    (kind == Kind::Next ? frame.nexts : frame.dones).push_back(id);
    return result;
}

}  // namespace

StatementResult check_next(Body& body, ast::Next node) {
    TypeId hint = body.repeat != nullptr ? body.repeat->item : TypeId{};
    return end_of_pass(body, Kind::Next, node.value(), node.span(), hint);
}

StatementResult check_done(Body& body, ast::Done node, TypeId hint) {
    return end_of_pass(body, Kind::Done, node.value(), node.span(), hint);
}

}  // namespace weft::check
