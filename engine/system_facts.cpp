#include "engine/system_facts.h"

#include <algorithm>

#include "engine/run_reader.h"
#include "store/key_file.h"
#include "value/payload.h"

namespace weft::engine {
namespace {

std::unexpected<Error> no_order() {
    return fail(ErrorKind::Corrupt, "the log has no such order to erase");
}

// The payload's first field: a list of run ids.
Result<std::vector<store::RunId>> runs_of(const Record& record, const std::string& payload) {
    const bool is_order = record.kind == RecordKind::Erase || record.kind == RecordKind::Retained;
    Value value;
    const bool is_read = is_order && decode_payload(payload, value) && value.tag() == Tag::Record &&
                         !value.items().empty() && value.items().front().tag() == Tag::List;
    if (!is_read) return no_order();
    std::vector<store::RunId> out;
    for (const auto& one : value.items().front().items()) {
        if (one.tag() != Tag::Bytes || one.as_text().size() != 16) return no_order();
        out.push_back(to_array<16>(one.as_text()));
    }
    return out;
}

Result<std::string> note_of(const std::string& payload) {
    Value value;
    const bool is_read = decode_payload(payload, value) && value.tag() == Tag::Record &&
                         !value.items().empty() && value.items().front().tag() == Tag::Text;
    if (!is_read) return fail(ErrorKind::Corrupt, "the receipt of an erasure is damaged");
    return value.items().front().as_text();
}

class Reader {
  public:
    explicit Reader(SystemFacts& out) : out_(out) {}

    void take(const ReadRecord& read) {
        const auto& record = read.record;
        switch (record.kind) {
            case RecordKind::Actor:
                if (const auto body = decode_body<ActorBody>(record.body)) {
                    out_.actors.insert(body->actor);
                }
                return;
            case RecordKind::LegalHold:
                if (const auto body = decode_body<LegalHoldBody>(record.body)) {
                    out_.holds[body->run] = body->change == HoldChange::Placed;
                }
                return;
            case RecordKind::KeyAdded:
            case RecordKind::KeyRevoked:
                return take_key(record);
            case RecordKind::Erase:
            case RecordKind::Retained:
                return take_order(read);
            case RecordKind::Erased:
                if (const auto body = decode_body<ErasedBody>(record.body)) {
                    const auto& runs = orders_[body->erase];
                    out_.erased.insert(runs.begin(), runs.end());
                }
                return;
            case RecordKind::Scheduled:
                if (const auto body = decode_body<ScheduledBody>(record.body)) {
                    out_.schedules.insert(body->schedule);
                    const bool began = body->what == ScheduledWhat::Started;
                    if (began) out_.begun[body->schedule] = *body;
                }
                return;
            default:
                return;
        }
    }

  private:
    void take_key(const Record& record) {
        if (record.kind == RecordKind::KeyAdded) {
            const auto body = decode_body<KeyAddedBody>(record.body);
            if (!body || body->purpose != KeyPurpose::Approver) return;
            keys_[body->key_id] = body->public_key;
            out_.approvers.try_emplace(body->public_key, false);
            return;
        }
        const auto body = decode_body<KeyRevokedBody>(record.body);
        const auto known = body ? keys_.find(body->key_id) : keys_.end();
        if (known != keys_.end()) out_.approvers[known->second] = true;
    }
    void take_order(const ReadRecord& read) {
        const bool here = read.payload_state == PayloadState::Here;
        auto runs = here ? runs_of(read.record, read.payload) : no_order();
        if (!runs) {
            out_.is_whole = false;
            return;
        }
        out_.ordered.insert(runs->begin(), runs->end());
        orders_[read.record.seq] = std::move(*runs);
    }

    SystemFacts& out_;
    std::map<Bytes16, Hash> keys_;
    std::map<std::uint64_t, std::vector<store::RunId>> orders_;
};

}  // namespace

Result<SystemFacts> read_system_facts(store::Store& store) {
    SystemFacts out;
    Reader reader(out);
    RunHeader header;
    WEFT_TRY(key, store.keys().slot_key(store::kSystemSlot));
    header.key = key;
    auto done = read_records(store, header, {}, [&](ReadRecord& record) -> Result<bool> {
        reader.take(record);
        return true;
    });
    if (!done && done.error().kind == ErrorKind::Environment) {
        return std::unexpected(done.error());
    }
    if (!done) out.is_whole = false;
    return out;
}

Result<std::vector<store::RunId>> ordered_runs(store::Store& store, std::uint64_t seq) {
    WEFT_TRY(stored, store.read_run(store::RunId{}, seq, 1));
    if (stored.empty()) return no_order();
    WEFT_TRY(record, decode_record(stored.front().record));
    WEFT_TRY(sealed, store.payload(stored.front().leaf));
    if (!sealed) return no_order();
    WEFT_TRY(key, store.keys().slot_key(store::kSystemSlot));
    WEFT_TRY(box, store::open_box(key, store::RunId{}, seq, *sealed));
    if (commitment(box.salt, box.body) != record.commitment) return no_order();
    return runs_of(record, box.body);
}

Result<std::optional<Receipt>> receipt_of(store::Store& store, const store::RunId& run) {
    std::set<std::uint64_t> orders;
    std::optional<Receipt> out;
    RunHeader header;
    WEFT_TRY(key, store.keys().slot_key(store::kSystemSlot));
    header.key = key;
    WEFT_TRY_VOID(read_records(store, header, {}, [&](ReadRecord& read) -> Result<bool> {
        const auto kind = read.record.kind;
        if (kind == RecordKind::Erase || kind == RecordKind::Retained) {
            WEFT_TRY(runs, runs_of(read.record, read.payload));
            if (std::ranges::find(runs, run) != runs.end()) orders.insert(read.record.seq);
        } else if (kind == RecordKind::Erased) {
            const auto body = decode_body<ErasedBody>(read.record.body);
            if (!body || !orders.contains(body->erase)) return true;
            WEFT_TRY(note, note_of(read.payload));
            out = Receipt{body->erase, std::move(note)};
        }
        return true;
    }));
    return out;
}

}  // namespace weft::engine
