// What may follow what: the point of no return, and effects that stay. Reads the IR alone.
#pragma once

#include <optional>

#include "compiler/check/context.h"

namespace weft::check {

// A step in the statement whose effect is neither read nor undone: row of Module::steps.
std::optional<std::uint32_t> find_lasting_effect(const Context& context, ir::StmtId stmt);
// Fails and gates that can end in failure after an irreversible effect; retried spans that can't be
// undone; and what else needs the order of statements.
void check_flow(const Context& context, const ir::Workflow& workflow);

}  // namespace weft::check
