#include "engine/record_rules.h"

namespace weft::engine {
namespace {

// The table of payloads in docs/log-format.md has the others.
bool has_no_payload(RecordKind kind) {
    switch (kind) {
        case RecordKind::Resumed:
        case RecordKind::Start:
        case RecordKind::Doubt:
        case RecordKind::TimerSet:
        case RecordKind::TimerFired:
        case RecordKind::Fork:
        case RecordKind::Join:
        case RecordKind::UndoBegin:
        case RecordKind::UndoEnd:
        case RecordKind::LockGot:
        case RecordKind::LockFreed:
        case RecordKind::SignalTaken:
        case RecordKind::Opened:
        case RecordKind::Closed:
        case RecordKind::Actor:
        case RecordKind::ClockStep:
        case RecordKind::Attested:
        case RecordKind::Imported:
        case RecordKind::Exported:
        case RecordKind::Schema:
        case RecordKind::DedupeRotated:
            return true;
        default:
            return false;
    }
}

bool has_origin(const BeginBody& begin) {
    return begin.origin_run != Bytes16{} || begin.origin_seq != 0 || begin.origin_leaf != Hash{};
}

bool is_error(const OutcomeBody& outcome) {
    if (outcome.error_class == ErrorClass::None) return outcome.error == 0;
    return outcome.error_class == ErrorClass::Declared ||
           outcome.error <= static_cast<std::uint32_t>(BuiltinError::kLast_);
}

}  // namespace

std::string broken_rule(const Record& record) {
    if (record.has_payload && has_no_payload(record.kind)) return "its kind has no payload";
    if (record.kind == RecordKind::Begin) {
        const auto begin = decode_body<BeginBody>(record.body);
        if (begin && begin->origin == Origin::New && has_origin(*begin)) {
            return "a run that nothing began names an origin";
        }
    }
    if (record.kind == RecordKind::Outcome) {
        const auto outcome = decode_body<OutcomeBody>(record.body);
        if (outcome && !is_error(*outcome)) return "the outcome's error is none of its class";
    }
    if (record.kind == RecordKind::Start) {
        const auto start = decode_body<StartBody>(record.body);
        if (start && start->wire_form != 1) return "the attempt was sent in an unknown form";
    }
    return {};
}

}  // namespace weft::engine
