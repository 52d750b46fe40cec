#include "compiler/check/tests.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "compiler/check/expressions.h"
#include "compiler/check/relations.h"
#include "compiler/check/test_script.h"
#include "grammar/literals.h"

namespace weft::check {

namespace {

class CheckTest {
  public:
    CheckTest(Context& context, ModuleId module) : context_(context), script_(context, module) {}

    ir::Test check(ast::Test node) {
        ir::Test& test = script_.test();
        test.title = plain_text(node.title()).value_or("");
        test.span = node.title() ? node.title().span() : node.span();
        for (const auto& line : node.body().statements()) statement(line);
        if (!does_something(node)) {
            context_.report(DiagnosticCode::UnusedDeclaration, test.span,
                            fmt::format("the test `{}` runs and expects nothing", test.title));
        }
        return std::move(test);
    }

  private:
    using Kind = ir::TestLine::Kind;

    static bool does_something(ast::Test node) {
        return std::ranges::any_of(node.body().statements(), [](const ast::Statement& line) {
            return line.kind() == NodeKind::Run || line.kind() == NodeKind::Expect;
        });
    }

    void statement(ast::Statement line) {
        if (line.kind() == NodeKind::Crash) {
            crash(line.as<ast::Crash>());
        } else if (line.kind() == NodeKind::Expect) {
            expect(line.as<ast::Expect>());
        } else if (!script_.take(line)) {
            context_.report(DiagnosticCode::MisplacedStatement, line.span(),
                            fmt::format("{} has no meaning in a test", line_label(line.kind())));
        }
    }

    void crash(ast::Crash node) {
        ir::Crash row;
        row.span = node.span();
        row.before = node.when() && node.when().text() == "before";
        if (!node.step() || node.step().names().empty()) return;
        auto path = find_step_path(script_.body(), dotted_of(node.step()), node.step().span());
        if (!path) return;
        row.path = std::move(*path);
        script_.add(Kind::Crash, script_.test().crashes, std::move(row));
    }

    void expect(ast::Expect node) {
        ir::Expectation row =
            TestScript::expectation(node.value(), script_.body(), "what is expected", node.span());
        if (!type_of(context_, row.condition).has_value()) return;
        script_.add(Kind::Expect, script_.test().expectations, std::move(row));
    }

    Context& context_;
    TestScript script_;
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
        std::map<std::string, Span> titles;
        for (const auto& test : tests) {
            ir::Test checked = CheckTest(context, module).check(test);
            const auto [first, is_new] = titles.try_emplace(checked.title, checked.span);
            if (!is_new && !checked.title.empty()) {
                auto& d = context.report(DiagnosticCode::DuplicateName, checked.span,
                                         fmt::format("two tests are \"{}\"", checked.title));
                d.secondary.push_back({first->second, "the first one"});
            }
            // Those of imported modules are checked, but belong to their own file.
            if (i == 0) out.push_back(std::move(checked));
        }
    }
    return out;
}

}  // namespace weft::check
