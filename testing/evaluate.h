// Expressions of a test: pure functions of its image, called with what the test has named so far
// and with what it may read of the run before.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>

#include "compiler/lower/lower_tests.h"
#include "testing/runner.h"
#include "testing/trace.h"

namespace weft::test {

class Expressions {
  public:
    explicit Expressions(const TestImage& image) : image_(image) {}

    void set(ir::LocalId local, Value value) { values_[local] = std::move(value); }
    // After a run: everything that the test's expressions may read of it.
    void observe(const ir::Test& test, const Trace& trace);
    // The value, or why there is none.
    std::expected<Value, std::string> evaluate(ir::ExprId id) const;

  private:
    const TestImage& image_;
    std::map<ir::LocalId, Value> values_;
    std::map<ir::LocalId, std::string> missing_;  // why there is no such value
};

// What is wrong with an expectation: both sides of a comparison that does not hold, or why it can't
// be told. Nothing when it holds.
std::optional<Failure> judge(const ir::Module& module, const TestImage& image,
                             const Expressions& expressions, const ir::Expectation& row);
// A side of it as people read it.
std::string side_shown(const ir::Module& module, const TestImage& image,
                       const Expressions& expressions, ir::ExprId id);

// As the language writes it, as far as it has a form: for people.
std::string shown(const TypeTable& types, TypeId type, const Value& value);
// "3h", "1m 30s", "250ms"
std::string duration_shown(std::int64_t ms);

}  // namespace weft::test
