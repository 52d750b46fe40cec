// Test blocks: the names of what they mock, decide and run.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/declare.h"
#include "compiler/check/names.h"
#include "compiler/check/usage.h"

namespace weft::check {

namespace {

class TestNames {
  public:
    TestNames(Context& context, ModuleId module) : context_(context), module_(module) {}

    void check(ast::Test test) {
        use_names(test);
        for (const auto& line : test.body().statements()) {
            if (auto mock = line.as<ast::Mock>()) {
                for (const auto& target : mock.targets()) check_target(target);
            } else if (auto decide = line.as<ast::Decide>()) {
                check_gate(decide.name());
            } else if (auto run = line.as<ast::Run>()) {
                check_run(run);
            }
        }
    }

  private:
    // What a test reads is used, wherever it stands in the test.
    void use_names(ast::Test test) {
        const Tree& tree = test.tree();
        for (std::uint32_t i = 0; i < test.node().subtree; ++i) {
            ast::Expr expr = ast::View(tree, NodeId{test.id().index + i}).as<ast::Expr>();
            if (!expr) continue;
            Dotted name = ast::dotted_name(expr);
            if (name.empty()) continue;
            find_value(context_, module_, name);
            find_type(context_, module_, name);
            find_error(context_, module_, name);
            for (const auto& ref : find_cases(context_, module_, name)) {
                context_.declarations[ref.owner].used = true;
            }
        }
    }

    void check_target(ast::MockTarget target) {
        Dotted name = dotted_of(target.path());
        if (name.empty()) return;
        if (target.is_step()) {
            check_step(target.path(), name);
            return;
        }
        if (name.size() == 1 && is_import(context_, module_, name[0])) {
            context_.modules[module_].imports.find(name[0])->second.used = true;
            return;
        }
        DeclId id = find_value(context_, module_, name);
        if (id.has_value() && context_.declarations[id].kind == DeclKind::Worker) return;
        if (is_broken_import(context_, module_, name[0])) return;
        report_unknown(context_, DiagnosticCode::UnknownName, target.path().span(), "worker",
                       joined(name), legal_values(context_, module_, name));
    }

    void check_step(ast::Path path, const Dotted& name) {
        std::string tail = "." + joined(name);
        std::vector<std::string> legal;
        auto fits = [&](const std::string& step) {
            if (step.ends_with(tail)) return true;
            legal.push_back(step.substr(step.find('.') + 1));
            return false;
        };
        for (const auto& step : context_.module.steps) {
            if (fits(step.path)) return;
        }
        for (const auto& each : context_.module.eaches) {
            if (fits(each.path)) return;
        }
        report_unknown(context_, DiagnosticCode::UnknownName, path.span(), "step", joined(name),
                       legal);
    }

    void check_gate(ast::Name name) {
        std::vector<std::string> legal;
        for (const auto& gate : context_.module.gates) {
            if (gate.name == name.text()) return;
            legal.push_back(gate.name);
        }
        report_unknown(context_, DiagnosticCode::UnknownName, name.span(), "gate", name.text(),
                       legal);
    }

    void check_run(ast::Run run) {
        auto call = run.call().bare().as<ast::Call>();
        if (!call) return;
        Dotted name = ast::dotted_name(call.callee().bare());
        if (name.empty()) return;
        DeclId id = find_value(context_, module_, name);
        if (id.has_value() && context_.declarations[id].kind == DeclKind::Workflow) return;
        report_unknown(context_, DiagnosticCode::UnknownName, call.callee().span(), "workflow",
                       joined(name), legal_values(context_, module_, name));
    }

    Context& context_;
    ModuleId module_;
};

}  // namespace

void check_tests(Context& context) {
    for (std::uint32_t i = 0; i < context.modules.size(); ++i) {
        ModuleId module{i};
        auto tests = context.modules[module].tests;
        for (const auto& test : tests) TestNames(context, module).check(test);
    }
}

}  // namespace weft::check
