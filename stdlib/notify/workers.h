// The native parts of the workers that stdlib/notify.wf declares.
#pragma once

#include "weft/worker.h"

namespace weft::stdlib::notify {

WorkerOutcome email(const WorkerCall& call);
WorkerOutcome email_status(const WorkerCall& call);
WorkerOutcome webhook(const WorkerCall& call);

}  // namespace weft::stdlib::notify
