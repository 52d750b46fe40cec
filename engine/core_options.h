// What a core is opened with: where its files are, how much it may do at once, and the ports that a
// test puts in the place of the system's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/attempt.h"
#include "engine/clock.h"
#include "store/entropy.h"

namespace weft::engine {

struct CoreOptions {
    std::string store;
    std::string config;
    bool create = true;
    bool brief = false;
    bool accept_damage = false;
    unsigned threads = 8;
    // A run at rest leaves the memory after this time; sooner when there are many.
    std::int64_t park_after_ms = 30'000;
    // Ports; null: the system's. `notify` of a runner ends a wait of the core.
    Clock* clock = nullptr;
    store::Entropy* entropy = nullptr;
    std::function<std::unique_ptr<AttemptRunner>(std::function<void()> notify)> runner;
};

}  // namespace weft::engine
