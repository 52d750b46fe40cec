// The store's protocol, answered (docs/protocol.md): JSON in, JSON out, the same for the socket,
// for the command line that owns the store itself, and for an embedding program.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/core.h"

namespace weft::engine {

class Requests {
  public:
    explicit Requests(Core& core) : core_(core) {}

    // `actor` is who asks: a peer's user name. The result is a JSON value.
    Result<std::string> answer(std::string_view method, std::string_view params,
                               const std::string& actor);

  private:
    Core& core_;
    std::map<std::string, std::string> uploads_;  // id -> bytes, until a start takes them
    std::map<std::string, std::string> upload_names_;
};

std::string_view error_kind_name(ErrorKind kind);
ErrorKind error_kind_from(std::string_view name);

}  // namespace weft::engine
