// What a worker of a scenario answers when its case says nothing of it, and what it was given.
#pragma once

#include <string>

#include "tests/scenarios/scenario.h"

namespace weft::scenarios {

// The plainest JSON that a schema allows; a text is the worker's name, so that one can tell whose.
std::string plainest(const Json& schema, const std::string& worker);
// A worker's one argument, else all by name.
Json argument_of(const std::string& arguments);

}  // namespace weft::scenarios
