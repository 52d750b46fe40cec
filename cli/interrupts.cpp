#include "cli/interrupts.h"

#include <unistd.h>

#include <csignal>

#include "cli/exit_codes.h"

namespace weft::cli {
namespace {

volatile std::sig_atomic_t interrupts = 0;

void on_interrupt(int) {
    interrupts = interrupts + 1;
    if (interrupts > 1) ::_exit(kInterrupted);
}

}  // namespace

Interrupts::Interrupts() {
    interrupts = 0;
    before_ = {std::signal(SIGINT, on_interrupt), std::signal(SIGTERM, on_interrupt)};
}

Interrupts::~Interrupts() {
    if (interrupts > 0) return;
    std::signal(SIGINT, before_[0]);
    std::signal(SIGTERM, before_[1]);
}

bool is_interrupted() {
    return interrupts > 0;
}

}  // namespace weft::cli
