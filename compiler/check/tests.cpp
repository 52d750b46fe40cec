#include "compiler/check/tests.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/calls.h"
#include "compiler/check/constants.h"
#include "compiler/check/declare.h"
#include "compiler/check/types.h"
#include "grammar/literals.h"

namespace weft::check {

namespace {

class CheckTest {
  public:
    CheckTest(Context& context, ModuleId module)
        : context_(context), body_{.context = context, .module = module} {
        body_.test = &frame_;
    }

    ir::Test check(ast::Test node) {
        test_.title = plain_text(node.title()).value_or("");
        test_.span = node.title() ? node.title().span() : node.span();
        for (const auto& line : node.body().statements()) statement(line);
        if (!does_something(node)) {
            context_.report(DiagnosticCode::UnusedDeclaration, test_.span,
                            fmt::format("the test `{}` runs and expects nothing", test_.title));
        }
        return std::move(test_);
    }

  private:
    using Kind = ir::TestLine::Kind;

    static bool does_something(ast::Test node) {
        return std::ranges::any_of(node.body().statements(), [](const ast::Statement& line) {
            return line.kind() == NodeKind::Run || line.kind() == NodeKind::Expect;
        });
    }

    void statement(ast::Statement line) {
        switch (line.kind()) {
            case NodeKind::Mock:
                add(Kind::Mock, test_.mocks, check_mock(body_, line.as<ast::Mock>()));
                break;
            case NodeKind::Decide:
                if (auto row = check_decide(body_, line.as<ast::Decide>())) {
                    add(Kind::Decide, test_.decisions, std::move(*row));
                }
                break;
            case NodeKind::Crash:
                crash(line.as<ast::Crash>());
                break;
            case NodeKind::Let:
                let(line.as<ast::Let>());
                break;
            case NodeKind::Run:
                run(line.as<ast::Run>());
                break;
            case NodeKind::Expect:
                expect(line.as<ast::Expect>());
                break;
            case NodeKind::Send:
                if (auto row = check_send(body_, line.as<ast::Send>())) {
                    add(Kind::Send, test_.sends, std::move(*row));
                }
                break;
            default:
                context_.report(DiagnosticCode::MisplacedStatement, line.span(),
                                fmt::format("`{}` has no meaning in a test", label(line.kind())));
        }
    }

    template <typename T>
    void add(Kind kind, std::vector<T>& rows, T row) {
        test_.lines.push_back({kind, static_cast<std::uint32_t>(rows.size()), {}, {}});
        rows.push_back(std::move(row));
    }

    void let(ast::Let node) {
        TypeId wanted = resolve_type(context_, body_.module, node.type());
        std::string name(node.name().text());
        ir::ExprId value = wanted.has_value()
                               ? expect_expr(body_, node.value(), wanted, "`" + name + "`")
                               : check_expr(body_, node.value());
        if (!wanted.has_value()) wanted = type_of(context_, value);
        if (name.empty()) return;
        ir::LocalId local = body_.declare(name, wanted, node.name().span());
        context_.watched.push_back({local, DiagnosticCode::UnusedDeclaration});
        test_.lines.push_back({Kind::Let, 0, local, value});
    }

    void crash(ast::Crash node) {
        ir::Crash row;
        row.span = node.span();
        row.before = node.when() && node.when().text() == "before";
        if (!node.step() || node.step().names().empty()) return;
        auto path = find_step_path(body_, dotted_of(node.step()), node.step().span());
        if (!path) return;
        row.path = std::move(*path);
        add(Kind::Crash, test_.crashes, std::move(row));
    }

    // --- run and expect

    void run(ast::Run node) {
        auto call = node.call().bare().as<ast::Call>();
        Dotted name = call ? ast::dotted_name(call.callee().bare()) : Dotted{};
        if (name.empty()) {
            if (node.call()) {
                auto& d = context_.report(DiagnosticCode::TypeMismatch, node.call().span(),
                                          "`run` takes a workflow with its arguments");
                if (!ast::dotted_name(node.call().bare()).empty()) {
                    d.help = fmt::format("call it: `run {}(…)`", node.call().bare().text());
                }
            }
            frame_.has_run = true;  // what is read behind it was meant of this run
            return;
        }
        DeclId id = find_value(context_, body_.module, name);
        if (!id.has_value() || context_.declarations[id].kind != DeclKind::Workflow) {
            report_unknown(context_, DiagnosticCode::UnknownName, call.callee().span(), "workflow",
                           joined(name), workflows(name));
            frame_.has_run = true;
            return;
        }
        resolve(context_, id);
        const Declaration decl = context_.declarations[id];
        Signature signature = decl.signature;
        for (auto& p : signature.parameters) p.type = all_bare(context_, p.type);
        BoundCall bound = bind_call(body_, call, decl.qualified, signature, decl.module);
        const ir::Workflow& workflow = context_.module.workflows[decl.row];
        frame_.has_run = true;
        frame_.workflow = workflow.name;
        frame_.result = workflow.result;
        if (!bound.ok) return;
        add(Kind::Run, test_.runs, ir::TestRun{decl.row, std::move(bound.args), node.span()});
        check_reach(context_, test_, test_.runs.back());
    }

    [[nodiscard]] std::vector<std::string> workflows(const Dotted& name) const {
        std::vector<std::string> out;
        for (auto& word : legal_values(context_, body_.module, name)) {
            const auto& values = context_.modules[body_.module].values;
            auto found = values.find(word);
            bool is_one = found != values.end() &&
                          context_.declarations[found->second].kind == DeclKind::Workflow;
            if (is_one || name.size() > 1) out.push_back(std::move(word));
        }
        return out;
    }

    void expect(ast::Expect node) {
        ir::Expectation row;
        row.span = node.span();
        row.condition = expect_condition(body_, node.value(), "what is expected");
        if (!type_of(context_, row.condition).has_value()) return;
        const ir::Expr& e = context_.module.exprs[row.condition];
        if (e.kind >= ir::ExprKind::Equal && e.kind <= ir::ExprKind::In) {
            row.left = e.a;
            row.right = e.b;
            constexpr std::array<std::string_view, 7> kSigns = {
                "==", "!=", "<", "<=", ">", ">=", "in"};
            row.op = kSigns[static_cast<std::size_t>(e.kind) -
                            static_cast<std::size_t>(ir::ExprKind::Equal)];
        }
        add(Kind::Expect, test_.expectations, std::move(row));
    }

    Context& context_;
    ir::Test test_;
    TestFrame frame_{.test = test_};
    Body body_;
};

}  // namespace

TypeId all_bare(const Context& context, TypeId type) {
    if (!type.has_value()) return type;
    return cleared_of(context.types(), type, kPii | kSecret | kUntrusted);
}

std::vector<ir::Test> check_tests(Context& context) {
    std::vector<ir::Test> out;
    for (std::uint32_t i = 0; i < context.modules.size(); ++i) {
        ModuleId module{i};
        auto tests = context.modules[module].tests;
        for (const auto& test : tests) {
            ir::Test checked = CheckTest(context, module).check(test);
            // Those of imported modules are checked, but belong to their own file.
            if (i == 0) out.push_back(std::move(checked));
        }
    }
    return out;
}

}  // namespace weft::check
