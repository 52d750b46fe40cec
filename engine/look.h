// A run as it is or was, for those who look at it: the machine that drives it, or one that replays
// its log. It changes nothing and knows nothing of how the answer is written down.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "engine/core.h"
#include "engine/public_values.h"
#include "engine/replay.h"

namespace weft::engine {

struct Looked {
    std::optional<Replayed> replayed;
    std::optional<PublicValues> values;  // of a replay
    const LiveRun* run = nullptr;
    std::shared_ptr<const Image> image;
    const WorkflowRow* workflow = nullptr;  // in the image
    store::RunRow row;
    bool is_erased = false;           // its data is; what its row and its records say has stayed
    std::optional<std::uint64_t> at;  // the last record that counts; none: as it is now
    std::int64_t at_ms = 0;           // its time

    // Null when not even the begin record could be read.
    [[nodiscard]] const vm::Machine* machine() const {
        if (run != nullptr) return &run->machine();
        return replayed && replayed->machine ? &*replayed->machine : nullptr;
    }
};

Result<Looked> look(Core& core, const store::RunId& id);
// The run as it was once the record was there, and what the machine made of it. Behind the last
// record it is the last.
Result<Looked> look_at(Core& core, const store::RunId& id, std::uint64_t seq);

}  // namespace weft::engine
