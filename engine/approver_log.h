// Approvers' keys as the store's log has them.
#pragma once

#include "base/result.h"
#include "engine/approval.h"
#include "store/store.h"

namespace weft::engine {

// Out of the whole system chain.
Result<ApproverKeys> read_approver_keys(store::Store& store);

}  // namespace weft::engine
