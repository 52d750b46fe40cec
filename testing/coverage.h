// What the tests of a package have reached, and what not: ways of branches, rungs of gates,
// compensations. Names come from the sources; images differ by what a test mocks, so what was
// reached in one counts for all.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "compiler/lower/lower_tests.h"
#include "testing/runner.h"
#include "vm/machine.h"

namespace weft::test {

class CoverageOfSuite {
  public:
    explicit CoverageOfSuite(const ir::Module& module) : module_(module) {}

    void add(const TestImage& image, const vm::Visits& visits);
    // Against all that the program has, also what every test has mocked.
    Coverage result(Diagnostics& diagnostics) const;

  private:
    // The spans of a condition, and the way that it took.
    using Way = std::pair<Span, bool>;

    void branches(const TestImage& whole, Coverage& out) const;
    void rungs(Coverage& out) const;
    void compensations(const TestImage& whole, Coverage& out) const;

    const ir::Module& module_;
    std::set<Way> ways_;
    std::set<std::pair<std::string, std::uint32_t>> rungs_;  // by the gate's path
    std::set<std::string> undone_;                           // names of functions
};

}  // namespace weft::test
