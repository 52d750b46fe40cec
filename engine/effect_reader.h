// What an earlier call of any run asked and got, read from its records without executing the run.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "store/store.h"
#include "value/value.h"

namespace weft::engine {

struct EarlierEffect {
    bool is_erased = false;
    bool same_arguments = false;
    std::optional<Value> value{};  // none: it gave none yet, or what it gave was erased
};

// `arguments`: the payload that the call record would have with the arguments asked about.
Result<EarlierEffect> read_effect(store::Store& store, const store::RunId& run, std::uint64_t call,
                                  const std::string& arguments);

}  // namespace weft::engine
