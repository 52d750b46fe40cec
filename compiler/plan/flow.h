// The flow of a workflow for people who know the process and not the language: what is done,
// decided and waited for, by whom, and what is undone when something fails. A tree of nodes with
// words; text, Mermaid and SVG are drawn from it. It knows nothing of how runs are executed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ir/module.h"

namespace weft::plan {

enum class Kind : std::uint8_t {
    Step,      // something is done, by a worker or another workflow
    Group,     // several things under one name
    Decision,  // a gate with its ladder
    Review,    // people decide
    Wait,      // for signals
    Pause,     // for time
    Lock,
    Each,      // the same for each item
    Parallel,  // side by side
    Repeat,
    Choice,  // one of several ways
    Event,
    Return,  // the end, with a result
    Fail,    // the end, with an error
};

struct Node;

// One of the ways of a choice, branches of a parallel, answers to a wait.
struct Lane {
    std::string label;
    std::vector<Node> nodes;
};

struct Node {
    Kind kind = Kind::Step;
    std::string title;                         // "Charge the card"
    std::vector<std::string> notes;            // "tried again up to 3 times"
    std::string undo;                          // "undone by: refund"; empty: nothing to say
    std::vector<std::string> steps_of_ladder;  // Decision: what is done about a miss, in order
    std::vector<Node> body;
    std::vector<Lane> lanes;
    bool is_irreversible = false;
};

struct Flow {
    std::string name;  // of the workflow, in words
    std::string doc;
    std::vector<std::string> facts;  // "given: …", "over within 3 days at the latest"
    std::vector<Node> nodes;
    std::vector<std::string> on_failure;  // what happens when something fails
    std::vector<Node> afterwards;         // finally, on failure
};

Flow flow_of(const ir::Module& module, const ir::Workflow& workflow);

std::string to_text(const Flow& flow);
std::string to_mermaid(const std::vector<Flow>& flows);
std::string to_svg(const std::vector<Flow>& flows);

}  // namespace weft::plan
