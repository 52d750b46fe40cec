// A fork: a new run that takes over what another run was told before one of its steps, and goes on
// from there by itself (docs/runs.md, "Forks"). What is asked for, what comes of it, and where in
// the other's log the two part. Beginning the run is the core's (core_fork.cpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/past.h"
#include "engine/replay.h"
#include "engine/runnable_program.h"
#include "store/store.h"

namespace weft::engine {

struct ForkRequest {
    store::RunId origin{};
    std::string from;                        // path of a step, or the number of a record
    std::optional<RunnableProgram> program;  // none: the origin's
    std::string actor;
    std::string reason;
    std::optional<store::Tag> tag;  // names the request, so that it is known when it comes again
    bool only_looks = false;
};

struct Forked {
    store::RunId run{};                  // zero: it was only looked
    bool is_repeat = false;              // this very request was taken before
    std::uint64_t at = 0;                // record of the origin before which they part
    std::vector<std::string> taken{};    // paths of steps that take over what was done
    std::vector<std::string> dropped{};  // what the new run has no place for
};

// The origin before the record at which they part.
struct ForkPoint {
    std::uint64_t seq = 0;
    Hash leaf{};
    Past past;
    std::shared_ptr<const Image> image;  // of the origin, then
    vm::Begin begin;                     // of the origin, in this image's terms
    std::vector<std::string> reasons;    // why no run can begin there; empty: one can
};

// Refused: the run has no such step or record, or its data was erased.
Result<ForkPoint> find_fork_point(store::Store& store, const RunHeader& header,
                                  const std::string& from);

}  // namespace weft::engine
