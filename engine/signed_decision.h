// Decisions that people sign with their own keys: the statement that they are given to sign, and
// whether what comes back is it. The private key is never seen here.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/approval.h"
#include "engine/core.h"

namespace weft::engine {

// Signs the log's tree and says what is to be signed for this decision with that key.
Result<std::string> prepare_statement(Core& core, const store::RunId& run,
                                      const vm::DecisionFact& fact, const Hash& key);
// Refused when the note is not the signed statement of this decision, or weft.toml has not this key
// for the person. The key's first use is logged. An empty note is accepted for those whose key
// weft.toml does not have.
Result<void> accept_signature(Core& core, const store::RunId& run, const vm::DecisionFact& fact,
                              const std::string& note);

}  // namespace weft::engine
