// The native worker of stdlib/docs.wf.
#include "stdlib/docs/parse.h"
#include "stdlib/native.h"

namespace weft::stdlib {
namespace {

WorkerOutcome parse(const WorkerCall& call) {
    return guarded(call, [&]() -> WorkerOutcome {
        WEFT_TRY(arguments, parse_arguments(call));
        const Json& file = member(arguments, "file");
        WEFT_TRY(bytes, read_file(call, file));
        WEFT_TRY(document,
                 parse_document(call, bytes, text_or(file, "name"), text_or(file, "media")));
        document["source"] = file;
        return worker_value(document);
    });
}

}  // namespace

std::vector<NativeWorker> docs_workers() {
    return {{"docs.parse", parse}};
}

}  // namespace weft::stdlib
