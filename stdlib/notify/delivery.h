// Hands one message to the outside world at most once per key: through the journal, and either into
// the outbox folder or to a sender process that outlives the engine. It knows neither mail nor
// hooks.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "weft/worker.h"

namespace weft::stdlib::notify {

// A message for the sender process. What the members of `request` are is said in helper/notify.h.
struct Parcel {
    nlohmann::json request;
    std::string body;
    nlohmann::json receipt;  // what a success gives
    // The receiver drops repeats by key, so an attempt whose end is unknown may be sent again.
    bool repeatable = false;
};

WorkerOutcome deliver(const WorkerCall& call, const Parcel& parcel);

// The same for the outbox. Files are written once however often this is called.
struct OutboxFile {
    std::string path;
    std::string bytes;
};
WorkerOutcome put_into_outbox(const WorkerCall& call, const OutboxFile& file,
                              const nlohmann::json& receipt);

// What has become of the message under `key`: its receipt, null when it was surely not sent, or the
// error Unavailable when that can't be said (yet). Waits for a living sender as long as the call
// may last.
WorkerOutcome delivery_status(const WorkerCall& call, const std::string& key);

}  // namespace weft::stdlib::notify
