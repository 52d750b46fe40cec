#include "engine/replay.h"

#include <fmt/format.h>

#include "engine/facts.h"
#include "engine/record_writer.h"

namespace weft::engine {
namespace {

std::string_view kind_of(const vm::Command& command) {
    return kind_name(static_cast<RecordKind>(command.kind));
}

std::string_view difference(const Record& a, const Record& b) {
    if (a.site != b.site) return "site";
    if (a.branch != b.branch) return "branch";
    if (a.body != b.body) return "body";
    if (a.fuel != b.fuel) return "fuel";
    if (a.commitment != b.commitment) return "payload";
    if (a.time_ms != b.time_ms) return "time";
    return "chain";
}

}  // namespace

Result<bool> Replayer::take(ReadRecord& record) {
    if (!expected_.empty()) {
        compare(record);
    } else {
        WEFT_TRY_VOID(feed(record));
    }
    if (out_.divergence) return false;
    if (on_record_) on_record_(record, *out_.machine);
    out_.head.next_seq = record.record.seq + 1;
    out_.head.last_hash = leaf_hash(record.bytes);
    out_.head.last_leaf = record.leaf;
    ++out_.records;
    return true;
}

Replayed Replayer::finish() {
    if (!out_.divergence && !expected_.empty()) {
        out_.divergence = Divergence{
            out_.head.next_seq, out_.head.last_leaf, 0xFFFF'FFFF,
            fmt::format("the log ends where the machine makes `{}`", kind_of(expected_.front()))};
    }
    return std::move(out_);
}

void Replayer::diverge(const ReadRecord& record, std::string what) {
    out_.divergence =
        Divergence{record.record.seq, record.leaf, record.record.site, std::move(what)};
}

void Replayer::compare(ReadRecord& record) {
    vm::Command command = std::move(expected_.front());
    expected_.pop_front();
    Record made = command_record(command, header_.row.id, record.record.seq, out_.last_time_ms,
                                 out_.head.last_hash, record.salt);
    if (made.kind != record.record.kind) {
        return diverge(record, fmt::format("the machine makes `{}` where the log has `{}`",
                                           kind_of(command), kind_name(record.record.kind)));
    }
    bool erased = record.payload_state == PayloadState::Erased;
    if (erased) made.commitment = record.record.commitment;
    if (encode_record(made) != record.bytes) {
        return diverge(record, fmt::format("`{}` is made with other {}", kind_of(command),
                                           difference(made, record.record)));
    }
    if (!erased && record.record.has_payload && record.check != command.check) {
        return diverge(record, fmt::format("the machine's state after `{}` is not the recorded one",
                                           kind_of(command)));
    }
    record.payload = std::move(command.payload);
    if (record.record.has_payload) record.payload_state = PayloadState::Here;
}

Result<void> Replayer::feed(const ReadRecord& record) {
    out_.last_time_ms = record.record.time_ms;
    if (record.payload_state == PayloadState::Erased) {
        return fail(ErrorKind::Refused,
                    fmt::format("record {} of run {} was erased; the run can't be replayed",
                                record.record.seq, to_hex(view(header_.row.id)).substr(0, 8)));
    }
    vm::Progress progress;
    if (record.record.seq == 0) {
        if (record.record.kind != RecordKind::Begin) {
            return fail(ErrorKind::Corrupt, "the first record of a run is not its begin");
        }
        WEFT_TRY(begin, decode_begin(*header_.image, record.record, record.payload));
        out_.machine.emplace(header_.image, std::move(begin));
        progress = out_.machine->start();
    } else {
        if (!is_fact(record.record.kind)) {
            diverge(record, fmt::format("the log has the command `{}` where the machine rests",
                                        kind_name(record.record.kind)));
            return {};
        }
        bool checked = record.payload_state == PayloadState::Here;
        if (checked && record.check != out_.machine->check()) {
            diverge(record, fmt::format("the machine's state before `{}` is not the recorded one",
                                        kind_name(record.record.kind)));
            return {};
        }
        WEFT_TRY(fact, decode_fact(record.record, record.payload));
        progress = out_.machine->apply(fact, record.record.time_ms);
    }
    for (auto& command : progress.commands) expected_.push_back(std::move(command));
    return {};
}

Result<Replayed> replay(store::Store& store, const RunHeader& header,
                        const RecordObserver& on_record) {
    Replayer replayer(header, on_record);
    WEFT_TRY_VOID(
        read_records(store, header, {}, [&](ReadRecord& record) { return replayer.take(record); }));
    return replayer.finish();
}

Result<Replayed> replay_on(store::Store& store, const RunHeader& header, Replayed from) {
    const store::RunHead after = from.head;
    Replayer replayer(header, {}, std::move(from));
    WEFT_TRY_VOID(read_records(store, header, after,
                               [&](ReadRecord& record) { return replayer.take(record); }));
    return replayer.finish();
}

}  // namespace weft::engine
