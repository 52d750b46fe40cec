// What one run may use, counted by what its values are and its instructions cost, never by what the
// computer has: so the same everywhere. Passing a limit is the workflow error Trap. docs/machine.md
// has the reasons. Limits of single values are in value/value.h.
#pragma once

#include <cstdint>

namespace weft::vm {

// Some seconds of computing at most before a run gives way.
inline constexpr std::uint64_t kFuelBetweenRecordsMax = 100'000'000;
// Named slots, results of branches and undo entries of a run at rest: what a snapshot holds.
inline constexpr std::uint64_t kRunBytesMax = 64ULL << 20U;
// All registers of a run while it computes.
inline constexpr std::uint64_t kWorkingBytesMax = 4 * kRunBytesMax;
inline constexpr std::uint64_t kBranchesMax = 100'000;
// Signals that no wait has taken.
inline constexpr std::size_t kMailboxMax = 10'000;
// Forks inside branches, and pure functions that call each other: both recurse in the machine.
inline constexpr std::uint32_t kBranchDepthMax = 64;
inline constexpr std::uint32_t kCallDepthMax = 200;

}  // namespace weft::vm
