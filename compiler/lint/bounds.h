// What runs of a workflow can use: attempts, effects, wall time and spend, computed from the IR.
// Every construct is bounded, so these are numbers, or sums over the length of a list whose bound
// isn't declared. Time held, stuck, in doubt or behind a limit is left out; compensation is counted
// apart.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/ir/module.h"
#include "compiler/lint/quantity.h"

namespace weft::check {
struct Context;
}

namespace weft::lint {

struct Usage {
    Quantity attempts;
    Quantity effects;  // calls that change the world
    Quantity time_ms;
    std::map<std::string, Quantity> micros;  // declared costs, by currency

    Usage& operator+=(const Usage& other);
    [[nodiscard]] Usage times(std::int64_t factor) const;
    [[nodiscard]] Usage times(const std::string& symbol) const;
    [[nodiscard]] Usage max(const Usage& other) const;
    [[nodiscard]] Usage min(const Usage& other) const;
};

// What is taken for granted where a run may go one way or another.
enum class Assume : std::uint8_t {
    Least,  // the shortest lists and branches, no attempt fails, none takes time
    Happy,  // the longest lists and branches, no attempt fails, each takes as long as it may
    Worst,  // the longest, every attempt fails but the last, every rung of a gate is taken
    Paced,  // as Worst, but others set the pace of a loop: what it waits for counts once
};

Usage usage_of(const check::Context& context, ir::BlockId block, Assume assume);
// One step alone, all its attempts.
Usage usage_of_step(const check::Context& context, const ir::Step& step, Assume assume);
// How long the people of a review have together, as far as it is known.
std::int64_t time_of_review(const check::Context& context, const ir::ReviewTerms& terms);
// Undoing everything that a block may have done, each entry once with all its attempts.
Usage undo_of(const check::Context& context, ir::BlockId block);

struct WorkflowBounds {
    std::string workflow;
    Usage happy;
    Usage worst;
    Usage undo;
    std::int64_t within_ms = 0;
    bool has_budget = false;
    std::int64_t budget_micros = 0;
    std::string budget_currency;
};

WorkflowBounds bounds_of(const check::Context& context, const ir::Workflow& workflow);

// "5 + 3 × length(files)", "2h 30m", "1.68 USD": for people.
std::string count_text(const Quantity& quantity);
std::string time_text(const Quantity& quantity_ms);
std::string money_text(const std::map<std::string, Quantity>& micros);
// All of them as a table a workflow; and as one JSON array.
std::string bounds_text(const std::vector<WorkflowBounds>& all);
std::string bounds_json(const std::vector<WorkflowBounds>& all);

}  // namespace weft::lint
