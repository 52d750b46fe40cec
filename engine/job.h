// A request that takes long: it is answered in slices, between which the engine's turns go on and
// other clients are answered.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"

namespace weft::engine {

class Job {
  public:
    virtual ~Job() = default;
    // Does a slice of the work (some milliseconds). None: there is more to do; else the answer, a
    // JSON value.
    virtual Result<std::optional<std::string>> advance() = 0;
    // How long it needs no slice if no turn of the engine ends meanwhile: no time for one that
    // works, more for one that waits for something.
    [[nodiscard]] virtual std::chrono::milliseconds patience() const { return {}; }
};

// One that turned out to be short.
class DoneJob : public Job {
  public:
    explicit DoneJob(std::string answer) : answer_(std::move(answer)) {}
    Result<std::optional<std::string>> advance() override { return std::optional(answer_); }

  private:
    std::string answer_;
};

}  // namespace weft::engine
