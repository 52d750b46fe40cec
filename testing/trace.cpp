#include "testing/trace.h"

#include "bytecode/record.h"

namespace weft::test {
namespace {

void note_call(const Image& image, const vm::Command& command, CallPlace place, Trace& trace) {
    const auto body = decode_body<CallBody>(command.body);
    if (!body) return;
    TracedCall call;
    call.worker = image.workers[body->worker].name;
    call.generation = body->generation;
    call.is_probe = body->direction == Direction::Probe;
    if (command.site < image.sites.size()) {
        const auto& site = image.sites[command.site];
        if (site.kind == SiteKind::Step) call.path = image.steps[site.row].path;
    }
    trace.calls[place] = std::move(call);
}

void note_event(const Image& image, const vm::Command& command, Trace& trace) {
    if (command.site >= image.sites.size()) return;
    Value value;
    if (!decode_canonical(command.payload, value)) return;
    trace.events.emplace_back(image.events[image.sites[command.site].row].name, std::move(value));
}

}  // namespace

void note_command(const Image& image, const vm::Command& command, CallPlace place, Trace& trace) {
    switch (static_cast<RecordKind>(command.kind)) {
        case RecordKind::Call:
            note_call(image, command, place, trace);
            break;
        case RecordKind::Event:
            if (place.first == 0) note_event(image, command, trace);
            break;
        default:
            break;
    }
}

}  // namespace weft::test
