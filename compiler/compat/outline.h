// A workflow as a list of constructs, each known by a name that stays the same from one program to
// the next, with its parts as texts to be compared. It judges nothing.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "compiler/compat/compat.h"

namespace weft::compat {

// One part of a construct, and what it means for runs when it changes.
struct Part {
    std::string what;  // "its arguments"
    std::string text;
    Class cls = Class::Adopts;
    std::string name;    // of the finding
    std::string reason;  // "a run that has called it handed over other values"
};

struct Construct {
    std::string name;  // "step order.charge"
    Span span;
    bool is_logged = true;  // a run leaves a record there
    bool is_undo = false;   // it undoes another one
    std::string twin;       // what it does, whatever it is called: to find renamed ones
    std::vector<Part> parts;
};

// Enums by whose names both programs know one: what became of their cases is told of the enum.
using Names = std::set<std::string>;

// `recast`: those of them whose cases are others now.
std::vector<Construct> outline(const ir::Module& module, const ir::Workflow& workflow,
                               const Names& enums, const Names& recast);

// The structure of a type: fields and cases by name. Equal texts: values of one are values of the
// other.
std::string shape(const TypeTable& types, TypeId type, const Names& enums);

// What is otherwise, of two types with unequal shapes: "its field `card` is new".
std::string difference(const TypeTable& before, TypeId old, const TypeTable& after, TypeId now,
                       const Names& enums);

}  // namespace weft::compat
