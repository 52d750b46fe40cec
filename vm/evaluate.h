// The pure part of the machine: instructions that are functions of registers, and calls of pure
// functions. It knows nothing of branches, records or the world.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "bytecode/image.h"
#include "vm/error_value.h"
#include "vm/registers.h"
#include "vm/tracer.h"

namespace weft::vm {

inline constexpr std::string_view kNotDefined = "the instruction is not defined for these values";

// Where an instruction stands, for the text of a Trap.
struct CodePlace {
    const Function* function = nullptr;
    std::uint32_t pc = 0;
};

class Evaluator {
  public:
    // `this_run` is the value of the instruction of that name.
    Evaluator(const Image& image, Value this_run, Meter& meter)
        : image_(image), this_run_(std::move(this_run)), meter_(meter) {}

    // One instruction of family Pure.
    Outcome<void> pure(CodePlace at, Registers& registers);
    // One jump, raise or trap: the instruction that comes next, or the error raised.
    Outcome<std::uint32_t> jump(CodePlace at, const Registers& registers);
    // A pure function from its arguments to its value.
    Outcome<Value> call(std::uint32_t function, std::vector<Value> arguments);
    // Whether a value fits a type, predicates included.
    Outcome<bool> fits(TypeId type, const Value& value);

    // Assigns a register within the limits of values and of the run.
    Outcome<void> write(CodePlace at, Registers& registers, std::uint32_t index, Value value);
    // The error Trap, which names the place in the source.
    [[nodiscard]] Value trap(CodePlace at, const std::string& message) const;
    [[nodiscard]] const Function& function(std::uint32_t number) const {
        return image_.functions[number];
    }
    Tracer* tracer = nullptr;

  private:
    // Pays `cost` and as much again for each 16 bytes of data.
    bool pay(std::uint64_t cost, std::uint64_t bytes = 0) { return meter_.pay(cost + bytes / 16); }
    // Items of a list, or nothing.
    static const std::vector<Value>* list_items(const Value& value);

    Outcome<Value> value_of(CodePlace at, const Registers& registers);
    Outcome<Value> data(CodePlace at, const Registers& registers);
    Outcome<Value> part(CodePlace at, const Registers& registers);
    Outcome<Value> with_field(CodePlace at, const Registers& registers);
    Outcome<Value> index(CodePlace at, const Value& whole, const Value& at_index);
    Outcome<Value> make_map(CodePlace at, const std::vector<Value>& parts);
    Outcome<Value> make_prompt(CodePlace at, const std::vector<Value>& parts);
    Outcome<Value> prompt_inputs(CodePlace at, const std::vector<FieldType>& fields,
                                 const std::vector<Value>& parts);
    Outcome<Value> call_here(CodePlace at, const Registers& registers);
    [[nodiscard]] Value raised(const Value& error) const;
    Outcome<bool> all_hold(std::vector<PredicateCall> predicates);

    // convert.cpp
    Outcome<Value> convert(CodePlace at, const Value& value);
    Outcome<Value> convert_error(CodePlace at, const Value& error);

    // list_functions.cpp
    Outcome<Value> list_function(CodePlace at, const Registers& registers);
    Outcome<Value> fold(CodePlace at, const Registers& registers);
    Outcome<std::vector<Value>> each_item(CodePlace at, const Registers& registers, bool early);
    Outcome<Value> collect(CodePlace at, const std::vector<Value>& items,
                           const std::vector<Value>& results);
    Outcome<Value> sort_by(CodePlace at, const std::vector<Value>& items,
                           const std::vector<Value>& keys);
    Outcome<Value> group_by(CodePlace at, const std::vector<Value>& items,
                            const std::vector<Value>& keys);
    Outcome<Value> flatten(CodePlace at, const std::vector<Value>& lists);

    Outcome<Value> checked(CodePlace at, Checked<Value> result) const;
    Outcome<Value> out_of_fuel(CodePlace at) const;

    const Image& image_;
    Value this_run_;
    Meter& meter_;
    std::uint32_t depth_ = 0;
    std::map<std::uint32_t, Value> schemas_;  // of prompts, by row: made once a run
};

}  // namespace weft::vm
