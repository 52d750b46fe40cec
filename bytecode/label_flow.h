// Where labelled values go in an image's code: which labels reach each call, event, review, error
// and result, on whatever path, found from the code alone (docs/bytecode.md). Relies on what the
// verifier has proved of operands, sites, recursion and scopes. It judges nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "bytecode/image.h"
#include "bytecode/label_state.h"
#include "bytecode/label_trees.h"

namespace weft::verify {

// What passing a gate clears, beside what its requirements were computed from: the slots that its
// reviews show. By row of Image::gates.
struct GatesOfFunction {
    std::map<std::string, std::uint32_t> by_path;
    std::map<std::uint32_t, std::set<std::uint16_t>> shown;
};

class LabelFlow {
  public:
    // Function and instruction, and the labels of what it hands on there: the arguments of a call
    // and what stands behind them, the value of an event, error or result, what a review shows, the
    // system part of a prompt, the keys of a lock.
    using Reached = std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<LabelTree>>;

    explicit LabelFlow(const Image& image) : image_(image) {}

    Result<void> run();
    [[nodiscard]] const Reached& reached() const { return reached_; }
    [[nodiscard]] LabelTrees& trees() { return trees_; }

  private:
    friend class FunctionLabels;

    // What the function gives for such arguments; a workflow's own functions know its signals.
    LabelTree result_of(std::uint32_t function, std::uint32_t workflow,
                        const std::vector<LabelTree>& args);
    void reach(std::uint32_t function, std::uint32_t pc, std::vector<LabelTree> values);
    const GatesOfFunction& gates_of(std::uint32_t function);
    void workflow(std::uint32_t row);
    void hook(std::uint32_t row, std::uint32_t function, const std::vector<std::uint16_t>& slots);
    LabelTree errors();

    const Image& image_;
    LabelTrees trees_;
    SlotSets slots_;
    Reached reached_;
    // By function, workflow (of pure functions none) and arguments.
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::vector<LabelTree>>, LabelTree> results_;
    std::map<std::uint32_t, GatesOfFunction> gates_;
    // Of the functions of workflows: what each named slot ever holds.
    std::map<std::uint32_t, std::map<std::uint16_t, LabelTree>> held_;
    std::uint64_t work_ = 0;
    std::uint32_t depth_ = 0;
};

// One function with one set of arguments, followed until nothing new is found.
class FunctionLabels {
  public:
    FunctionLabels(LabelFlow& flow, std::uint32_t function, std::uint32_t workflow);
    LabelTree run(const std::vector<LabelTree>& args);

  private:
    struct Held {
        LabelTree tree = kNoLabels;
        std::uint32_t sources = 0;
        std::optional<ValueFact> fact = std::nullopt;
    };

    // --- paths (label_flow.cpp)
    void mark_leaders();
    void arrive(std::uint32_t pc, LabelState state);
    void follow(std::uint32_t first);
    // False where the path ends.
    bool instruction(std::uint32_t pc, LabelState& state);
    void branch(const Instruction& x, std::uint32_t pc, LabelState& state);
    void assume(LabelState& state, std::uint32_t reg, bool yes);
    void passed(LabelState& state, std::uint32_t gate);
    void write(LabelState& state, std::uint32_t reg, Held held);
    void tell_scopes(const LabelState& state);
    void tell_scope(const LabelState& state, std::size_t scope);
    void site(const Instruction& x, LabelState& state);
    void hand_on(const Instruction& x, std::uint32_t pc, const LabelState& state);
    [[nodiscard]] std::uint32_t handed_on(const Instruction& x) const;

    // --- values (label_values.cpp)
    Held value(const Instruction& x, const LabelState& state);
    LabelTree tree_of(const Instruction& x, const LabelState& state);
    LabelTree made(const Instruction& x, const LabelState& state);
    LabelTree builtin(const Instruction& x, const LabelState& state);
    LabelTree list_function(const Instruction& x, const LabelState& state);
    LabelTree fold(const Instruction& x, const LabelState& state);
    std::optional<ValueFact> fact_of(const Instruction& x, const LabelState& state) const;
    [[nodiscard]] std::uint32_t sources_of(const Instruction& x, const LabelState& state);
    std::uint32_t source(const LabelState& state, std::uint32_t reg);
    Held result_of_site(const Instruction& x, const LabelState& state);
    LabelTree answer(const Instruction& x, const LabelState& state);
    LabelTree signals(const WaitRow& row);
    LabelTree forked(const Instruction& x, const LabelState& state);
    LabelTree joined(const ForkRow& row, const std::vector<LabelTree>& results);
    std::vector<LabelTree> in(const LabelState& state, std::uint32_t first,
                              std::uint32_t count) const;
    Labels all_of(const LabelState& state, std::uint32_t first, std::uint32_t count) const;

    LabelFlow& flow_;
    const Image& image_;
    LabelTrees& trees_;
    std::uint32_t number_;
    std::uint32_t workflow_;
    const Function& function_;
    const GatesOfFunction& gates_;
    std::map<std::uint32_t, std::set<std::uint16_t>> judged_;  // by gate
    std::vector<bool> leader_;
    std::map<std::uint32_t, LabelState> at_;
    std::set<std::uint32_t> pending_;  // lowest first: near to source order
    LabelTree result_ = kNoLabels;
};

}  // namespace weft::verify
