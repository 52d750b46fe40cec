#include "stdlib/json_args.h"
#include "stdlib/native.h"
#include "stdlib/notify/journal.h"
#include "stdlib/notify/workers.h"

namespace weft::stdlib {

std::vector<NativeWorker> notify_workers() {
    const auto wrapped = [](WorkerOutcome (*worker)(const WorkerCall&)) {
        return [worker](const WorkerCall& call) {
            return guarded(call, [&] { return worker(call); });
        };
    };
    return {{"notify.email", wrapped(notify::email)},
            {"notify.email_status", wrapped(notify::email_status)},
            {"notify.webhook", wrapped(notify::webhook)}};
}

WorkerNotes notify_notes() {
    return {notify::forget_journal, notify::sweep_journals};
}

}  // namespace weft::stdlib
