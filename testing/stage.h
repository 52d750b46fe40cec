// The scene of a run in a test or an eval, set line by line: mocks, decisions, signals, crashes and
// values; then the run, driven over the machine. What is judged afterwards is the business of
// others.
#pragma once

#include <optional>
#include <string>

#include "testing/driver.h"
#include "testing/evaluate.h"
#include "testing/runner.h"

namespace weft::test {

class Stage {
  public:
    Stage(const ir::Test& test, const TestImage& image) : test_(test), image_(image) {}

    // Before the first line; what goes wrong is told in `result`.
    void reset(Result& result);
    // A line that sets the scene. False: the rest would say nothing.
    bool set(const ir::TestLine& line);
    // The run with this number. None when it could not begin.
    std::optional<Trace> drive(const ir::TestRun& row, DriverOptions options, std::size_t number);
    // What was scripted and never came to pass.
    void unused();

    void fail(Span span, std::string message);
    [[nodiscard]] Expressions& expressions() { return *expressions_; }

  private:
    bool mock(const ir::Mock& row);
    bool decide(const ir::Decide& row);
    bool send(const ir::Send& row);
    std::optional<std::string> text(ir::ExprId id, Span span);
    std::optional<Value> value(ir::ExprId id, Span span);
    bool answer_value(const ir::MockAnswer& from, Answer& to);

    const ir::Test& test_;
    const TestImage& image_;
    std::optional<Expressions> expressions_;
    Script script_;
    Result* result_ = nullptr;
};

}  // namespace weft::test
