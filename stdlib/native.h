// A worker's native part: the name under which a .wf file of the standard library declares it, and
// the function that does it. Each module gives its list; nothing registers itself.
#pragma once

#include <string>
#include <vector>

#include "weft/notes.h"
#include "weft/worker.h"

namespace weft::stdlib {

struct NativeWorker {
    std::string name;  // "docs.parse"
    WorkerFunction run;
};

std::vector<NativeWorker> calendar_workers();
std::vector<NativeWorker> docs_workers();
std::vector<NativeWorker> rag_workers();
std::vector<NativeWorker> llm_workers();
std::vector<NativeWorker> pack_workers();
std::vector<NativeWorker> notify_workers();
// What `notify.` keeps beside the store, and when it may go.
WorkerNotes notify_notes();

}  // namespace weft::stdlib
