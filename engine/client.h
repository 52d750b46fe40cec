// The other end of the socket: a command that finds the store owned by another process.
#pragma once

#include <memory>

#include "base/result.h"
#include "engine/core.h"
#include "weft/engine.h"

namespace weft::engine {

// NotFound when nobody owns the store; Unavailable when the owner doesn't serve or answer; Refused
// when it runs with another weft.toml.
Result<std::unique_ptr<Client>> connect_client(const CoreOptions& options);

}  // namespace weft::engine
