#include "engine/snapshots.h"

#include "engine/facts.h"
#include "engine/record_writer.h"

namespace weft::engine {
namespace {

// How a state is written down: raised when that changes and what is checked of it (kStateVersion)
// does not.
constexpr std::uint16_t kSnapshotVersion = 1;

// The begin's part of the state: a run that changed its program has another one than its record.
void write_begin(ByteWriter& out, const Image& image, const vm::Begin& begin) {
    out.i64(begin.time_ms);
    out.block(encode_begin_payload(begin, image.workflows[begin.workflow].name));
}

std::optional<vm::Begin> read_begin(ByteReader& in, const RunHeader& header) {
    Record record;
    record.run = header.row.id;
    record.time_ms = in.i64();
    auto begin = decode_begin(*header.image, record, in.block());
    if (!in.ok() || !begin) return std::nullopt;
    return std::move(*begin);
}

// Nothing when the row is not a snapshot of this run at a record that stands in the log, made by a
// machine of this version.
Result<std::optional<Replayed>> open_snapshot(store::Store& store, const RunHeader& header,
                                              store::SnapshotRow row) {
    std::optional<Replayed> none;
    if (!header.key) return none;
    WEFT_TRY(last, store.read_run(header.row.id, row.seq, 1));
    if (last.empty()) return none;
    Replayed out;
    out.head = {row.seq + 1, leaf_hash(last.front().record), last.front().leaf};
    const auto context = store::snapshot_context(header.row.id, row.seq, out.head.last_hash);
    const auto plain = store::open_in_place(*header.key, context, row.box);
    if (!plain) return none;
    ByteReader in(*plain);
    if (in.u16() != kStateVersion || in.u16() != kSnapshotVersion) return none;
    out.last_time_ms = in.i64();
    if (!in.ok()) return none;
    auto begin = read_begin(in, header);
    if (!begin) return none;
    out.image = header.image;
    out.machine = vm::Machine::restore(header.image, *std::move(begin), in.raw(in.left()));
    if (!out.machine || out.machine->next_seq() != out.head.next_seq) return none;
    return std::optional(std::move(out));
}

}  // namespace

store::SnapshotRow make_snapshot(store::Store& store, const store::Key& key,
                                 const store::RunId& run, const store::RunHead& head,
                                 const Image& image, const vm::Machine& machine,
                                 std::int64_t last_time_ms) {
    const std::uint64_t seq = head.next_seq - 1;
    ByteWriter plain;
    plain.u16(kStateVersion);
    plain.u16(kSnapshotVersion);
    plain.i64(last_time_ms);
    write_begin(plain, image, machine.begin());
    plain.raw(machine.snapshot());
    const auto context = store::snapshot_context(run, seq, head.last_hash);
    return {run, seq, store::seal_bytes(store.entropy(), key, context, plain.bytes())};
}

Result<Resumed> resume(store::Store& store, const RunHeader& header) {
    Resumed out;
    WEFT_TRY(row, store.snapshot(header.row.id));
    if (row) {
        const auto size = row->box.size();
        WEFT_TRY(opened, open_snapshot(store, header, *std::move(row)));
        if (opened) {
            out.pace.taken(opened->head.next_seq, opened->machine->fuel(), size);
            WEFT_TRY(replayed, replay_on(store, header, std::move(*opened)));
            out.replayed = std::move(replayed);
            if (!out.replayed.divergence) return out;
            // Either the snapshot is wrong or the log is: the whole replay says which.
            out = Resumed{};
        }
        out.is_damaged = true;
    }
    WEFT_TRY(replayed, replay(store, header));
    out.replayed = std::move(replayed);
    return out;
}

}  // namespace weft::engine
