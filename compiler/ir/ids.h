// The typed ids of the IR: positions in the vectors of ir::Module.
#pragma once

#include "base/id.h"

namespace weft::ir {

using ExprId = Id<struct ExprTag>;
using StmtId = Id<struct StmtTag>;
using BlockId = Id<struct BlockTag>;
using LocalId = Id<struct LocalTag>;  // in Module::locals
using FnId = Id<struct FnTag>;
using LambdaId = Id<struct LambdaTag>;
using PromptId = Id<struct PromptTag>;
using WorkerId = Id<struct WorkerTag>;
using StepId = Id<struct StepTag>;

}  // namespace weft::ir
