// Taking the records in. The comparisons are in derived_compare.cpp.
#include "engine/derived_check.h"

#include "engine/facts.h"
#include "store/key_file.h"
#include "value/payload.h"

namespace weft::engine {

void DerivedCheck::take(const RunHeader& header, const ReadRecord& record) {
    if (const auto image = image_from(record.record)) images_.insert(*image);
    take_flow(record);
    take_request(record);
    if (into_values_ && record.payload_state == PayloadState::Here) {
        Value value;
        if (decode_payload(record.payload, value)) take_files(record.record.run, value);
    }
    if (record.record.kind == RecordKind::Begin) {
        if (const auto body = decode_body<BeginBody>(record.record.body)) {
            programs_.insert(body->program);
        }
        take_subjects(header, record);
    } else if (record.record.kind == RecordKind::End) {
        ended_[header.row.id].at_ms = record.record.time_ms;
    }
}

void DerivedCheck::finish_run(const RunHeader& header, std::uint64_t next_seq) {
    checked_.note(header.row.id, next_seq);
    const auto ended = ended_.find(header.row.id);
    const auto retain_ms = header.workflow_row().retain_ms;
    if (ended != ended_.end() && retain_ms > 0) {
        ended->second.retain_until_ms = ended->second.at_ms + retain_ms;
    }
}

// As it stands in a value: id, name, media, size, sha256.
void DerivedCheck::take_files(const store::RunId& run, const Value& value) {
    if (value.tag() == Tag::Case) {
        for (const auto& part : value.as_case().fields) take_files(run, part);
        return;
    }
    if (value.tag() != Tag::List && value.tag() != Tag::Record) return;
    const auto& parts = value.items();
    const bool is_file = value.tag() == Tag::Record && parts.size() == 5 &&
                         parts[0].tag() == Tag::Text && parts[0].as_text().size() == 32 &&
                         parts[3].tag() == Tag::Int && parts[4].tag() == Tag::Text &&
                         parts[4].as_text().size() == 64;
    std::string id;
    if (is_file && from_hex(parts[0].as_text(), id)) files_.emplace(to_array<16>(id), run);
    for (const auto& part : parts) take_files(run, part);
}

void DerivedCheck::take_flow(const ReadRecord& record) {
    const auto& run = record.record.run;
    if (record.record.kind == RecordKind::Begin) {
        const auto body = decode_body<BeginBody>(record.record.body);
        const bool has_origin =
            body && (body->origin == Origin::SubRun || body->origin == Origin::Fork);
        if (has_origin) flows_.emplace(body->origin_run, run);
        // What it gives back flows into the one that waits for it.
        if (body && body->origin == Origin::SubRun) perhaps_.emplace(run, body->origin_run);
    } else if (record.record.kind == RecordKind::SubStart) {
        if (const auto body = decode_body<SubStartBody>(record.record.body)) {
            calls_[{run, record.record.seq}] = body->child;
        }
    } else if (record.record.kind == RecordKind::SubEnded) {
        const auto body = decode_body<SubEndedBody>(record.record.body);
        const auto known = body ? calls_.find({run, body->call}) : calls_.end();
        const bool is_told = known != calls_.end() && !record.record.copied;
        if (is_told) flows_.emplace(known->second, run);
    } else if (record.record.kind == RecordKind::Hit) {
        take_hit(record);
    }
}

// A hit that was refused took nothing over.
void DerivedCheck::take_hit(const ReadRecord& record) {
    const auto body = decode_body<HitBody>(record.record.body);
    const bool is_others = body && body->origin_run != record.record.run &&
                           (body->source == HitSource::Key || body->source == HitSource::Cache);
    if (!is_others) return;
    const Flow flow{body->origin_run, record.record.run};
    if (record.payload_state != PayloadState::Here) {
        perhaps_.insert(flow);
        return;
    }
    const auto fact = decode_fact(record.record, record.payload);
    const auto* hit = fact ? std::get_if<vm::HitFact>(&*fact) : nullptr;
    // One that was told again was taken over by the run that told it.
    if (record.record.copied || hit == nullptr) {
        perhaps_.insert(flow);
    } else if (hit->refused.empty()) {
        flows_.insert(flow);
    }
}

void DerivedCheck::take_subjects(const RunHeader& header, const ReadRecord& record) {
    if (record.payload_state != PayloadState::Here) return;
    const auto begin = decode_begin(*header.first_image, record.record, record.payload);
    if (!begin) return;  // that it is damaged is told by who executes it
    for (const auto& subject : begin->subjects) {
        subjects_[record.record.run].push_back(store_.keys().tags("subject", subject));
    }
}

void DerivedCheck::take_request(const ReadRecord& read) {
    const auto& record = read.record;
    Asked asked{record.kind, false, {}};
    switch (record.kind) {
        case RecordKind::Decision: {
            const auto body = decode_body<DecisionBody>(record.body);
            asked.needs_row = body && body->decision != DecisionCode::Expired;
            break;
        }
        case RecordKind::Settled: {
            const auto body = decode_body<SettledBody>(record.body);
            asked.needs_row = body && body->basis == SettledBasis::Person;
            break;
        }
        case RecordKind::Signal:
            asked.needs_row = true;
            asked.body = record.body;
            break;
        case RecordKind::Released:
            asked.needs_row = true;
            break;
        // A parent's end, a changed binding and a fork are told like this too.
        case RecordKind::Begin:
        case RecordKind::Cancel:
        case RecordKind::Kill:
        case RecordKind::HeldByOperator:
        case RecordKind::Operator:
            break;
        default:
            return;
    }
    if (record.copied) asked.needs_row = false;
    asked_.emplace(std::pair(record.run, record.seq), std::move(asked));
}

}  // namespace weft::engine
