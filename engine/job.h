// A request that takes long: it is answered in slices, between which the engine's turns go on and
// other clients are answered.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"

namespace weft::engine {

class Job {
  public:
    virtual ~Job() = default;
    // Does a slice of the work (some milliseconds). None: there is more to do; else the answer, a
    // JSON value.
    virtual Result<std::optional<std::string>> advance() = 0;
};

}  // namespace weft::engine
