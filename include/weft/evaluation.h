// The evals that stand in `.wf` files: a workflow over a set of cases, its scores against their
// baseline, what is required and what it may cost. Runs go over the machine that runs in
// production, without a store; workers that read are asked for real unless they are mocked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weft/testing.h"

namespace weft {

struct EvalOptions {
    std::string filter;   // only evals whose name holds it
    std::string config;   // weft.toml; empty: the one beside the program, if there is one
    bool update = false;  // writes the baselines
    bool colour = false;  // of the diagnostics' text
};

struct EvaluatedCase {
    unsigned line = 0;  // in the file of cases
    std::string status;
    std::vector<std::string> scores;    // in the order of the eval's
    std::vector<std::string> problems;  // why one counts 0
    std::string spent;                  // "0.02 USD"
};

struct EvaluatedScore {
    std::string name;
    TestPlace place;
    std::string average;
    std::string before;           // of the baseline; empty: it has none
    std::vector<unsigned> worse;  // lines of cases that were better in the baseline
};

// Something that must hold.
struct EvaluatedCheck {
    std::string kind;  // "cases", "run", "baseline", "requirement", "budget"
    std::string what;
    TestPlace place;
    std::string problem;  // empty: it holds
    std::string left;     // both sides, where it is a comparison
    std::string op;
    std::string right;
};

struct EvalOutcome {
    std::string name;
    TestPlace place;
    std::string cases_file;
    std::vector<EvaluatedCase> cases;
    std::vector<EvaluatedScore> scores;
    std::vector<EvaluatedCheck> checks;
    std::vector<std::string> notes;
    std::string spent;
    std::string written;  // the baseline, where it was written
    [[nodiscard]] bool passed() const;
};

struct EvalReport {
    bool compiled = false;       // otherwise there are no outcomes
    std::string diagnostics;     // for people, with source excerpts
    std::optional<Error> error;  // a file that can't be read or written
    std::vector<EvalOutcome> evals;
    std::int64_t took_us = 0;
};

// The evals of one file; those of the modules that it uses belong to their own files.
EvalReport evaluate_file(const std::string& path, const EvalOptions& options);

}  // namespace weft
