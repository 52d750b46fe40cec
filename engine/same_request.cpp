// Whether a request that comes under a known id is the one that had it.
#include <fmt/format.h>

#include "base/one_line.h"
#include "bytecode/record_bodies.h"
#include "engine/history_text.h"
#include "engine/request_context.h"
#include "engine/run_reader.h"

namespace weft::engine {
namespace {

// The record that the request became, and for a settlement the operator's before it.
Result<std::vector<ReadRecord>> records_of(Core& core, const RunHeader& header, InboxKind kind,
                                           std::uint64_t seq) {
    const auto first = kind == InboxKind::Settle ? seq - 1 : seq;
    std::vector<ReadRecord> out;
    WEFT_TRY(rows, core.store().read_run(header.row.id, first - 1, 1));
    if (rows.empty()) return out;
    const store::RunHead after{first, leaf_hash(rows[0].record), rows[0].leaf};
    WEFT_TRY_VOID(
        read_records(core.store(), header, after, [&](ReadRecord& record) -> Result<bool> {
            const bool more = record.record.seq < seq;
            out.push_back(std::move(record));
            return more;
        }));
    return out;
}

// What was said, in the words of the request.
std::string verdict_of(const ReadRecord& record) {
    if (const auto body = decode_body<DecisionBody>(record.record.body);
        body && record.record.kind == RecordKind::Decision) {
        return body->decision == DecisionCode::Approve  ? "approve"
               : body->decision == DecisionCode::Reject ? "reject"
                                                        : "revise";
    }
    if (const auto body = decode_body<SettledBody>(record.record.body);
        body && record.record.kind == RecordKind::Settled) {
        return body->verdict == SettledVerdict::Done ? "done" : "not-done";
    }
    return "";
}

std::string asked_of(const RequestContext& request, InboxKind kind) {
    if (kind == InboxKind::Decision) return request.text("decision");
    if (kind != InboxKind::Settle) return "";
    // Of a compensation a person says otherwise what the record has in the same words.
    const auto verdict = request.text("verdict");
    return verdict == "undone" ? "done" : verdict == "left" ? "not-done" : verdict;
}

}  // namespace

Result<void> check_same(const RequestContext& request, InboxKind kind, const Taken& taken) {
    if (!taken.seq || *taken.seq < 2) return {};
    WEFT_TRY(header, read_run_header(request.core.store(), taken.run, &request.core.images()));
    if (!header.key) return {};  // erased: nobody knows any more
    WEFT_TRY(records, records_of(request.core, header, kind, *taken.seq));
    if (records.empty()) return {};
    const auto said = payload_fields(records.front().payload);
    const auto verdict = verdict_of(records.back());
    if (text_field(said, 0) == request.actor && text_field(said, 1) == request.text("reason") &&
        verdict == asked_of(request, kind)) {
        return {};
    }
    return fail(ErrorKind::Refused,
                fmt::format("the request's id was given before: record {} is{} by {}", *taken.seq,
                            verdict.empty() ? "" : " " + verdict, one_line(name_field(said, 0))),
                "give each request an id of its own, and the same one only to send it again");
}

}  // namespace weft::engine
