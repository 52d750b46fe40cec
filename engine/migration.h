// Moves a run to a program that does not take the same decisions: the run begins again under it,
// and what it was told before is told again, construct by construct (docs/machine.md, "Another
// program"). A fork is a new run that is told what another was told before some record. This plans
// which facts those are, on a machine of its own; it writes nothing and asks nobody.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/past.h"
#include "vm/machine.h"

namespace weft::engine {

// A fact that the run is told again, under the new program.
struct ToldAgain {
    vm::Fact fact;
    Bytes16 actor{};           // of a decision
    std::uint64_t origin = 0;  // Done: the call that had it
};

struct MigrationPlan {
    vm::Begin begin;                   // in the new program's terms
    std::vector<ToldAgain> facts;      // in this order, behind the record of the migration
    std::vector<std::string> taken;    // paths of steps that take over what was done
    std::vector<std::string> dropped;  // what the new program has no place for, and need not have
    std::vector<std::string> reasons;  // why the run can't move; empty: it can
};

// `row`: the new program's migrate block for the program that the run has; null: names alone
// decide.
MigrationPlan plan_migration(const Past& past, const vm::Machine& old,
                             const std::shared_ptr<const Image>& image, const MigrateRow* row,
                             std::int64_t now_ms);

// What the new run that begins so is told of the past of another. `past` ends where they part;
// `note` says who forks and why, and is told first.
MigrationPlan plan_fork(const Past& past, vm::Begin begin, const store::RunId& origin,
                        const std::shared_ptr<const Image>& image, vm::OperatorFact note,
                        std::int64_t now_ms);

// The block of `image` for runs of the workflow that have the program; null when there is none.
const MigrateRow* migrate_row(const Image& image, const std::string& workflow, const Hash& program);

}  // namespace weft::engine
