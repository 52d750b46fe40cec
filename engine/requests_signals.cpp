// Requests of senders: a signal to a run.
#include <fmt/format.h>

#include <algorithm>

#include "engine/request_context.h"
#include "engine/run_reader.h"
#include "store/key_file.h"
#include "value/json_text.h"

namespace weft::engine {
namespace {

// By its name, or by the one it had before.
Result<std::uint32_t> find_signal(const WorkflowRow& workflow, const std::string& name) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < workflow.signals.size(); ++i) {
        const auto& signal = workflow.signals[i];
        if (signal.name == name || (!signal.was.empty() && signal.was == name)) return i;
        names.push_back(signal.name);
    }
    return fail(
        ErrorKind::NotFound, fmt::format("`{}` has no signal `{}`", workflow.name, name),
        names.empty() ? "it takes none" : fmt::format("it takes {}", fmt::join(names, ", ")));
}

// A text may be written as it is where a text is wanted; everything else is JSON.
Result<Value> read_value(const Image& image, const SignalRow& signal, const std::string& written) {
    auto value = from_json(image.types, signal.type, written);
    if (!value && !parse_json(written)) {
        std::string quoted;
        write_json_string(written, quoted);
        value = from_json(image.types, signal.type, quoted);
    }
    if (value) return std::move(*value);
    return fail(ErrorKind::Usage, fmt::format("the signal `{}` takes {}{}{}: {}", signal.name,
                                              image.types.text(signal.type),
                                              value.error().path.empty() ? "" : ", at ",
                                              value.error().path, value.error().message));
}

// The sender's key makes it the same signal whoever asks again; else the request's id does.
store::Tag signal_tag(const RequestContext& request, const store::RunId& run,
                      const std::string& name) {
    std::string key = request.text("key");
    if (key.empty()) return request.core.request_tag(request.text("request"));
    ByteWriter content;
    content.raw(view(run));
    content.block(name);
    content.raw(key);
    return request.core.store().keys().tag("signal", content.bytes());
}

}  // namespace

Result<Json> answer_signal(const RequestContext& request) {
    Core& core = request.core;
    WEFT_TRY(id, request.run());
    WEFT_TRY(header, read_run_header(core.store(), id));
    const WorkflowRow& workflow = header.workflow_row();
    WEFT_TRY(number, find_signal(workflow, request.text("signal")));
    const auto& signal = workflow.signals[number];
    const store::Tag tag = signal_tag(request, id, signal.name);
    WEFT_TRY(taken, core.taken_before(InboxKind::Signal, tag));
    if (!taken) {
        if (vm::is_ended(static_cast<vm::RunStatus>(header.row.status))) {
            return fail(ErrorKind::Refused, "the run has ended: the signal comes too late");
        }
        WEFT_TRY(given, core.secrets().with_named(header.image->types, signal.type,
                                                  request.text("value", "null")));
        WEFT_TRY(value, read_value(*header.image, signal, given));
        store::Batch deposits;
        WEFT_TRY(kept, core.secrets().deposit(header.row, *header.key, header.image->types,
                                              signal.type, value, deposits));
        vm::SignalFact fact{number, tag, std::move(kept), request.actor};
        Incoming incoming = request.incoming(InboxKind::Signal, std::move(fact));
        incoming.tag = tag;
        incoming.changes = std::move(deposits.changes);
        // A short command leaves it in the inbox: no machine is needed to keep it.
        if (core.brief() && core.live(id) == nullptr) {
            WEFT_TRY(left, core.leave(header, incoming));
            taken = left;
        } else {
            WEFT_TRY_VOID(core.take_up(id));
            WEFT_TRY(done, core.take(id, incoming));
            taken = done;
        }
    }
    Json out;
    out["run"] = to_hex(view(id));
    out["signal"] = signal.name;
    out["seq"] = taken->seq ? Json(*taken->seq) : Json();
    out["repeat"] = taken->is_repeat;
    return out;
}

}  // namespace weft::engine
