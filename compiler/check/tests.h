// Test blocks: their statements, and what a test can already be told before it is run.
#pragma once

#include "compiler/check/test_names.h"

namespace weft::check {

// Of all modules, in their order. Their expressions are added to the context's module, which the
// caller keeps apart from the program.
std::vector<ir::Test> check_tests(Context& context);

// Parts of it, each in a file of its own.
ir::Mock check_mock(Body& body, ast::Mock node);                       // test_mocks.cpp
std::optional<ir::Decide> check_decide(Body& body, ast::Decide node);  // test_people.cpp
std::optional<ir::Send> check_send(Body& body, ast::Send node);        // test_people.cpp
// Labels guard the program, not what a test makes up.
TypeId all_bare(const Context& context, TypeId type);
// An effect that the run surely reaches and that no mock stands for (test_reach.cpp).
void check_reach(Context& context, const ir::Test& test, const ir::TestRun& run);

}  // namespace weft::check
