// What rests until somebody outside of the run does something: reviews, signals and waits, locks.
// Parts of ir::Module (compiler/ir/module.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/source.h"
#include "bytecode/image.h"
#include "compiler/ir/ids.h"
#include "value/type.h"

namespace weft::ir {

// Who decides, until when, and what then: of a review, in a gate or alone.
struct ReviewLine {
    std::vector<std::string> roles;
    ExprId deadline;  // a Duration or a Time
    Span span = {};   // of the role
};
struct ReviewTerms {
    std::vector<ReviewLine> lines;  // the first, then those of `overdue by`
    ReviewEnd end = ReviewEnd::Expire;
    std::uint16_t approvals_needed = 1;
    std::vector<ExprId> except;  // names of people
    TypeId form;                 // `asking T`; none: nothing is asked
    Span span = {};
};

// `review v by …` as a statement; its value is an Approval.
struct Review {
    std::string path;
    std::vector<ExprId> values;
    std::vector<std::string> names;  // of the values
    ReviewTerms terms;
    LocalId result;
    TypeId reviewed;  // type of Approval's `value`
    Span span;
};

struct Signal {
    std::string name;
    std::string was;
    TypeId type;
    Span span;
};

struct WaitArm {
    std::uint32_t signal = 0;  // number in the workflow
    LocalId value;
    BlockId body;
};

// `wait …`: the first of some signals decides, or the time.
struct Wait {
    std::string path;
    std::vector<WaitArm> arms;
    ExprId deadline;     // a Duration or a Time
    BlockId else_block;  // none: the error Timeout
    LocalId result;      // none when the value is not used
    Span span;
};

struct Lock {
    std::string path;
    std::vector<ExprId> keys;  // Texts
    ExprId deadline;
    BlockId else_block;  // leaves; none: the error Timeout
    Span span;
};

}  // namespace weft::ir
