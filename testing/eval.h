// Runs an eval: its workflow once for each case, on the machine and under virtual time like a test;
// then the averages of its scores, what is required of them, and the baseline. It must not know
// where cases and baselines stand, nor how a worker is reached.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "testing/baseline.h"
#include "testing/driver.h"
#include "testing/runner.h"

namespace weft::test {

// What an eval meets of the world.
class EvalWorld : public Outside {
  public:
    // A line of the file of cases as JSON: files that it names may become File values. The error is
    // a sentence.
    virtual std::expected<std::string, std::string> read_case(std::string_view line) = 0;
    // Before each run.
    virtual void begin_case() = 0;
};

struct EvalInput {
    std::string cases;                    // JSON lines
    std::optional<std::string> baseline;  // none: there is no such file
};

struct EvalCase {
    std::size_t line = 0;  // in the file of cases, from 1
    vm::RunStatus status = vm::RunStatus::Running;
    std::vector<Decimal> scores;        // in the order of the eval
    std::vector<std::string> problems;  // why one counts 0
    std::map<std::string, std::int64_t> spent_micros;
};

struct EvalScoreResult {
    std::string name;
    Span span;
    Decimal average;  // six places
    std::optional<Decimal> before;
    std::vector<std::size_t> worse;  // lines of cases, where those of the baseline are the same
};

// One thing that must hold.
struct EvalCheck {
    enum class Kind : std::uint8_t { Cases, Run, Baseline, Requirement, Budget };
    Kind kind = Kind::Cases;
    std::string what;  // "copied >= 0.9"
    Failure failure;   // its message is empty when it holds; the sides stand there either way
    [[nodiscard]] bool holds() const { return failure.message.empty(); }
};

struct EvalResult {
    std::string name;
    Span span;
    std::vector<EvalCase> cases;
    std::vector<EvalScoreResult> scores;
    std::vector<EvalCheck> checks;
    std::vector<std::string> notes;
    std::map<std::string, std::int64_t> spent_micros;
    std::optional<std::string> new_baseline;  // what `--update` writes
};

// "0.02 USD", in several currencies joined by " + "; "0" for nothing.
std::string money_shown(const std::map<std::string, std::int64_t>& micros);

// The diagnostics tell of a program that is too large for an image.
EvalResult run_eval(const ir::TestSuite& suite, std::size_t number, const EvalInput& input,
                    EvalWorld& world, Diagnostics& diagnostics);

}  // namespace weft::test
