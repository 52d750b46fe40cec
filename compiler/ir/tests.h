// The tests of a package in typed IR. They are no part of the program: their expressions stand in a
// copy of its module, so that a test changes neither the program's hash nor its image. It knows
// nothing of how tests are run.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/ir/module.h"

namespace weft::ir {

// One thing that a mock says.
struct MockAnswer {
    enum class Kind : std::uint8_t { Value, Any, Fails, TimesOut };
    Kind kind = Kind::Value;
    ExprId value;               // Value; Fails: the error record, when it is built
    std::string error;          // Fails: its name
    std::uint32_t times = 1;    // how often it is said
    bool for_ever = false;      // … or always from then on
    std::int64_t delay_ms = 0;  // how long the answer takes
    Span span;
};

struct MockTarget {
    // In the order of how exactly it says what is meant: the most exact mock answers.
    enum class Kind : std::uint8_t { Prefix, Worker, Step };
    Kind kind = Kind::Worker;
    std::string name;                  // Step: its path
    std::vector<std::string> workers;  // Prefix, Worker: full names
};

struct Mock {
    std::vector<MockTarget> targets;
    std::vector<MockAnswer> answers;
    bool is_broken = false;  // names something that is not there
    Span span;
};

// What tests call the statuses of a run, in the order of vm::RunStatus.
inline constexpr std::array<std::string_view, 9> kStatusWords = {
    "running", "waiting",     "held",      "stuck", "completed",
    "failed",  "compensated", "cancelled", "killed"};

struct Decide {
    enum class Verdict : std::uint8_t { Approve, Reject, Revise };
    std::vector<std::string> paths;  // of the gates and reviews that it may be for
    Verdict verdict = Verdict::Approve;
    ExprId actor;
    ExprId role;
    ExprId reason;
    std::vector<std::pair<std::string, ExprId>> revisions;  // by the names of the values shown
    ExprId form;                                            // what an approval gives
    std::int64_t delay_ms = 0;                              // after the review was opened
    Span span;
};

// A signal for the next run that declares it.
struct Send {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> to;  // workflow, its number in there
    ExprId value;
    std::int64_t delay_ms = 0;  // after the run has begun
    Span span;
};

struct Crash {
    std::string path;     // of the step
    bool before = false;  // before its outcome is known
    Span span;
};

struct TestRun {
    std::uint32_t workflow = 0;
    std::vector<ExprId> args;  // one a parameter, defaults filled in
    Span span;
};

struct Expectation {
    ExprId condition;
    ExprId left;  // the sides of a comparison
    ExprId right;
    std::string op;
    Span span;
};

struct TestLine {
    // Score: of the eval around, in its place among the lets.
    enum class Kind : std::uint8_t { Mock, Decide, Send, Crash, Let, Run, Expect, Score };
    Kind kind = Kind::Expect;
    std::uint32_t row = 0;  // in the vector of its kind
    LocalId local;          // Let
    ExprId value;           // Let
};

// What an expression of a test may read of the run before it.
struct Observation {
    enum class Kind : std::uint8_t {
        Status,       // Case, by kStatusWords
        Output,       // the result
        Error,        // the error with which it ended
        Elapsed,      // Duration
        Attempts,     // of the step `name`: Int
        Generations,  // likewise
        Calls,        // attempts that reached a worker of `workers`: Int
        EventNames,   // List<Text>
        EventValues,  // of the event `name`: List
        CallNames,    // the workers of all attempts, in order: List<Text>
    };
    Kind kind = Kind::Status;
    LocalId local;
    std::string name;
    std::vector<std::string> workers;
};

struct Test {
    std::string title;
    Span span;  // of the title
    std::vector<TestLine> lines;
    std::vector<Mock> mocks;
    std::vector<Decide> decisions;
    std::vector<Send> sends;
    std::vector<Crash> crashes;
    std::vector<TestRun> runs;
    std::vector<Expectation> expectations;
    std::vector<Observation> observations;
};

// What a run over a case is worth: a Bool, Int or Decimal.
struct EvalScore {
    std::string name;
    ExprId value;
    LocalId local;    // of one case, for the scores behind it: a Decimal
    LocalId average;  // over all cases, for what is required
    Span span;
};

struct EvalBaseline {
    std::string file;   // as written
    Decimal tolerance;  // what a score may lose
    Span span;
};

// A workflow over a set of cases. Its script is taken anew for each case.
struct Eval {
    std::string name;
    Span span;          // of the name
    std::string cases;  // the file, as written
    Span cases_span;
    TypeId case_type;  // a record
    LocalId case_local;
    Test script;  // mocks, decisions, signals, lets and the one run
    std::vector<EvalScore> scores;
    std::vector<Expectation> requirements;  // of the averages
    LocalId count;                          // for these: how many cases there are
    LocalId completed;                      // … and how many runs completed
    std::optional<EvalBaseline> baseline;
    bool has_budget = false;  // of all runs together
    std::int64_t budget_micros = 0;
    std::string budget_currency;
    Span budget_span;
};

struct TestSuite {
    Module module;  // the program's, with the expressions of tests and evals behind it
    std::vector<Test> tests;
    std::vector<Eval> evals;
};

}  // namespace weft::ir
