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

// Where errors of any name may stand (in an Outcome, in a hook) their own fields are Json:
// `widened` makes them that, and leaves out what the image does not declare. `narrowed` gives the
// error as the type of one declared error has it, or none when it is another.
Value widened(const Image& image, const Value& error);
Value narrowed(const Image& image, const ErrorRow& row, const Value& error);
// The declared error of that name, if there is one.
const ErrorRow* declared_error(const Image& image, std::string_view name);
// Types of which number 0 is Json.
const TypeTable& json_types();

// Whether a value has the shape of an error record.
bool is_error(const Value& value);
// Whether a failure of this name is tried again under the policy, as long as tries are left.
bool is_retried(const Policy& policy, std::string_view name);
// Whether such an attempt never reached a receiver that could have told what it knows of the key.
bool says_nothing(std::string_view name);
// The name of an error record, "" of anything else.
std::string_view error_name(const Value& value);

}  // namespace weft::vm
