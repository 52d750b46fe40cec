// What may follow what: the point of no return, and effects that stay. Reads the IR alone.
#pragma once

#include <optional>

#include "compiler/check/context.h"

namespace weft::check {

// A step in the statement whose effect is neither read nor undone: row of Module::steps.
std::optional<std::uint32_t> find_lasting_effect(const Context& context, ir::StmtId stmt);
// Whether some step of it, or of a workflow that it waits for, can't be undone.
bool may_be_irreversible(const Context& context, const ir::Workflow& workflow);
// The first irreversible step in a block.
std::optional<std::uint32_t> find_irreversible(const Context& context, ir::BlockId block);
// Fails and gates that can end in failure after an irreversible effect; retried spans that can't be
// undone; and what else needs the order of statements.
void check_flow(const Context& context, const ir::Workflow& workflow);
// A second lock on one path (lock_flow.cpp).
void check_locks(const Context& context, const ir::Workflow& workflow);

// Irreversible effects that a run reaches only if untrusted output did not end it before
// (decided.cpp).
void check_decided(const Context& context, const ir::Workflow& workflow);

}  // namespace weft::check
