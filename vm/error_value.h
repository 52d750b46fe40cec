// Errors of the workflow language: records (name, message, step, attempts, detail) that `raise`
// raises and handlers take. Knows nothing of how they come about.
#pragma once

#include <expected>
#include <string>

#include "bytecode/image.h"
#include "value/value.h"

namespace weft::vm {

// A value, or the message of a Trap.
template <typename T>
using Checked = std::expected<T, std::string>;
// A value, or an error record.
template <typename T>
using Outcome = std::expected<T, Value>;

inline constexpr std::size_t kErrorFields = 5;

struct ErrorParts {
    std::string name;
    std::string message;
    std::string step = {};  // path; empty outside of steps
    std::int64_t attempts = 0;
    Value detail = {};
};
Value make_error(ErrorParts parts);

// Whether a value has the shape of an error record.
bool is_error(const Value& value);
// Whether a failure of this name is tried again under the policy, as long as tries are left.
bool is_retried(const Policy& policy, std::string_view name);
// The name of an error record, "" of anything else.
std::string_view error_name(const Value& value);

}  // namespace weft::vm
