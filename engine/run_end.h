// What a run gave, as JSON: the same in every answer.
#pragma once

#include <nlohmann/json.hpp>

#include "bytecode/image.h"
#include "vm/machine.h"

namespace weft::engine {

// A value of the type as people see it; its numbers are hidden (engine/exact_numbers.h).
nlohmann::ordered_json shown_json(const TypeTable& types, TypeId type, const Value& value);

// `name`, `message`, `step`, `attempts`, and `fields` of one that was declared.
nlohmann::ordered_json error_json(const Image& image, const Value& error);

// `result` of a run that has completed, `error` of one that ended otherwise or is stuck; and what
// it spent: `spent_micros`, `currency`.
void put_end(const Image& image, const WorkflowRow& workflow, const vm::Machine& machine,
             nlohmann::ordered_json& out);

}  // namespace weft::engine
