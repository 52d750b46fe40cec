// What workers keep about their effects beside the store, and when it may go.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

// Who keeps durable notes about its effects in the state directory, by key, is told when they may
// go. `forget`: what came of the effect is settled, and the record that says so is durable.
// `sweep`: only the effects under these keys are still open; called when a store is opened, for
// what a crash left.
struct WorkerNotes {
    std::function<void(std::string_view state_directory, std::string_view key)> forget;
    std::function<void(std::string_view state_directory, const std::vector<std::string>& open)>
        sweep;
};

}  // namespace weft
