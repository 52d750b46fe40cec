// Canonical bytes of what a record says: values inside records and lists of the log's own. Each of
// the values keeps the limits (value.h), so the whole may be a little deeper and larger than one
// value.
#pragma once

#include <string_view>

#include "value/value.h"

namespace weft {

// The log's own levels around a value: a sub-run's end has most.
inline constexpr std::uint32_t kPayloadLevels = 8;

bool decode_payload(std::string_view bytes, Value& out);

}  // namespace weft
