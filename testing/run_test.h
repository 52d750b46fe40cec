// One test, line by line: mocks and decisions are noted, runs are driven, expectations judged.
#pragma once

#include <utility>

#include "testing/stage.h"

namespace weft::test {

class TestRunner {
  public:
    // Without `visits` nothing is noted for the coverage.
    TestRunner(const ir::Module& module, const ir::Test& test, const TestImage& image,
               vm::Visits* visits)
        : module_(module), test_(test), image_(image), visits_(visits), stage_(test, image) {}

    Result run();
    // The test, then the same with a crash after each fact, and with one more in the recovery; the
    // outcome of each run must be the same.
    Result run_with_crashes();

  private:
    // What a crash may not change.
    struct Outcome {
        vm::RunStatus status = vm::RunStatus::Running;
        Value result;
        std::vector<std::pair<std::string, Value>> events;
        std::string rests;
    };
    struct Pass {
        Result result;
        std::vector<Outcome> outcomes;   // one a run
        std::vector<std::size_t> facts;  // likewise
    };
    // Crashes in the run with number `run` after so many facts.
    struct CrashPlan {
        std::size_t run = 0;
        std::vector<std::size_t> at;
    };

    Pass pass(const CrashPlan& plan);
    bool line(const ir::TestLine& line, const CrashPlan& plan, Pass& pass);
    bool drive(const ir::TestRun& row, const CrashPlan& plan, Pass& pass);
    void expect(const ir::Expectation& row, Result& result);
    static Value without_attempts(const Value& result);
    static bool same(const Outcome& a, const Outcome& b);
    [[nodiscard]] std::string ended(const Outcome& one) const;
    [[nodiscard]] std::string differ(const Outcome& whole, const Outcome& crashed) const;
    void compare(const Pass& whole, const Pass& crashed, const CrashPlan& plan, Result& out) const;

    const ir::Module& module_;
    const ir::Test& test_;
    const TestImage& image_;
    vm::Visits* visits_;
    Stage stage_;
};

}  // namespace weft::test
