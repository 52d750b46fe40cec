// Ctrl-C and SIGTERM, while a command works: the first one asks it to end in order, the second one
// ends it at once, which the log bears as it bears a crash.
#pragma once

#include <array>

namespace weft::cli {

class Interrupts {
  public:
    Interrupts();
    // After one, a second still ends the process at once while the engine closes.
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

  private:
    std::array<void (*)(int), 2> before_{};
};

[[nodiscard]] bool is_interrupted();

}  // namespace weft::cli
