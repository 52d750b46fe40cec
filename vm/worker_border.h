// Between the machine and workers: what a call tells its worker, as JSON, and what the worker's
// answer means, as a fact. It must not know how a worker is reached.
#pragma once

#include <string>

#include "vm/machine.h"
#include "weft/worker.h"

namespace weft::vm {

// A JSON object with a member for each parameter. A probe is asked about `key`, the one that the
// worker was sent.
std::string worker_arguments(const Image& image, const Want& want, const Bytes16& key);

// An attempt that has left.
struct SentAttempt {
    std::uint64_t call = 0;
    std::uint16_t attempt = 0;
    std::uint32_t step = 0;
    std::uint32_t worker = 0;
    std::uint8_t direction = 0;
    bool timed_out = false;
    bool cancelled = false;
};

// Results and fields of errors go through the guard of their types.
OutcomeFact outcome_of(const Image& image, const SentAttempt& sent, const WorkerOutcome& outcome);
// Of an attempt from which nobody will hear.
OutcomeFact unheard(const Want& want, std::string why);

}  // namespace weft::vm
