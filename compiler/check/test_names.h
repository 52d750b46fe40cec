// What the expressions of a test may read beside what the program declares: the status, output and
// events of the run before them, what its steps did, and files that are made up.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/check/body.h"
#include "compiler/check/names.h"
#include "compiler/ir/tests.h"

namespace weft::check {

// Of the test around an expression.
struct TestFrame {
    ir::Test& test;
    bool has_run = false;
    std::string workflow = {};  // of the run before, by name
    TypeId result = {};         // of that
    std::map<std::string, ir::LocalId> observed = {};
    bool is_eval = false;    // effects may be real ones
    bool is_judged = false;  // what is required of an eval: of all its cases together
};

// Nothing when the name means nothing special in a test.
std::optional<ir::ExprId> check_test_name(Body& body, const Dotted& name, Span span);
std::optional<ir::ExprId> check_test_call(Body& body, ast::Call call, const Dotted& name);

// The full path of the step that `name` ends, of the workflow that was run if it has one; reports
// an unknown one. With holders also that of a choice which has a name.
std::optional<std::string> find_step_path(Body& body, const Dotted& name, Span span,
                                          bool with_holders = false);
// Full names of the workers that a name stands for: one, all of an imported module, or all with
// that beginning. Empty when there is none.
struct NamedWorkers {
    std::vector<std::string> names;
    bool is_one = false;
};
NamedWorkers find_workers(Body& body, const Dotted& name);

}  // namespace weft::check
