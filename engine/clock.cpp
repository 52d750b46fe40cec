#include "engine/clock.h"

#include <chrono>

namespace weft::engine {
namespace {

class SystemClock final : public Clock {
  public:
    std::int64_t wall_ms() override { return since_epoch<std::chrono::system_clock>(); }
    std::int64_t monotonic_ms() override { return since_epoch<std::chrono::steady_clock>(); }

  private:
    template <typename C>
    static std::int64_t since_epoch() {
        auto elapsed = C::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
    }
};

}  // namespace

Clock& system_clock() {
    static SystemClock clock;
    return clock;
}

}  // namespace weft::engine
