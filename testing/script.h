// What a test has said so far about the runs to come: mocks with what they have yet to say,
// decisions, crashes; and the keys that its runs have used. Values are evaluated by the caller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bytecode/image.h"
#include "compiler/ir/tests.h"
#include "testing/keys.h"

namespace weft::test {

struct Answer {
    ir::MockAnswer::Kind kind = ir::MockAnswer::Kind::Any;
    Value value;  // Value
    std::string error;
    std::string message;
    Value detail;  // fields of the error, when it was given any
    std::uint32_t times = 1;
    bool for_ever = false;
    std::int64_t delay_ms = 0;
    Span span;
    std::optional<vm::OutcomeFact> real = {};  // what a worker has said, in the place of all that
};

// An attempt, as far as a mock asks.
struct Asked {
    std::string path;    // of the step
    std::string worker;  // full name
    bool is_probe = false;
};

class Mocks {
  public:
    void add(std::vector<ir::MockTarget> targets, std::vector<Answer> answers);
    // What the most exact mock says that still has something to say; of equally exact ones the
    // later. Uses it up.
    const Answer* next(const Asked& asked);

  private:
    struct Row {
        std::vector<ir::MockTarget> targets;
        std::vector<Answer> answers;
        std::size_t at = 0;      // the answer that is given next
        std::uint32_t said = 0;  // how often already
    };
    static bool is_said_out(const Row& row) { return row.at >= row.answers.size(); }
    static std::optional<int> exactness(const Row& row, const Asked& asked);

    std::vector<Row> rows_;
};

struct ScriptedDecision {
    std::vector<std::string> paths;
    ir::Decide::Verdict verdict = ir::Decide::Verdict::Approve;
    std::string actor;
    std::string role;
    std::string reason;
    std::vector<std::pair<std::string, Value>> revisions;
    std::optional<Value> form;
    std::int64_t delay_ms = 0;
    Span span;
    bool is_used = false;
};

struct ScriptedSignal {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> to;  // workflow, its number in there
    Value value;
    std::int64_t delay_ms = 0;
    bool is_used = false;
};

struct ScriptedCrash {
    std::string path;
    bool before = false;
    bool is_done = false;
};

struct Script {
    Mocks mocks;
    Keys keys;
    std::vector<ScriptedDecision> decisions;
    std::vector<ScriptedSignal> signals;
    std::vector<ScriptedCrash> crashes;
};

}  // namespace weft::test
