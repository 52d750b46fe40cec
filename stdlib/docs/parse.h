// docs.parse without the engine's types: a file's bytes in, the document or an error out. The work
// is done by `weft-helper docs`; this is how it is started, bounded, and what its end means.
#pragma once

#include <string_view>

#include "stdlib/json_args.h"
#include "stdlib/process.h"

namespace weft::stdlib {

// The bounds of one parse. They hold for every process that the helper starts.
struct ParseLimits {
    std::uint64_t memory_bytes = std::uint64_t{2} << 30U;
    std::uint64_t cpu_seconds = 60;
};

// `call` gives timeout, cancel flag and children lock; `name` is for messages. The document is a
// docs.Document in JSON form, but for `source`.
std::expected<Json, WorkerError> parse_document(const WorkerCall& call, std::string_view bytes,
                                                std::string_view name, std::string_view media,
                                                ParseLimits limits = {});

}  // namespace weft::stdlib
