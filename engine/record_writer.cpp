#include "engine/record_writer.h"

namespace weft::engine {
namespace {

std::string length_bytes(std::uint64_t length) {
    ByteWriter out;
    out.u64(length);
    return out.take();
}

}  // namespace

Result<std::string> RecordWriter::seal(RecordDraft& draft, const Bytes16& salt,
                                       store::Batch& batch) {
    std::string& payload = *draft.payload;
    store::Box box;
    box.salt = salt;
    box.check = draft.check;
    box.state_version = kStateVersion;
    if (!draft.fact && payload.size() > kCommandBodyMax) {
        box.form = store::BoxForm::LeftOut;
        box.body = length_bytes(payload.size());
    } else if (payload.size() > kRowBodyMax) {
        WEFT_TRY(row, store_.write_file(key_, run_, payload));
        box.form = store::BoxForm::InFile;
        box.body = std::string(view(row.id));
        batch.changes.emplace_back(row);
    } else {
        box.body = std::move(payload);
    }
    return store::seal_box(store_.entropy(), key_, run_, head_.next_seq, box);
}

Result<void> RecordWriter::append(RecordDraft draft, store::Batch& batch) {
    Record record;
    record.kind = draft.kind;
    record.by_operator = draft.by_operator;
    record.copied = draft.copied;
    record.has_payload = draft.payload.has_value();
    record.site = draft.site;
    record.branch = draft.branch;
    record.run = run_;
    record.seq = head_.next_seq;
    record.time_ms = draft.time_ms;
    record.fuel = draft.fuel;
    record.prev = head_.last_hash;
    record.body = std::move(draft.body);
    store::Append append;
    if (draft.payload) {
        auto salt = store_.entropy().bytes<16>();
        record.commitment = commitment(salt, *draft.payload);
        WEFT_TRY(box, seal(draft, salt, batch));
        append.box = std::move(box);
    }
    append.record = encode_record(record);
    head_.last_hash = leaf_hash(append.record);
    append.leaf_hash = head_.last_hash;
    ++head_.next_seq;
    batch.appends.push_back(std::move(append));
    return {};
}

Record command_record(const vm::Command& command, const store::RunId& run, std::uint64_t seq,
                      std::int64_t time_ms, const Hash& prev, const Bytes16& salt) {
    Record record;
    record.kind = static_cast<RecordKind>(command.kind);
    record.has_payload = command.has_payload;
    record.site = command.site;
    record.branch = command.branch;
    record.run = run;
    record.seq = seq;
    record.time_ms = time_ms;
    record.fuel = command.fuel;
    record.prev = prev;
    record.body = command.body;
    if (command.has_payload) record.commitment = commitment(salt, command.payload);
    return record;
}

}  // namespace weft::engine
