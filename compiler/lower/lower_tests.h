// Tests to an image of their own: the program's workflows, in which each composite step that is
// mocked has become one call, and a pure function for each expression of the tests.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "bytecode/image.h"
#include "compiler/ir/tests.h"

namespace weft {

// The worker that stands for a mocked composite step.
inline constexpr std::string_view kMockWorker = "mock";

struct TestFunction {
    std::uint32_t function = 0;
    std::vector<ir::LocalId> inputs;  // lets and observations of the test
};

// Where a workflow goes one way or the other.
struct TestBranch {
    std::uint32_t function = 0;
    std::uint32_t pc = 0;
    Span span;
};

// Where a rung of a gate begins.
struct TestRung {
    std::uint32_t function = 0;
    std::uint32_t pc = 0;
    std::string gate;  // its path
    std::uint32_t rung = 0;
};

struct TestImage {
    std::shared_ptr<const Image> image;
    std::map<ir::ExprId, TestFunction> functions;
    std::vector<TestBranch> branches;
    std::vector<TestRung> rungs;
};

// Paths of those mocked steps that are no single call.
std::set<std::string> mocked_composites(const ir::Module& module, const ir::Test& test);
// For the tests with these numbers, which must all have the given mocked composites.
std::optional<TestImage> lower_tests(const ir::TestSuite& suite,
                                     const std::vector<std::size_t>& tests,
                                     const std::set<std::string>& mocked, Diagnostics& diagnostics);
// For the eval with this number.
std::optional<TestImage> lower_eval(const ir::TestSuite& suite, std::size_t number,
                                    Diagnostics& diagnostics);

}  // namespace weft
