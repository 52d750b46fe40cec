// What a turn, or a request, has gathered for its commit. The runs have gone on in memory by it, so
// the engine gives up when it is lost on the way there. It knows nothing of what is in it.
#pragma once

#include <utility>

#include "engine/core.h"

namespace weft::engine {

class Core::Gathered : public store::Batch {
  public:
    explicit Gathered(Core& core) : store::Batch(std::exchange(core.begun_, {})), core_(core) {}
    ~Gathered() {
        if (empty()) return;
        core_.give_up({ErrorKind::Environment, "a turn has not come to its commit", {}});
    }
    Gathered(const Gathered&) = delete;
    Gathered& operator=(const Gathered&) = delete;
    store::Batch take() { return std::exchange(static_cast<store::Batch&>(*this), {}); }

  private:
    Core& core_;
};

}  // namespace weft::engine
