// The lines that set the scene of a run in a test or an eval: mocks, decisions, signals, values,
// and the run itself. What is judged afterwards is the business of tests.cpp and evals.cpp.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/check/test_names.h"

namespace weft::check {

// "`emit`", "an expression": what a line is called in a message.
std::string line_label(NodeKind kind);

class TestScript {
  public:
    TestScript(Context& context, ModuleId module) : body_{.context = context, .module = module} {
        body_.test = &frame_;
    }
    TestScript(const TestScript&) = delete;
    TestScript& operator=(const TestScript&) = delete;

    // False when the line sets no scene.
    bool take(ast::Statement line);

    // A condition, with the sides of the comparison that it is.
    static ir::Expectation expectation(ast::Expr condition, Body& body, std::string_view what,
                                       Span span);

    template <typename T>
    void add(ir::TestLine::Kind kind, std::vector<T>& rows, T row) {
        test_.lines.push_back({kind, static_cast<std::uint32_t>(rows.size()), {}, {}});
        rows.push_back(std::move(row));
    }

    ir::Test& test() { return test_; }
    TestFrame& frame() { return frame_; }
    Body& body() { return body_; }

  private:
    using Kind = ir::TestLine::Kind;

    void let(ast::Let node);
    void run(ast::Run node);
    [[nodiscard]] std::vector<std::string> workflows(const Dotted& name) const;

    ir::Test test_;
    TestFrame frame_{.test = test_};
    Body body_;
};

}  // namespace weft::check
