// A prompt as it reaches a provider, and what every provider is: a function from a prompt to an
// outcome. Knows the JSON form of Prompt<T>; knows no provider.
#pragma once

#include <expected>
#include <nlohmann/json.hpp>
#include <string>

#include "stdlib/json_args.h"

namespace weft::stdlib::llm {

// Keeps members in the order they were written: a model writes fields in the order of the schema.
using OrderedJson = nlohmann::ordered_json;

struct Prompt {
    std::string name;
    std::string system;
    std::string user;
    OrderedJson schema;  // JSON Schema (2020-12) of the result type
    OrderedJson inputs;  // the values of the prompt's parameters, by name
};

std::expected<Prompt, WorkerError> read_prompt(const WorkerCall& call);

// Follows a local `$ref`, and takes the other branch of a choice with null. The result points into
// `root`. Bounded, so a schema that refers to itself ends.
const OrderedJson& resolve_schema(const OrderedJson& schema, const OrderedJson& root);

}  // namespace weft::stdlib::llm
