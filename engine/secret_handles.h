// Values labelled Secret as the machine, the log and every payload have them: handles. A handle
// names a secret of weft.toml, or a deposit: what was given in the clear, sealed under the key of
// the run and kept until its end. Only the arguments of an attempt that leaves have the values in
// their place. It knows types, values and texts, no runs.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bytecode/image.h"
#include "value/json_text.h"

namespace weft::engine {

// Between two characters that no text has (Unicode keeps U+FDD0 and U+FDD1 for such uses).
std::string handle_of(std::string_view name);
bool has_handle(std::string_view text);
// Those in a text, each once, in their order.
std::vector<std::string> handles_in(std::string_view text);
// What comes from outside names no handle by itself.
std::string without_handles(std::string text);

// The value with `put` of each text in the place of those texts that are labelled Secret. A text
// that a refinement holds to a form, and what is no text, stays as it is.
Value with_deposits(const TypeTable& types, TypeId type, const Value& value,
                    const std::function<std::string(const std::string&)>& put);

// The places of a JSON tree at which texts labelled Secret are wanted, whatever stands there; the
// first error ends it. What does not fit its type is left to whoever reads it.
Result<void> each_secret_text(const TypeTable& types, TypeId type, JsonNode& node,
                              const std::function<Result<void>(JsonNode&)>& take);

// A handle's value, or why there is none.
using SecretValues = std::map<std::string, Result<std::string>>;
// The JSON with the values in the place of the handles; the error of the first that has none.
Result<std::string> with_secrets(std::string_view json, const SecretValues& values);

}  // namespace weft::engine
