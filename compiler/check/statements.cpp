#include "compiler/check/statements.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/constants.h"
#include "compiler/check/declassify.h"
#include "compiler/check/effects.h"
#include "compiler/check/hooks.h"
#include "compiler/check/origins.h"
#include "compiler/check/types.h"

namespace weft::check {

namespace {

using Kind = ir::Stmt::Kind;

// `let found = stock.find(item)`: the step that was meant.
void report_effect_in_let(Context& context, ast::Let let, DeclId worker) {
    if (context.has_syntax_error(let.span())) return;
    const auto& decl = context.declarations[worker];
    auto& d =
        context.report(DiagnosticCode::EffectInExpression, let.value().span(),
                       fmt::format("`{}` is an effect, and a `let` has none", decl.qualified));
    const auto right = fmt::format("write `step {} = …`", let.name().text());
    if (let.type()) {
        d.help = right;
        return;
    }
    Span word = let.span();
    word.end = word.begin + 3;
    d.fix = Fix{right, {Edit{word, "step"}}, Applicability::Safe};
}

void check_let(Body& body, ast::Let let) {
    Context& context = body.context;
    std::string name(let.name().text());
    TypeId wanted = resolve_type(context, body.module, let.type());
    ir::ExprId value;
    const DeclId worker = let.value() ? find_worker(body, let.value()) : DeclId{};
    if (worker.has_value()) {
        report_effect_in_let(context, let, worker);
        if (name.empty()) return;
        context.use_local(body.declare(name, wanted, let.name().span()));
        return;
    }
    if (auto call = declassify_call(body, let.value())) {
        TypeId given;
        value = check_declassify(body, call, given);
        if (!wanted.has_value()) wanted = given;
        if (given.has_value() && !fits(context, given, wanted)) {
            context.report(DiagnosticCode::TypeMismatch, let.value().span(),
                           fmt::format("`{}` takes a {}, but this is a {}", name,
                                       context.text(wanted), context.text(given)));
        }
    } else if (wanted.has_value()) {
        const Wanting wanting(body, {{}, {}, let.name().span()});
        value = expect_expr(body, let.value(), wanted, fmt::format("`{}`", name));
    } else {
        value = check_expr(body, let.value());
    }
    if (!wanted.has_value()) wanted = type_of(context, value);
    if (name.empty()) return;
    ir::LocalId local = body.declare(name, wanted, let.name().span());
    context.watched.push_back({local, DiagnosticCode::UnusedDeclaration});
    add_let(body, local, value, let.span());
}

void check_emit(Body& body, ast::Emit emit) {
    Context& context = body.context;
    auto arguments = emit.arguments();
    ir::ExprId value;
    if (arguments.size() > 1) {
        context.report(DiagnosticCode::ArgumentMismatch, emit.span(),
                       fmt::format("an event has one value, not {}", arguments.size()));
    }
    if (arguments.empty()) {
        value = add_literal(context, Value::none(), context.common.none, emit.span());
    } else {
        value = check_expr(body, arguments[0].value());
        if (type_of(context, value).has_value()) refuse_labels(body, value, "an event");
    }
    ir::StmtId id = add_stmt(body, Kind::Emit, 0, emit.span());
    context.module.stmts[id].expr = value;
    context.module.stmts[id].name = emit.name().text();
}

void check_expr_stmt(Body& body, ast::Expr expr, Span span, bool wants_value,
                     StatementResult& result) {
    result.value = check_expr(body, expr);
    if (!wants_value && type_of(body.context, result.value).has_value()) {
        body.context.report(DiagnosticCode::UnusedDeclaration, span,
                            "nothing reads the value of this expression");
    }
}

void misplaced(Body& body, ast::Statement node) {
    body.context.report(DiagnosticCode::MisplacedStatement, node.span(),
                        fmt::format("`{}` has no meaning in a workflow", label(node.kind())));
}

}  // namespace

void use_value(Context& context, ir::ExprId value) {
    if (!value.has_value()) return;
    const ir::Expr& e = context.module.exprs[value];
    if (e.kind == ir::ExprKind::Local) context.use_local(e.local);
}

ir::StmtId add_stmt(Body& body, Kind kind, std::size_t row, Span span) {
    ir::Stmt stmt;
    stmt.kind = kind;
    stmt.row = static_cast<std::uint32_t>(row);
    stmt.span = span;
    ir::StmtId id = body.context.module.stmts.add(std::move(stmt));
    body.block->stmts.push_back(id);
    return id;
}

ir::StmtId add_let(Body& body, ir::LocalId local, ir::ExprId value, Span span) {
    ir::StmtId id = add_stmt(body, Kind::Let, 0, span);
    body.context.module.stmts[id].local = local;
    body.context.module.stmts[id].expr = value;
    if (value.has_value()) body.context.let_values.emplace(local.index, value);
    return id;
}

std::string own_path(Body& body, std::string_view name) {
    if (body.path_of_step.empty()) return new_path(body, name);
    return std::exchange(body.path_of_step, {});
}

std::string new_path(Body& body, std::string_view name) {
    std::string path = fmt::format("{}.{}", body.path, name);
    if (auto was = body.workflow->was.extract(path)) path = std::move(was.mapped());
    auto& taken = body.workflow->paths;
    std::string out = path;
    for (int i = 2; !taken.insert(out).second; ++i) out = fmt::format("{}_{}", path, i);
    return out;
}

ir::ExprId check_return(Body& body, ast::Expr expr, Span span) {
    Context& context = body.context;
    WorkflowFrame& frame = *body.workflow;
    if (body.in_each || body.in_parallel || body.in_undo) {
        std::string_view where = body.in_undo       ? "a compensation"
                                 : body.in_parallel ? "`parallel`"
                                                    : "`each`";
        context.report(DiagnosticCode::MisplacedStatement, span,
                       fmt::format("`return` is refused inside {}", where));
    }
    if (!expr) {
        if (frame.result_declared && frame.result.has_value() &&
            frame.result != context.common.none && !context.has_syntax_error(span)) {
            context.report(
                DiagnosticCode::MissingReturn, span,
                fmt::format("`{}` must return a {}", frame.name, context.text(frame.result)));
        }
        return {};
    }
    std::string what = fmt::format("the result of `{}`", frame.name);
    const Wanting wanting(body, {"result", frame.name});
    if (frame.result_declared) return expect_expr(body, expr, frame.result, what);
    ir::ExprId value = check_expr(body, expr);
    TypeId type = type_of(context, value);
    if (!frame.result.has_value()) {
        frame.result = type;
    } else if (type.has_value()) {
        TypeId both = join(context, frame.result, type);
        if (!both.has_value()) {
            context.report(DiagnosticCode::TypeMismatch, span,
                           fmt::format("this returns a {}, another place a {}", context.text(type),
                                       context.text(frame.result)));
        } else {
            frame.result = both;
        }
    }
    return value;
}

ir::ExprId check_fail(Body& body, ast::Expr expr, Span span) {
    Context& context = body.context;
    const auto& common = context.common;
    ir::ExprId value = check_expr(body, expr);
    TypeId type = type_of(context, value);
    if (!type.has_value()) return value;
    if (kind_of(context, type) == TypeKind::Text) {
        refuse_labels(body, value, "an error");
        ir::Expr e;
        e.kind = ir::ExprKind::Record;
        e.span = span;
        e.type = common.error;
        e.args = {add_literal(context, Value::text("Failed"), common.text, span), value,
                  add_literal(context, Value::text(""), common.text, span),
                  add_literal(context, Value::integer(0), common.integer, span),
                  add_literal(context, Value::none(),
                              context.types()[common.error].fields.back().type, span)};
        return add_expr(context, std::move(e));
    }
    const Type& t = context.types()[base_of(context, type)];
    bool is_error = base_of(context, type) == common.error || t.name.starts_with("error ");
    if (!is_error) {
        auto& d = context.report(
            DiagnosticCode::TypeMismatch, span_of(context, value),
            fmt::format("`fail` takes an error or a text, not a {}", context.text(type)));
        d.help = "declare one: `error Name { reason: Text }`";
    }
    return value;
}

StatementResult check_statement(Body& body, ast::Statement node, bool wants_value) {
    Context& context = body.context;
    StatementResult result;
    if (body.in_hook && !may_stand_in_hook(body, node)) return result;
    switch (node.kind()) {
        case NodeKind::Let:
            check_let(body, node.as<ast::Let>());
            break;
        case NodeKind::Emit:
            check_emit(body, node.as<ast::Emit>());
            break;
        case NodeKind::Sleep:
            check_sleep(body, node.as<ast::Sleep>());
            break;
        case NodeKind::Step:
            check_step(body, node.as<ast::Step>(), result);
            break;
        case NodeKind::Run: {
            auto run = node.as<ast::Run>();
            check_run(body, run, "run", run.call().span(), result);
            break;
        }
        case NodeKind::Each: {
            auto each = node.as<ast::Each>();
            check_each(body, each, each.binder().text(), each.binder().span(), EachNaming::Nameless,
                       result);
            break;
        }
        case NodeKind::Gate:
            check_gate(body, node.as<ast::Gate>(), result);
            break;
        case NodeKind::Wait:
            result = check_wait(body, node.as<ast::Wait>(), "wait", wants_value, {});
            break;
        case NodeKind::Review:
            result = check_review(body, node.as<ast::Review>(), "review");
            break;
        case NodeKind::Lock:
            check_lock(body, node.as<ast::Lock>());
            break;
        case NodeKind::If:
        case NodeKind::IfLet:
        case NodeKind::Match:
            result = check_branches(body, node, wants_value, {});
            break;
        case NodeKind::Parallel:
        case NodeKind::Repeat: {
            std::string around = std::exchange(body.path, new_path(body, label(node.kind())));
            result = check_branches(body, node, wants_value, {});
            body.path = std::move(around);
            break;
        }
        case NodeKind::Next:
            result = check_next(body, node.as<ast::Next>());
            break;
        case NodeKind::Done:
            result = check_done(body, node.as<ast::Done>(), {});
            break;
        case NodeKind::Return: {
            ir::ExprId value = check_return(body, node.as<ast::Return>().value(), node.span());
            ir::StmtId id = add_stmt(body, Kind::Return, 0, node.span());
            context.module.stmts[id].expr = value;
            result.leaves = true;
            break;
        }
        case NodeKind::Fail: {
            ir::ExprId error = check_fail(body, node.as<ast::Fail>().value(), node.span());
            ir::StmtId id = add_stmt(body, Kind::Fail, 0, node.span());
            context.module.stmts[id].expr = error;
            result.leaves = true;
            break;
        }
        case NodeKind::ExprStmt:
            check_expr_stmt(body, node.as<ast::ExprStmt>().value(), node.span(), wants_value,
                            result);
            break;
        case NodeKind::Tune:
        case NodeKind::Signal:
            context.report(DiagnosticCode::MisplacedStatement, node.span(),
                           fmt::format("`{}` stands at the top of a workflow", label(node.kind())));
            break;
        case NodeKind::BeforeStep:
        case NodeKind::AfterStep:
        case NodeKind::OnRetry:
        case NodeKind::OnFailure:
        case NodeKind::Finally:
            context.report(DiagnosticCode::MisplacedStatement, node.span(),
                           fmt::format("{} stands in the block of a workflow itself",
                                       hook_label(node.kind())));
            break;
        case NodeKind::Accept:
            context.report(DiagnosticCode::MisplacedStatement, node.span(),
                           fmt::format("`{}` has no meaning here", label(node.kind())));
            break;
        default:
            misplaced(body, node);
            break;
    }
    return result;
}

ir::BlockId check_block(Body& body, ast::Block block, BlockWish wish) {
    return check_lines(body, block.statements(), std::move(wish));
}

ir::BlockId check_lines(Body& body, const std::vector<ast::Statement>& lines, BlockWish wish) {
    Context& context = body.context;
    OpenBlock open;
    open.stmts = std::move(wish.prelude);
    OpenBlock* around = std::exchange(body.block, &open);
    auto cleared = body.cleared;
    std::size_t mark = body.mark();
    ir::Block out;
    bool reported = false;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        bool is_last = i + 1 == lines.size();
        if (out.leaves && !reported) {
            context.report(DiagnosticCode::UnreachableStep, lines[i].span(),
                           "nothing after a statement that leaves is ever run");
            reported = true;
        }
        auto result = check_statement(body, lines[i], is_last && wish.wants_value);
        if (is_last && wish.wants_value && result.value.has_value() && wish.hint.has_value()) {
            result.value = adapt_literal(body, result.value, wish.hint);
        }
        if (is_last && wish.wants_value) use_value(context, result.value);
        if (is_last) out.value = wish.wants_value ? result.value : ir::ExprId{};
        out.leaves = out.leaves || result.leaves;
    }
    if (out.leaves) out.value = {};
    out.type = out.value.has_value() ? type_of(context, out.value)
               : out.leaves          ? context.common.bottom
                                     : context.common.none;
    out.stmts = std::move(open.stmts);
    for (const auto& [name, stmt] : open.steps) {
        if (const LocalName* local = body.find(name)) body.ended.push_back(*local);
    }
    if (body.workflow != nullptr) body.workflow->last_steps = std::move(open.steps);
    body.leave(mark);
    body.cleared = std::move(cleared);
    body.block = around;
    return context.module.blocks.add(std::move(out));
}

}  // namespace weft::check
