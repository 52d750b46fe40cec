// What becomes of a run that is to have another program: how it can, or why not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/follow.h"

namespace weft::engine {

// How a run came, or would come, to another program.
struct ProgramChange {
    enum class Way : std::uint8_t {
        None,    // it can't
        Same,    // it has that very program
        Adopt,   // the program takes the same decisions so far
        Migrate  // the run begins again under it and takes over what was done
    };
    Way way = Way::None;
    std::uint64_t seq = 0;                 // of its record, once it was done
    std::optional<Difference> difference;  // why it does not adopt the program
    std::vector<std::string> reasons;      // why it does not migrate either
    std::vector<std::string> taken;        // steps that take over what was done
    std::vector<std::string> dropped;      // what has no place any more
};
enum class ChangeBy : std::uint8_t { Either, AdoptOnly, MigrateOnly };

}  // namespace weft::engine
