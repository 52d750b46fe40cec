// What people, senders and other runs did, in words.
#include <fmt/format.h>

#include <array>

#include "bytecode/record.h"
#include "engine/history.h"
#include "engine/history_text.h"
#include "engine/request_context.h"
#include "value/payload.h"

namespace weft::engine {

// "90 s", "1.5 s", "3 h": the largest unit that keeps two digits, for people.
std::string duration_text(std::int64_t ms) {
    if (ms < 1000) return fmt::format("{} ms", ms);
    if (ms < 60'000) return fmt::format("{:.3g} s", static_cast<double>(ms) / 1000);
    if (ms < 3'600'000) return fmt::format("{:.3g} min", static_cast<double>(ms) / 60'000);
    if (ms < 86'400'000) return fmt::format("{:.3g} h", static_cast<double>(ms) / 3'600'000);
    return fmt::format("{:.3g} d", static_cast<double>(ms) / 86'400'000);
}

std::vector<Value> payload_fields(const std::string& payload) {
    Value value;
    if (!decode_payload(payload, value) || value.tag() != Tag::Record) return {};
    return value.items();
}

std::string shortened(std::string text) {
    constexpr std::size_t kShown = 200;
    if (text.size() <= kShown) return text;
    auto end = kShown;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return text.substr(0, end) + "…";
}

std::string text_field(const std::vector<Value>& fields, std::size_t i) {
    return i < fields.size() && fields[i].tag() == Tag::Text ? fields[i].as_text() : std::string();
}

std::string name_field(const std::vector<Value>& fields, std::size_t i) {
    auto name = text_field(fields, i);
    return name.empty() ? "somebody" : name;
}

void Historian::describe_people(const ReadRecord& record, HistoryEntry& out) const {
    auto fields = payload_fields(record.payload);
    auto reason = [&](std::size_t i) {
        std::string text = text_field(fields, i);
        return text.empty() ? "" : fmt::format(": {}", text);
    };
    switch (record.record.kind) {
        case RecordKind::ReviewOpen: {
            auto body = decode_body<ReviewOpenBody>(record.record.body);
            if (!body) return;
            out.due_ms = body->due_ms;
            out.task = body->task;
            const Image& image = *image_;
            const auto& review = image.reviews[image.sites[record.record.site].row];
            if (!review.lines.empty() && body->rung >= review.lines.size()) return;
            bool again = body->task != out.seq;
            out.text = fmt::format(
                "review asked {}of \"{}\", {} allowed; task {}", again ? "again " : "",
                fmt::join(review.roles_of(body->rung), "\", \""),
                duration_text(body->due_ms - out.time_ms), task_text(header_.row.id, body->task));
            break;
        }
        case RecordKind::Decision: {
            static constexpr std::array<std::string_view, 4> kWords = {"approved", "rejected",
                                                                       "expired", "revised"};
            auto body = decode_body<DecisionBody>(record.record.body);
            if (!body) return;
            out.status = static_cast<std::uint8_t>(body->decision);
            out.task = body->task;
            out.text = fmt::format("{} by {}", kWords[out.status], name_field(fields, 0));
            if (!fields.empty()) {
                out.text += fmt::format(" as \"{}\"{}", text_field(fields, 2), reason(1));
            }
            break;
        }
        case RecordKind::Cancel:
            out.text = fmt::format("cancelled by {}{}", name_field(fields, 0), reason(1));
            break;
        case RecordKind::Kill:
            out.text = fmt::format("killed by {}{}", name_field(fields, 0), reason(1));
            break;
        case RecordKind::HeldByOperator:
            out.text = fmt::format("held by {}{}", name_field(fields, 0), reason(1));
            break;
        case RecordKind::Operator: {
            static constexpr std::array<std::string_view, 4> kActions = {
                "lets it be tried again", "skips it", "settles it", "notes"};
            auto body = decode_body<OperatorBody>(record.record.body);
            if (!body) return;
            out.text = fmt::format("{} {}{}", name_field(fields, 0),
                                   kActions[static_cast<std::size_t>(body->action)], reason(1));
            break;
        }
        default:
            out.text = fmt::format("released by {}{}", name_field(fields, 0), reason(1));
            break;
    }
}

void Historian::describe_outside(const ReadRecord& record, HistoryEntry& out) {
    const auto& signals = workflow().signals;
    const auto name = [&](std::uint32_t signal) {
        return signal < signals.size() ? signals[signal].name : std::to_string(signal);
    };
    auto fields = payload_fields(record.payload);
    switch (record.record.kind) {
        case RecordKind::Signal:
            if (auto body = decode_body<SignalBody>(record.record.body)) {
                std::string by = name_field(fields, 1);
                out.text = fmt::format("signal {} came from {}", name(body->signal), by);
            }
            break;
        case RecordKind::SignalTaken:
            if (auto body = decode_body<SignalTakenBody>(record.record.body)) {
                out.text = fmt::format("takes the signal {} of record {}", name(body->signal),
                                       body->letter);
            }
            break;
        case RecordKind::LockAsk: {
            Value keys;
            std::string list;
            if (decode_payload(record.payload, keys) && keys.tag() == Tag::List) {
                for (const auto& key : keys.items()) {
                    if (key.tag() == Tag::Text) list += (list.empty() ? "" : ", ") + key.as_text();
                }
            }
            out.text = "asks for the lock on " + list;
            lock_step_ = out.step;
            break;
        }
        case RecordKind::LockGot:
            out.step = lock_step_;
            out.text = "has the lock";
            break;
        default:
            out.step = lock_step_;
            out.text = "gives the lock back";
            break;
    }
}

}  // namespace weft::engine
