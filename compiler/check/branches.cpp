// if, if let and match as statements: their blocks may hold steps. check_branches is where these
// and the other statements with a value meet.
#include <fmt/format.h>

#include "compiler/check/choices.h"
#include "compiler/check/statements.h"
#include "compiler/check/truth.h"

namespace weft::check {

namespace {

using Kind = ir::Stmt::Kind;

// Inside, effects depend on what `condition` was made from.
class UnderCondition {
  public:
    UnderCondition(Body& body, ir::ExprId condition) : body_(body), before_(body.control) {
        TypeId type = type_of(body.context, condition);
        if (type.has_value()) body.control |= outer_labels(body.context.types(), type);
    }
    ~UnderCondition() { body_.control = before_; }
    UnderCondition(const UnderCondition&) = delete;
    UnderCondition& operator=(const UnderCondition&) = delete;

  private:
    Body& body_;
    LabelSet before_;
};

// A block of the statements that `fill` makes: for `else if`, and for the rest of a match.
template <typename Fill>
ir::BlockId make_block(Body& body, bool wants_value, Fill fill) {
    Context& context = body.context;
    OpenBlock open;
    OpenBlock* around = std::exchange(body.block, &open);
    StatementResult result = fill();
    body.block = around;
    ir::Block out;
    out.leaves = result.leaves;
    if (wants_value && !result.leaves) {
        use_value(context, result.value);
        out.value = result.value;
    }
    out.type = out.value.has_value() ? type_of(context, out.value) : context.common.none;
    out.stmts = std::move(open.stmts);
    return context.module.blocks.add(std::move(out));
}

struct Branches {
    ir::ExprId condition;
    ir::BlockId then_block;
    ir::BlockId else_block;
};

// The If statement, with the local of its value where one is wanted.
StatementResult finish(Body& body, const Branches& branches, bool wants_value, Span span) {
    Context& context = body.context;
    auto& blocks = context.module.blocks;
    ir::If row;
    row.condition = branches.condition;
    row.then_block = branches.then_block;
    row.else_block = branches.else_block;
    row.span = span;
    StatementResult result;
    bool has_else = branches.else_block.has_value();
    result.leaves = blocks[row.then_block].leaves && has_else && blocks[row.else_block].leaves;
    if (wants_value && !result.leaves) {
        std::vector<ir::ExprId> values;
        for (ir::BlockId id : {row.then_block, row.else_block}) {
            if (!id.has_value() || blocks[id].leaves) continue;
            ir::ExprId value = blocks[id].value;
            values.push_back(
                value.has_value() ? value : add_literal(context, {}, context.common.none, span));
        }
        if (!has_else) values.push_back(add_literal(context, {}, context.common.none, span));
        TypeId type = join_branches(body, values, span);
        std::size_t at = 0;
        for (ir::BlockId id : {row.then_block, row.else_block}) {
            if (!id.has_value() || blocks[id].leaves) continue;
            if (blocks[id].value.has_value()) blocks[id].value = values[at];
            ++at;
        }
        TypeId tested = type_of(context, row.condition);
        if (tested.has_value()) {
            type = with_labels(context.types(), type, outer_labels(context.types(), tested));
        }
        row.result = context.add_local("if", type, span);
        context.use_local(row.result);
    }
    ir::LocalId local = row.result;
    context.module.ifs.push_back(row);
    add_stmt(body, Kind::If, context.module.ifs.size() - 1, span);
    if (local.has_value()) result.value = add_local_ref(body, local, span);
    return result;
}

ir::BlockId check_else(Body& body, ast::Else part, bool wants_value, TypeId hint) {
    if (!part) return {};
    if (part.block()) return check_block(body, part.block(), {wants_value, hint, {}});
    return make_block(body, wants_value,
                      [&] { return check_branches(body, part.body(), wants_value, hint); });
}

StatementResult check_if(Body& body, ast::If node, bool wants_value, TypeId hint) {
    Branches out;
    out.condition = expect_condition(body, node.condition(), "the condition");
    check_constant(body.context, out.condition);
    UnderCondition under(body, out.condition);
    out.then_block = check_block(body, node.block(), {wants_value, hint, {}});
    out.else_block = check_else(body, node.else_part(), wants_value, hint);
    return finish(body, out, wants_value, node.span());
}

StatementResult check_if_let_statement(Body& body, ast::IfLet node, bool wants_value, TypeId hint) {
    Context& context = body.context;
    IfLetParts parts = check_if_let(body, node);
    add_let(body, parts.held, parts.held_value, node.span());
    Branches out;
    out.condition = parts.condition;
    UnderCondition under(body, out.condition);
    std::size_t mark = body.mark();
    ir::LocalId binder = body.declare(std::string(node.binder().text()),
                                      type_of(context, parts.unwrapped), node.binder().span());
    context.watched.push_back({binder, DiagnosticCode::UnusedDeclaration});
    ir::Stmt let;
    let.local = binder;
    let.expr = parts.unwrapped;
    let.span = node.binder().span();
    out.then_block = check_block(body, node.block(),
                                 {wants_value, hint, {context.module.stmts.add(std::move(let))}});
    body.leave(mark);
    out.else_block = check_else(body, node.else_part(), wants_value, hint);
    return finish(body, out, wants_value, node.span());
}

struct CheckedArm {
    ir::ExprId condition;
    ir::BlockId block;
    Span span;
};

CheckedArm check_arm(Body& body, PatternMatch& match, ast::Arm arm, bool wants_value, TypeId hint) {
    Context& context = body.context;
    std::size_t mark = body.mark();
    CheckedPattern pattern = match.arm(arm);
    BlockWish wish{wants_value, hint, {}};
    for (const auto& name : pattern.names) {
        ir::Stmt let;
        let.local = name.local;
        let.expr = name.value;
        let.span = arm.span();
        wish.prelude.push_back(context.module.stmts.add(std::move(let)));
    }
    CheckedArm out{pattern.condition, {}, arm.span()};
    ast::View inside = arm.body();
    if (auto block = inside.as<ast::Block>()) {
        out.block = check_block(body, block, std::move(wish));
    } else {
        out.block = make_block(body, wants_value, [&] {
            body.block->stmts = std::move(wish.prelude);
            if (auto line = inside.as<ast::Statement>()) {
                return check_statement(body, line, wants_value);
            }
            StatementResult value;
            if (inside) value.value = check_expr(body, ast::Expr(inside.tree(), inside.id()), hint);
            return value;
        });
    }
    body.leave(mark);
    return out;
}

// A chain of Ifs; the last arm is the else of all, so its lines stand there themselves.
StatementResult chain(Body& body, const std::vector<CheckedArm>& arms, std::size_t at,
                      bool wants_value) {
    const CheckedArm& arm = arms[at];
    if (at + 1 == arms.size() || !arm.condition.has_value()) {
        const ir::Block& block = body.context.module.blocks[arm.block];
        auto& lines = body.block->stmts;
        lines.insert(lines.end(), block.stmts.begin(), block.stmts.end());
        return {block.value, block.leaves};
    }
    Branches out;
    out.condition = arm.condition;
    out.then_block = arm.block;
    out.else_block =
        make_block(body, wants_value, [&] { return chain(body, arms, at + 1, wants_value); });
    return finish(body, out, wants_value, arm.span);
}

StatementResult check_match(Body& body, ast::Match node, bool wants_value, TypeId hint) {
    Context& context = body.context;
    ir::ExprId subject = check_expr(body, node.subject());
    check_always_none(context, subject);
    Span span = node.subject() ? node.subject().span() : node.span();
    ir::LocalId held = context.add_local("match", type_of(context, subject), span);
    add_let(body, held, subject, node.span());
    PatternMatch match(body, add_local_ref(body, held, span), span);
    UnderCondition under(body, subject);
    std::vector<CheckedArm> arms;
    for (const auto& arm : node.arms()) {
        arms.push_back(check_arm(body, match, arm, wants_value, hint));
    }
    match.finish();
    if (arms.empty()) return {};
    return chain(body, arms, 0, wants_value);
}

}  // namespace

StatementResult check_branches(Body& body, ast::View node, bool wants_value, TypeId hint) {
    if (auto n = node.as<ast::If>()) return check_if(body, n, wants_value, hint);
    if (auto n = node.as<ast::IfLet>()) return check_if_let_statement(body, n, wants_value, hint);
    if (auto n = node.as<ast::Parallel>()) return check_parallel(body, n);
    if (auto n = node.as<ast::Repeat>()) return check_repeat(body, n, wants_value, hint);
    return check_match(body, node.as<ast::Match>(), wants_value, hint);
}

}  // namespace weft::check
