#include "compiler/check/test_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/check/calls.h"
#include "compiler/check/declare.h"
#include "compiler/check/tests.h"
#include "compiler/check/types.h"

namespace weft::check {

std::string line_label(NodeKind kind) {
    if (kind == NodeKind::ExprStmt) return "an expression";
    return fmt::format("`{}`", label(kind));
}

bool TestScript::take(ast::Statement line) {
    switch (line.kind()) {
        case NodeKind::Mock:
            add(Kind::Mock, test_.mocks, check_mock(body_, line.as<ast::Mock>()));
            return true;
        case NodeKind::Decide:
            if (auto row = check_decide(body_, line.as<ast::Decide>())) {
                add(Kind::Decide, test_.decisions, std::move(*row));
            }
            return true;
        case NodeKind::Let:
            let(line.as<ast::Let>());
            return true;
        case NodeKind::Run:
            run(line.as<ast::Run>());
            return true;
        case NodeKind::Send:
            if (auto row = check_send(body_, line.as<ast::Send>())) {
                add(Kind::Send, test_.sends, std::move(*row));
            }
            return true;
        default:
            return false;
    }
}

void TestScript::let(ast::Let node) {
    TypeId wanted = resolve_type(body_.context, body_.module, node.type());
    std::string name(node.name().text());
    ir::ExprId value = wanted.has_value()
                           ? expect_expr(body_, node.value(), wanted, "`" + name + "`")
                           : check_expr(body_, node.value());
    if (!wanted.has_value()) wanted = type_of(body_.context, value);
    if (name.empty()) return;
    ir::LocalId local = body_.declare(name, wanted, node.name().span());
    body_.context.watched.push_back({local, DiagnosticCode::UnusedDeclaration});
    if (value.has_value()) body_.context.let_values.emplace(local.index, value);
    test_.lines.push_back({Kind::Let, 0, local, value});
}

void TestScript::run(ast::Run node) {
    auto call = node.call().bare().as<ast::Call>();
    Dotted name = call ? ast::dotted_name(call.callee().bare()) : Dotted{};
    if (name.empty()) {
        if (node.call()) {
            auto& d = body_.context.report(DiagnosticCode::TypeMismatch, node.call().span(),
                                           "`run` takes a workflow with its arguments");
            if (!ast::dotted_name(node.call().bare()).empty()) {
                d.help = fmt::format("call it: `run {}(…)`", node.call().bare().text());
            }
        }
        frame_.has_run = true;  // what is read behind it was meant of this run
        return;
    }
    DeclId id = find_value(body_.context, body_.module, name);
    if (!id.has_value() || body_.context.declarations[id].kind != DeclKind::Workflow) {
        report_unknown(body_.context, DiagnosticCode::UnknownName, call.callee().span(), "workflow",
                       joined(name), workflows(name));
        frame_.has_run = true;
        return;
    }
    resolve(body_.context, id);
    const Declaration decl = body_.context.declarations[id];
    Signature signature = decl.signature;
    for (auto& p : signature.parameters) p.type = all_bare(body_.context, p.type);
    BoundCall bound = bind_call(body_, call, decl.qualified, signature, decl.module);
    const ir::Workflow& workflow = body_.context.module.workflows[decl.row];
    frame_.has_run = true;
    frame_.workflow = workflow.name;
    frame_.result = workflow.result;
    if (!bound.ok) return;
    add(Kind::Run, test_.runs, ir::TestRun{decl.row, std::move(bound.args), node.span()});
    if (!frame_.is_eval) check_reach(body_.context, test_, test_.runs.back());
}

std::vector<std::string> TestScript::workflows(const Dotted& name) const {
    std::vector<std::string> out;
    for (auto& word : legal_values(body_.context, body_.module, name)) {
        const auto& values = body_.context.modules[body_.module].values;
        auto found = values.find(word);
        bool is_one = found != values.end() &&
                      body_.context.declarations[found->second].kind == DeclKind::Workflow;
        if (is_one || name.size() > 1) out.push_back(std::move(word));
    }
    return out;
}

ir::Expectation TestScript::expectation(ast::Expr condition, Body& body, std::string_view what,
                                        Span span) {
    Context& context = body.context;
    ir::Expectation row;
    row.span = span;
    row.condition = expect_condition(body, condition, what);
    if (!type_of(context, row.condition).has_value()) return row;
    const ir::Expr& e = context.module.exprs[row.condition];
    if (e.kind >= ir::ExprKind::Equal && e.kind <= ir::ExprKind::In) {
        row.left = e.a;
        row.right = e.b;
        constexpr std::array<std::string_view, 7> kSigns = {"==", "!=", "<", "<=", ">", ">=", "in"};
        row.op = kSigns[static_cast<std::size_t>(e.kind) -
                        static_cast<std::size_t>(ir::ExprKind::Equal)];
    }
    return row;
}

}  // namespace weft::check
