// The store's protocol, answered (docs/protocol.md): JSON in, JSON out, the same for the socket,
// for the command line that owns the store itself, and for an embedding program.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "engine/core.h"
#include "engine/history_cursors.h"
#include "engine/job.h"
#include "engine/uploads.h"

namespace weft::engine {

// The answer, a JSON value; or the work that leads to it.
using Begun = std::variant<std::string, std::unique_ptr<Job>>;

class Requests {
  public:
    explicit Requests(Core& core) : core_(core) {}

    // `params`: a JSON object, or nothing; `actor`: who asks, a peer's user name.
    Result<Begun> begin(std::string_view method, std::string_view params, const std::string& actor,
                        Uploads& uploads);
    // A slice of that work. Both refuse once the engine has given up: what it has in memory is no
    // answer.
    Result<std::optional<std::string>> advance(Job& job);
    // The same to its end.
    Result<std::string> answer(std::string_view method, std::string_view params,
                               const std::string& actor, Uploads& uploads);

  private:
    Core& core_;
    HistoryCursors cursors_;
};

std::string_view error_kind_name(ErrorKind kind);
ErrorKind error_kind_from(std::string_view name);

}  // namespace weft::engine
